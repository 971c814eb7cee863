import ArgumentParser
import BenchSupport
import Catalog
import Foundation
import Glibc

/// Measures what a person waits for in the morning: `digest` and `status` of a large catalog.
@main
struct DigestBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "digest-bench",
    abstract: "Measures `hubwatch digest` and `hubwatch status` beside a catalog of 100,000 models.")

  @Flag(help: "A small catalog and few rounds.") var quick = false
  @Flag(help: "Prints JSON instead of a text.") var json = false
  @Option(help: "The program to measure; the one beside this one.") var program: String?
  @Option(help: "A folder for the catalog, on the disk to be measured; a temporary one unless said otherwise.")
  var folder: String?

  private struct Row: Encodable {
    let name: String
    /// With the catalog and the program out of the page cache.
    let coldSeconds: [Double]
    /// With both in it.
    let warmSeconds: [Double]
    /// Processor time of the warm ones.
    let cpuSeconds: [Double]
    let peakBytes: Int
  }

  func run() throws {
    let models = quick ? 10_000 : 100_000
    let rounds = quick ? 3 : 7
    let place = URL(fileURLWithPath: folder ?? NSTemporaryDirectory()).appending(path: "digest-bench-\(getpid())").path
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: place) }
    let state = "\(place)/state"
    let catalog = try CrowdedCatalog(models: models, folder: state, now: Date())
    let programs = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    let stage = Stage(
      program: program ?? programs.appending(path: "hubwatch").path, place: place, state: state, rounds: rounds)
    var rows: [Row] = []
    for (name, mark) in [("nothing new", catalog.after), ("3 % new", catalog.late - 600), ("all new", nil)] {
      try stage.setRead(mark)
      for arguments in [["digest"], ["digest", "--format", "html"], ["digest", "--json"]] {
        let (cold, warm) = (try stage.cold(arguments), try stage.warm(arguments))
        rows.append(
          Row(
            name: "\(arguments.joined(separator: " ")), \(name)", coldSeconds: cold, warmSeconds: warm.map(\.seconds),
            cpuSeconds: warm.map(\.cpu), peakBytes: warm.map(\.peak).max() ?? 0))
      }
    }
    let warm = try stage.warm(["status"])
    rows.append(
      Row(
        name: "status", coldSeconds: try stage.cold(["status"]), warmSeconds: warm.map(\.seconds),
        cpuSeconds: warm.map(\.cpu), peakBytes: warm.map(\.peak).max() ?? 0))
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      print(String(decoding: try encoder.encode(rows), as: UTF8.self))
    } else {
      show(rows, models)
    }
  }

  private func show(_ rows: [Row], _ models: Int) {
    func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] * 1000 }
    print("digest and status beside \(models) models; medians in ms")
    for row in rows {
      let name = row.name.padding(toLength: 40, withPad: " ", startingAt: 0)
      print(
        String(
          format: "%@  cold %7.1f   warm %7.1f   processor %7.1f   peak %4d MiB", name, median(row.coldSeconds),
          median(row.warmSeconds), median(row.cpuSeconds), row.peakBytes >> 20))
    }
  }
}

/// Runs the program as a person does.
private struct Stage {
  let program: String
  let place: String
  let state: String
  let rounds: Int

  /// Says until when a person has read.
  func setRead(_ moment: Date?) throws {
    let catalog = try Catalog(folder: state)
    try catalog.setMark("digest.read", moment.map { String($0.timeIntervalSince1970) } ?? "")
    try catalog.settle()
  }

  func warm(_ arguments: [String]) throws -> [Child] {
    _ = try run(arguments)
    return try (0..<rounds).map { _ in try run(arguments) }
  }

  func cold(_ arguments: [String]) throws -> [Double] {
    try (0..<rounds).map { _ in
      sync()
      for path in [program, "\(state)/hubwatch.sqlite", "\(state)/hubwatch.sqlite-wal"] { Self.drop(path) }
      return try run(arguments).seconds
    }
  }

  /// Takes a file out of the page cache, as far as we may.
  private static func drop(_ path: String) {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { return }
    posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
    close(descriptor)
  }

  private func run(_ arguments: [String]) throws -> Child {
    let child = try Child(
      program, arguments,
      environment: [
        "HUBWATCH_STATE": state, "XDG_CONFIG_HOME": "\(place)/config", "HF_HUB_CACHE": "\(place)/cache",
      ], errors: "\(place)/errors")
    guard child.output.split(separator: UInt8(ascii: "\n")).count >= 3 else {
      throw Child.Failure(description: "\(arguments.joined(separator: " ")) said too little")
    }
    return child
  }
}
