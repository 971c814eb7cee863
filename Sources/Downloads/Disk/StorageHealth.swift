import Catalog
import Domain
import Foundation

/// Remembers when a disk failed to read or write: one that has done so again and again is not trusted with more.
struct StorageHealth {
  /// Faults within a day after which nothing more is written.
  static let limit = 3
  private static let window: TimeInterval = 86_400

  let catalog: Catalog
  /// A place on the disk; another disk at the same place begins without faults.
  let place: String

  private var mark: String { "disk.faults \(FileSystem.id(of: place))" }

  /// - Throws: `DownloadError` of kind `failingDisk`, `CatalogError`.
  func expectSound(at now: Date) throws {
    let faults = try faults(at: now)
    guard faults.count >= Self.limit, let oldest = faults.first else { return }
    let end = Date(timeIntervalSince1970: oldest + Self.window).formatted(.iso8601)
    throw DownloadError(.failingDisk(until: end), place)
  }

  /// Writes down that it has failed just now.
  ///
  /// - Throws: `CatalogError`.
  func noteFault(at now: Date) throws(CatalogError) {
    let faults = (try faults(at: now) + [now.timeIntervalSince1970]).suffix(Self.limit)
    try catalog.setMark(mark, faults.map { "\($0)" }.joined(separator: " "))
  }

  private func faults(at now: Date) throws(CatalogError) -> [Double] {
    let earliest = now.timeIntervalSince1970 - Self.window
    let known = try catalog.mark(mark) ?? ""
    // One from the future is of a clock that was wrong.
    return known.split(separator: " ").compactMap { Double($0) }
      .filter { $0 > earliest && $0 <= now.timeIntervalSince1970 }
  }
}
