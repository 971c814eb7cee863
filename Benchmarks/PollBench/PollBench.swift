import ArgumentParser
import Foundation
import Hub

/// Measures the poll: against the official Python client, in memory, and with few and with many models known.
@main
struct PollBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "poll-bench",
    abstract: "Measures the poll against the official Python client, in memory, and by how much is known.",
    subcommands: [Measure.self, Record.self], defaultSubcommand: Measure.self)
}

/// The child of the bench whose time and memory are measured.
struct Record: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Reads a listing and records it.", shouldDisplay: false)

  @Option var endpoint: String
  @Option var filter = ""
  @Option var pages = 1_000_000
  @Option var models = Int.max
  @Option var state: String
  @Flag var derive = false

  func run() async throws {
    let outcome = try await RecordMode.run(
      endpoint: endpoint, filter: filter, pages: pages, models: models, state: state, derives: derive)
    print(String(decoding: try JSONEncoder().encode(outcome), as: UTF8.self))
  }
}

struct Measure: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Measures everything and prints a report.")

  @Flag(help: "A small hub and few rounds: half a minute.")
  var quick = false
  @Flag(help: "Prints JSON instead of a text.")
  var json = false
  @Option(help: "A Python with huggingface_hub; otherwise HUBWATCH_PYTHON.")
  var python: String?
  @Option(help: "The hub's size; 1000000, or 20000 with --quick.")
  var models: Int?
  @Option(help: "A folder for the catalogs; a temporary one unless said otherwise.")
  var folder: String?

  func run() throws {
    let place = URL(fileURLWithPath: folder ?? NSTemporaryDirectory()).appending(path: "poll-bench-\(getpid())").path
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: place) }
    let programs = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().path
    let size = models ?? (quick ? 20_000 : 1_000_000)
    let hub = try HubProcess(program: "\(programs)/simulated-hub", models: size)
    var bench = Bench(hub: hub, programs: programs, place: place, size: size, isQuick: quick)
    try bench.rates(python: python ?? ProcessInfo.processInfo.environment["HUBWATCH_PYTHON"])
    try bench.memory()
    try bench.polls()
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      print(String(decoding: try encoder.encode(bench.report), as: UTF8.self))
    } else {
      print(bench.report.text)
    }
  }
}
