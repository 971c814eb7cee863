import Catalog
import Domain
import Fit
import Foundation
import Smoke

extension Street {
  /// Copies that one cycle asks at most; the others get their turn in the next.
  private static let probedPerCycle = 4

  /// Asks a copy the questions of the suite, and stores what came of it.
  ///
  /// - Throws: `SmokeError`, `CatalogError`, `CancellationError`.
  public func probe(_ copy: CopyRecord) async throws -> ProbeReport {
    observe(.probing(copy.repo, quantization: copy.quantization, probes: suite.count))
    let report = try await smoke.probe(path(of: copy), suite, budgetSeconds: settings.probes.budgetSeconds)
    let news = try catalog.record(report.results, ofCopy: copy.id, classes: memoryClasses, at: now())
    observe(.probed(copy.repo, report, news))
    return report
  }

  /// Asks what has passed its test and was never asked, the newest first.
  ///
  /// - Returns: what could not be asked, for a person.
  func probeAll() async throws -> [String] {
    guard settings.probes.automatic, !suite.isEmpty else { return [] }
    var trouble: [String] = []
    var asked = 0
    for copy in try catalog.copies(in: [.tested]).sorted(by: { ($0.changedAt, $0.id) > ($1.changedAt, $1.id) }) {
      try Task.checkCancellation()
      guard asked < Self.probedPerCycle else { break }
      guard try catalog.lastSmoke(ofCopy: copy.id)?.verdict == .pass, try catalog.probes(ofCopy: copy.id).isEmpty,
        FileManager.default.fileExists(atPath: path(of: copy))
      else { continue }
      asked += 1
      do {
        _ = try await probe(copy)
      } catch let error as SmokeError {
        trouble.append("\(copy.repo) could not be asked: \(error.problem)")
      }
    }
    return trouble
  }

  /// Amounts of memory within each of which there is a first model: those of usual cards, and the person's own.
  private var memoryClasses: [Int64] {
    let usual: [Int64] = [8, 12, 24, 48].map { $0 << 30 }
    let stated = settings.devices.compactMap(\.vram).map { Int64($0 * 1_073_741_824) }
    return Set(usual + stated + [cardBytes].compactMap { $0 }).sorted()
  }
}
