import ArgumentParser
import BenchSupport
import Foundation

/// Measures how long it takes until a file is verified and durable, beside the peers.
@main
struct DownloadBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "download-bench",
    abstract: "Measures seconds until a file is verified and durable, beside aria2c, curl, wget and huggingface_hub.",
    subcommands: [Measure.self, Delay.self], defaultSubcommand: Measure.self)
}

/// The child of the bench that is the long way to the server.
struct Delay: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Passes connections on, and every byte later.", shouldDisplay: false)

  @Option var port: Int
  @Option var milliseconds: Int

  func run() throws {
    var proxy = try DelayProxy(target: port, milliseconds: milliseconds)
    FileHandle.standardOutput.write(Data("\(proxy.port)\n".utf8))
    try proxy.run()
  }
}

struct Measure: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Measures everything and prints a table.")

  @Flag(help: "A smaller file and fewer rounds: two minutes.") var quick = false
  @Flag(help: "Prints JSON instead of a text.") var json = false
  @Option(help: "The hubwatch to measure; the one beside this program unless said otherwise.") var program: String?
  @Option(help: "A Python with huggingface_hub; otherwise HUBWATCH_PYTHON.") var python: String?
  @Option(help: "A folder for the files; a temporary one unless said otherwise.") var folder: String?
  @Option(help: "Rounds of each client that uses several connections.") var rounds: Int?
  @Option(help: "Only what is named: unthrottled, throttled, memory.") var only: [String] = []

  func run() throws {
    let place = URL(fileURLWithPath: folder ?? NSTemporaryDirectory()).appending(path: "download-bench-\(getpid())")
      .path
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: place) }
    let itself = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    let hubwatch = program ?? itself.deletingLastPathComponent().appending(path: "hubwatch").path
    let python = python ?? ProcessInfo.processInfo.environment["HUBWATCH_PYTHON"]
    let tools = try Tools(hubwatch: hubwatch, python: python, itself: itself.path)
    let parts = only.isEmpty ? ["unthrottled", "throttled", "memory"] : only
    var report = Report(bytes: quick ? 256 << 20 : 2 << 30)
    if parts.contains("unthrottled") || parts.contains("throttled") {
      let content = try Content(noise: report.bytes, folder: "\(place)/served", tools: tools)
      for part in ["unthrottled", "throttled"] where parts.contains(part) {
        let course = part == "throttled" ? Course.throttled : Course.unthrottled
        let race = try Race(course: course, content: content, place: place, tools: tools)
        report.races.append(try race.run(rounds: rounds ?? (quick ? 2 : part == "throttled" ? 3 : 5)))
      }
      try content.remove()
    }
    if parts.contains("memory") {
      for bytes in quick ? [256 << 20] : [1_000_000_000, 8_000_000_000] {
        let content = try Content(sparse: bytes, folder: "\(place)/served", tools: tools)
        let race = try Race(course: .unthrottled, content: content, place: place, tools: tools)
        report.memory.append(.init(bytes: bytes, peak: try race.measure(.hubwatch).peak))
        try content.remove()
      }
    }
    print(json ? try report.json : report.text)
  }
}
