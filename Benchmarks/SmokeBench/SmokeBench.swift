import ArgumentParser
import BenchSupport
import Foundation

/// Measures how long a verdict takes, beside the time in which llama.cpp measures nothing but its speed.
@main
struct SmokeBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "smoke-bench",
    abstract:
      "Measures how long `hubwatch smoke` takes, beside a run of `llama-bench -p 512 -n 64 -r 1` on the same file.")

  @Flag(help: "One model, two rounds.") var quick = false
  @Flag(help: "Prints JSON instead of a text.") var json = false
  @Option(help: "Rounds; 5 unless said otherwise.") var rounds: Int?
  @Option(help: "Threads of both sides.") var threads = 2
  @Option(help: "A Python with llama-cpp-python; the one in the cache unless said otherwise.") var python: String?
  @Option(help: "The hubwatch that is measured.") var program = ".build/static/release/hubwatch"
  @Option(help: "Where the models lie.") var cache = "\(NSHomeDirectory())/.cache/hubwatch-dev"

  func run() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "smoke-bench-\(getpid())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let types = quick ? ["Q4_1"] : ["Q4_1", "Q4_0", "Q8_0", "Q4_K_M"]
    let rows = try types.map { type in
      let path = "\(cache)/SmolLM2-135M-Instruct.\(type).gguf"
      guard FileManager.default.fileExists(atPath: path) else {
        throw Child.Failure(description: "\(path) is missing; run: make quantized")
      }
      return try measure(path, name: "135m:\(type)", folder: folder.path)
    }
    print(json ? try Row.json(rows) : Row.table(rows, threads: threads))
  }

  /// Both sides in turn.
  private func measure(_ path: String, name: String, folder: String) throws -> Row {
    var row = Row(model: name, bar: name.hasSuffix("Q4_1") ? 1.5 : nil)
    for _ in 0..<(rounds ?? (quick ? 2 : 5)) {
      let ours = try Child(
        program, ["smoke", "--json", "--threads", "\(threads)", path], errors: "\(folder)/smoke.txt")
      row.ours.append(ours.seconds)
      row.verdict = try JSONDecoder().decode(Verdict.self, from: ours.output).verdict
      row.theirs.append(try min(peer(path, flash: 0, folder), peer(path, flash: 1, folder)))
    }
    return row
  }

  /// What llama-bench does: load the model, a prompt of 512 tokens to warm up and once more to measure, one token to warm
  /// up and 64 to measure. Python's own start is not counted.
  private func peer(_ path: String, flash: Int, _ folder: String) throws -> Double {
    let python = python ?? "\(cache)/llama-native/bin/python"
    let script = "Benchmarks/CoreBench/llama_bench.py"
    let child = try Conversation(
      python, [script, path, "\(threads)", "576", "\(flash)"], errors: "\(folder)/llama.txt")
    var seconds = try child.answer(as: Greeting.self).load
    for command in ["pp 512", "pp 512", "tg 1", "tg 64"] { seconds += try child.ask(command, as: Answer.self).seconds }
    return seconds
  }

  private struct Greeting: Decodable { let load: Double }
  private struct Answer: Decodable { let seconds: Double }
  private struct Verdict: Decodable { let verdict: String }
}

/// One model.
private struct Row: Encodable {
  let model: String
  /// What the ratio may be at most.
  let bar: Double?
  var verdict = ""
  var ours: [Double] = []
  var theirs: [Double] = []

  /// The median of the rounds' ratios.
  var ratio: Double { Self.median(zip(ours, theirs).map { $0 / $1 }) }

  static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
  }

  static func table(_ rows: [Row], threads: Int) -> String {
    var lines = ["A verdict, beside the time of llama-bench -p 512 -n 64 -r 1, \(threads) threads, seconds (median)"]
    lines.append("model         verdict   hubwatch  llama.cpp  ratio  bar")
    for row in rows {
      let bar = row.bar.map { String(format: "%.1f", $0) } ?? "–"
      lines.append(
        row.model.padding(toLength: 13, withPad: " ", startingAt: 0) + " "
          + row.verdict.padding(toLength: 9, withPad: " ", startingAt: 0)
          + String(format: "%9.2f  %9.2f  %5.2f  ", median(row.ours), median(row.theirs), row.ratio) + bar)
    }
    return lines.joined(separator: "\n")
  }

  static func json(_ rows: [Row]) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    return String(decoding: try encoder.encode(rows), as: UTF8.self)
  }
}
