import Foundation
import Glibc

/// What the bench measured.
struct Report: Codable {
  let machine: Machine
  var rows: [Row] = []
  var starts: [Start] = []

  init(machine: Machine) { self.machine = machine }

  /// Where it was measured.
  struct Machine: Codable {
    struct Reading: Codable {
      let threads: Int
      let bytesPerSecond: Double
    }
    let processor: String
    let processors: Int
    /// Load average of the last minute, before the bench.
    let load: Double
    /// How fast memory is read.
    let bandwidth: [Reading]

    static func current(threads: [Int]) throws -> Machine {
      var loads = [0.0]
      getloadavg(&loads, 1)
      let text = try String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
      func field(_ name: String) -> String {
        let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
        return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "?"
      }
      note("bandwidth of the memory")
      return Machine(
        processor: "\(field("model name")) (family \(field("cpu family")), model \(field("model\t")))",
        processors: ProcessInfo.processInfo.activeProcessorCount, load: loads[0],
        bandwidth: try threads.map { Reading(threads: $0, bytesPerSecond: try Bandwidth.measure(threads: $0)) })
    }
  }

  /// One test of one model on so many threads.
  struct Row: Codable {
    let model: String
    let threads: Int
    let isLoaded: Bool
    let measured: Measured
    let bytesPerToken: Int
    let shareBar: Double?
    let ours: Greeting
    let theirs: Greeting?
    /// The most memory that our side had, in bytes.
    let peak: Int
  }

  var json: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
  }

  /// The share of the memory's bandwidth that generation reaches; nil for prompts, which do not read all weights for each
  /// token.
  private func share(_ row: Row) -> Double? {
    guard row.measured.test.hasPrefix("tg"),
      let reading = machine.bandwidth.first(where: { $0.threads == row.threads })
    else { return nil }
    return Double(row.bytesPerToken) * row.measured.ourSpeed / reading.bytesPerSecond
  }

  // MARK: Text

  private static func cell(_ text: String, _ width: Int) -> String {
    text.padding(toLength: max(width, text.count), withPad: " ", startingAt: 0)
  }

  var text: String {
    var lines = ["\(machine.processor), \(machine.processors) processors, load \(machine.load)"]
    for reading in machine.bandwidth {
      lines.append(
        String(format: "memory is read at %.1f GB/s by %d threads", reading.bytesPerSecond / 1e9, reading.threads))
    }
    if let row = rows.first {
      lines.append("hubwatch: \(row.ours.kernels)")
      if let theirs = row.theirs { lines.append("\(theirs.engine): \(theirs.kernels)") }
    }
    for isLoaded in [false, true] {
      let rows = rows.filter { $0.isLoaded == isLoaded }
      guard !rows.isEmpty else { continue }
      lines.append(isLoaded ? "\nloaded: beside a busy process on each processor" : "\nalone on the machine")
      lines.append("                                tokens/s             ratio                of      processors")
      lines.append("model          threads test     hubwatch llama.cpp   median (all rounds)  memory  had by each")
      lines += rows.map(line)
    }
    if !rows.isEmpty { lines += memoryLines }
    for start in starts {
      lines.append(
        String(
          format: "%@ first token of a fresh process, %d threads: median %.0f ms, best %.0f (aim: at most 150)",
          Self.cell(start.model, 14), start.threads, median(start.seconds) * 1000,
          (start.seconds.min() ?? 0) * 1000))
    }
    return lines.joined(separator: "\n")
  }

  private func line(_ row: Row) -> String {
    let measured = row.measured
    var line = Self.cell(row.model, 15) + Self.cell("\(row.threads)", 8) + Self.cell(measured.test, 7)
    line += String(format: "%10.1f", measured.ourSpeed)
    if let theirs = measured.theirSpeed, let ratio = measured.ratio {
      let ratios = measured.ratios
      let flash = measured.flashAttention == true ? " " : "*"
      line += String(
        format: "%10.1f%@ %7.2f (%.2f to %.2f)", theirs, flash, ratio, ratios.min() ?? 0, ratios.max() ?? 0)
    } else {
      line += Self.cell("", 33)
    }
    line += share(row).map { String(format: "%6.0f %%", $0 * 100) } ?? Self.cell("", 8)
    line += String(format: "%7.2f", Measured.processors(measured.ours))
    if !measured.theirs.isEmpty { line += String(format: " %.2f", Measured.processors(measured.theirs)) }
    if let bar = row.shareBar { line += String(format: "  (aim: at least %.0f %% of memory)", bar * 100) }
    if measured.idleShare > 0.02 {
      line += String(format: "  the other side worked meanwhile: %.0f %%", measured.idleShare * 100)
    }
    return line + (measured.ratio.map { $0 >= 1 } ?? true ? "" : "  slower")
  }

  private var memoryLines: [String] {
    var lines = [""]
    if rows.contains(where: { $0.measured.flashAttention == false }) {
      lines.append("* faster without flash attention")
    }
    var seen: Set<String> = []
    for row in rows where seen.insert("\(row.model) \(row.threads)").inserted {
      guard let memory = row.ours.memory else { continue }
      lines.append(
        String(
          format: "%@ %d threads: peak memory %.1f MB, %.2f of weights, cache and buffers (aim: at most 1.15)",
          Self.cell(row.model, 14), row.threads, Double(row.peak) / 1e6, Double(row.peak) / Double(memory)))
    }
    return lines
  }
}
