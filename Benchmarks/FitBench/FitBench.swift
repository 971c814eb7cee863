import ArgumentParser
import Foundation

/// Measures what `hubwatch fit` promises: instant answers about everything.
@main
struct FitBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fit-bench",
    abstract: "Measures the arithmetic over a whole catalog, the first page of one, and a file with a long header.")

  @Flag(help: "A small catalog and few rounds.") var quick = false
  @Flag(help: "Prints JSON instead of a text.") var json = false
  @Flag(help: "Only the arithmetic over a catalog, for a profiler.") var arithmetic = false

  private struct Report: Encodable {
    let models: Int
    let quantizations: Int
    let devices: Int
    /// Seconds of one core, round by round: every model with other dimensions.
    let distinctSeconds: [Double]
    /// The same with as few different dimensions as a real hub has.
    let realisticSeconds: [Double]
    let estimates: Int
    let pageSeconds: [Double]
    let pagePeakMiB: Double
    let headerBytes: Int
    let headerSeconds: [Double]
    let headerPeakMiB: Double
  }

  func run() throws {
    let models = quick ? 10_000 : 100_000
    let rounds = quick ? 2 : 5
    let distinct = ArithmeticBench(models: models, shapes: models)
    if arithmetic {
      for _ in 0..<rounds { print(distinct.seconds()) }
      return
    }
    let realistic = ArithmeticBench(models: models, shapes: min(models, 400))
    let distinctSeconds = (0..<rounds).map { _ in distinct.seconds() }
    let realisticSeconds = (0..<rounds).map { _ in realistic.seconds() }
    let folder = FileManager.default.temporaryDirectory.appending(path: "fit-bench-\(getpid())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let programs = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    let start = ColdStart(program: programs.appending(path: "hubwatch").path, folder: folder.path)
    try start.fillCatalog(models: models)
    let pages = try (0..<rounds).map { _ in try start.run(["fit", "--vram", "12"], isCold: true) }
    let (file, headerBytes) = try start.longHeader()
    let headers = try (0..<rounds).map { _ in try start.run(["fit", file, "--vram", "12"], isCold: false) }
    let report = Report(
      models: models, quantizations: ArithmeticBench.quantizations, devices: ArithmeticBench.devices.count,
      distinctSeconds: distinctSeconds, realisticSeconds: realisticSeconds,
      estimates: models * ArithmeticBench.quantizations * ArithmeticBench.devices.count,
      pageSeconds: pages.map(\.seconds), pagePeakMiB: pages.map(\.peak).max() ?? 0, headerBytes: headerBytes,
      headerSeconds: headers.map(\.seconds), headerPeakMiB: headers.map(\.peak).max() ?? 0)
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      print(String(decoding: try encoder.encode(report), as: UTF8.self))
    } else {
      show(report)
    }
  }

  private func show(_ report: Report) {
    func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
    func line(_ name: String, _ seconds: [Double], _ more: String) {
      let best = seconds.min() ?? 0
      print(
        String(
          format: "%@  median %8.1f ms   best %8.1f ms   ", name.padding(toLength: 44, withPad: " ", startingAt: 0),
          median(seconds) * 1000, best * 1000) + more)
    }
    print(
      "fit: \(report.models) models x \(report.quantizations) quantizations x \(report.devices) devices, one core, "
        + "\(report.estimates) verdicts")
    line("  all models different", report.distinctSeconds, "")
    line("  as few shapes as a hub has (400)", report.realisticSeconds, "")
    line(
      "fit --vram 12, first page, cold start", report.pageSeconds,
      String(format: "peak %.0f MiB", report.pagePeakMiB))
    line(
      "fit FILE, header of \(report.headerBytes >> 10) KiB, file not cached", report.headerSeconds,
      String(format: "peak %.0f MiB", report.headerPeakMiB))
  }
}
