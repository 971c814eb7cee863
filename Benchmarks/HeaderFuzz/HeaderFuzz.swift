import ArgumentParser
import Foundation
import FuzzSupport

/// Feeds damaged headers to the readers and the arithmetic behind them, and keeps what fares in a new way.
///
/// The input that is being tried lies in a file, so that a crash leaves it behind.
@main
struct HeaderFuzz: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "header-fuzz", abstract: "Feeds damaged headers to the readers and the arithmetic behind them.")

  @Option(help: "How long, in seconds.") var seconds = 600.0
  @Option(help: "Where the random numbers begin.") var seed: UInt64 = 1
  @Option(help: "A folder of inputs to begin with, to which new kinds are added.") var corpus: String

  func run() throws {
    let folder = URL(fileURLWithPath: corpus)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    var random = SeededGenerator(state: seed)
    var pool: [HeaderTrial: [[UInt8]]] = [:]
    var seen: Set<String> = []
    for name in try FileManager.default.contentsOfDirectory(atPath: corpus).sorted() {
      guard let trial = HeaderTrial(rawValue: String(name.prefix { $0 != "-" })) else { continue }
      let bytes = Array(try Data(contentsOf: folder.appending(path: name)))
      pool[trial, default: []].append(bytes)
      seen.insert("\(trial) " + trial.run(bytes))
    }
    for (trial, bytes) in try Seeds.all() {
      pool[trial, default: []].append(bytes)
      try keep(trial, bytes, trial.run(bytes), &seen, folder)
    }
    let current = folder.appending(path: ".current")
    let descriptor = open(current.path, O_RDWR | O_CREAT | O_TRUNC, 0o644)
    defer {
      close(descriptor)
      unlink(current.path)
    }
    let end = ContinuousClock.now + .seconds(seconds)
    var count = 0
    while ContinuousClock.now < end {
      for _ in 0..<100 {
        let trial = HeaderTrial.allCases[count % HeaderTrial.allCases.count]
        count += 1
        guard let inputs = pool[trial], let parent = inputs.randomElement(using: &random) else { continue }
        let other = inputs.randomElement(using: &random) ?? parent
        let bytes = Mutation.apply(parent, other, &random)
        let header = Array("\(trial.rawValue)\n".utf8)
        ftruncate(descriptor, 0)
        pwrite(descriptor, header + bytes, header.count + bytes.count, 0)
        let isNew = try keep(trial, bytes, trial.run(bytes), &seen, folder)
        if isNew, inputs.count < 2000 { pool[trial]?.append(bytes) }
      }
    }
    print("\(count) inputs, \(seen.count) ways in which they fared, no crash")
  }

  /// Keeps an input that fared as none before.
  @discardableResult
  private func keep(
    _ trial: HeaderTrial, _ bytes: [UInt8], _ outcome: String, _ seen: inout Set<String>, _ folder: URL
  ) throws -> Bool {
    guard seen.insert("\(trial) \(outcome)").inserted, bytes.count <= 3000 else { return false }
    let kept = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .count { $0.hasPrefix("\(trial.rawValue)-") }
    // What is kept is tried by every run of the tests, which it must not slow down.
    if kept < 48 {
      let name = "\(trial.rawValue)-\(String(Hash.fnv(bytes), radix: 16))"
      try Data(bytes).write(to: folder.appending(path: name))
    }
    return true
  }
}
