import ArgumentParser
import BigCatalog
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
    /// Seconds of one core, round by round, every model with other dimensions.
    let arithmeticSeconds: [Double]
    let estimates: Int
    let pageSeconds: [Double]
    let headerBytes: Int
    let headerSeconds: [Double]
  }

  func run() throws {
    let models = quick ? 10_000 : 100_000
    let rounds = quick ? 2 : 5
    let bench = ArithmeticBench(models: models)
    if arithmetic {
      for _ in 0..<rounds { print(bench.seconds()) }
      return
    }
    let arithmetic = (0..<rounds).map { _ in bench.seconds() }
    let folder = FileManager.default.temporaryDirectory.appending(path: "fit-bench-\(getpid())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let programs = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    let start = ColdStart(program: programs.appending(path: "hubwatch").path, folder: folder.path)
    try BigCatalog.fill("\(folder.path)/state", models: models)
    let pages = try (0..<rounds).map { _ in try start.run(["fit", "--vram", "12"], isCold: true) }
    let (file, headerBytes) = try start.longHeader()
    let headers = try (0..<rounds).map { _ in try start.run(["fit", file, "--vram", "12"], isCold: false) }
    let report = Report(
      models: models, quantizations: ArithmeticBench.quantizations, devices: ArithmeticBench.devices.count,
      arithmeticSeconds: arithmetic,
      estimates: models * ArithmeticBench.quantizations * ArithmeticBench.devices.count,
      pageSeconds: pages, headerBytes: headerBytes,
      headerSeconds: headers)
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
    func line(_ name: String, _ seconds: [Double]) {
      let (middle, best) = (median(seconds) * 1000, (seconds.min() ?? 0) * 1000)
      print(
        String(
          format: "%@  median %8.1f ms   best %8.1f ms", name.padding(toLength: 56, withPad: " ", startingAt: 0),
          middle,
          best))
    }
    print(
      "fit: \(report.models) models x \(report.quantizations) quantizations x \(report.devices) devices, "
        + "\(report.estimates) verdicts")
    line("the arithmetic, one core, all models different", report.arithmeticSeconds)
    line("fit --vram 12, first page, cold start", report.pageSeconds)
    line("fit FILE, header of \(report.headerBytes >> 10) KiB, file not cached", report.headerSeconds)
  }
}
