import ArgumentParser
import BenchSupport
import Foundation
import Glibc

/// Measures how long the page takes for each of its views, over a catalog of 100,000 models.
@main
struct PageBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "page-bench", abstract: "Measures the page's views over a catalog of 100,000 models.")

  @Flag(help: "A small catalog and few rounds.") var quick = false
  @Flag(help: "Prints JSON instead of a text.") var json = false
  @Option(help: "Only makes the catalog, in this state folder.") var fill: String?
  @Option(help: "Measures over this state folder, which --fill has made.") var state: String?
  @Option(help: "How many models.") var models: Int?

  private struct View: Encodable {
    let path: String
    let medianSeconds: Double
    let worstSeconds: Double
    let bytes: Int
  }

  private struct Report: Encodable {
    let models: Int
    /// From the start of the program to the first answer.
    let startSeconds: Double
    let views: [View]
  }

  func run() throws {
    let count = models ?? (quick ? 10_000 : 100_000)
    if let fill {
      try MadeCatalog(folder: fill, models: count, now: Date()).fill()
      return
    }
    let folder = FileManager.default.temporaryDirectory.appending(path: "page-bench-\(getpid())").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    if let state {
      try FileManager.default.createSymbolicLink(atPath: "\(folder)/state", withDestinationPath: state)
    } else {
      try MadeCatalog(folder: "\(folder)/state", models: count, now: Date()).fill()
    }
    let programs = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    let start = ContinuousClock.now
    let server = try ServedPage(program: programs.appending(path: "hubwatch").path, folder: folder)
    let startSeconds = (ContinuousClock.now - start) / .seconds(1)
    var views: [View] = []
    for path in try paths(server) {
      var seconds: [Double] = []
      var bytes = 0
      // The first round counts, too: nobody looks twice to get it fast.
      for _ in 0..<(quick ? 5 : 21) {
        let start = ContinuousClock.now
        bytes = try server.get(path).count
        seconds.append((ContinuousClock.now - start) / .seconds(1))
      }
      seconds.sort()
      views.append(
        View(
          path: path, medianSeconds: seconds[seconds.count / 2], worstSeconds: seconds[seconds.count - 1], bytes: bytes)
      )
    }
    show(Report(models: count, startSeconds: startSeconds, views: views))
  }

  /// Every view, the catalog in many ways, and pages far behind the first.
  private func paths(_ server: ServedPage) throws -> [String] {
    let list = String(decoding: try server.get("/models?state=sized"), as: UTF8.self)
    let names = list.matches(of: #/href="(/models/[A-Za-z0-9._/-]+)"/#).map { String($0.1) }
    return ["/", "/?since=yesterday", "/models"] + names.prefix(2)
      + [
        "/models?sort=downloads", "/models?sort=created", "/models?sort=name", "/models?sort=parameters",
        "/models?after=50000", "/models?sort=likes&after=90000", "/models?state=sized", "/models?state=gone",
        "/models?state=leftOut", "/models?fits=0", "/models?fits=0&sort=likes", "/models?size=xs&fits=0",
        "/models?size=xxl&fits=0",
        "/models?license=mit", "/models?license=nobody", "/models?gated=yes", "/models?org=fjord", "/models?org=nobody",
        "/models?arch=qwen2&sort=trending", "/models?verdict=pass", "/models?verdict=fail&sort=created",
        "/models?q=ember",
        "/models?q=instruct", "/models?q=gguf+llama&sort=likes", "/models?q=zephyr+70b&fits=0",
        "/models?q=nothinglikethis",
        "/downloads", "/trends", "/metrics",
      ]
  }

  private func show(_ report: Report) {
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      if let text = try? encoder.encode(report) { print(String(decoding: text, as: UTF8.self)) }
      return
    }
    print("page: \(report.models) models, first answer after \(milliseconds(report.startSeconds))")
    for view in report.views {
      print(
        "\(view.path.padding(toLength: 44, withPad: " ", startingAt: 0))  median \(milliseconds(view.medianSeconds))"
          + "  worst \(milliseconds(view.worstSeconds))  \(view.bytes >> 10) KiB")
    }
    let slowest = report.views.max { $0.medianSeconds < $1.medianSeconds }
    if let slowest { print("slowest: \(slowest.path), median \(milliseconds(slowest.medianSeconds))") }
  }

  private func milliseconds(_ seconds: Double) -> String { String(format: "%8.1f ms", seconds * 1000) }
}
