import ArgumentParser
import CoreFuzzSupport
import Foundation
import FuzzSupport

/// Feeds damaged models and tokenizers to the inference core, and keeps what fares in a new way.
///
/// The input that is being tried lies in a file, so that a crash, or an input that takes too long, leaves it behind. Built
/// with the address sanitizer it sees every read outside of memory, in the kernels, too.
@main
struct CoreFuzz: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "core-fuzz", abstract: "Feeds damaged models and tokenizers to the inference core.")

  @Option(help: "How long, in seconds.") var seconds = 600.0
  @Option(help: "Where the random numbers begin.") var seed: UInt64 = 1
  @Option(help: "A folder of inputs to begin with, to which new kinds are added.") var corpus: String
  @Option(help: "A folder with models of others, to begin with, too; nothing that was made of them is kept.")
  var models: String?
  @Option(help: "Only this kind of input: \(CoreTrial.allCases.map(\.rawValue).joined(separator: ", ")).")
  var only: CoreTrial?
  @Option(help: "Tries the input in this file, and nothing else.") var input: String?

  /// Processor time, in seconds, longer than any input may take.
  private static let secondsPerInput = 30
  /// Inputs that are kept are tried by every run of the tests: they are few and small.
  private static let keptBytes = 8000
  private static let keptInputs = 24

  func run() throws {
    // In memory, where there is such a folder: thousands of small files are written a second.
    let memory = "/dev/shm"
    let temporary = access(memory, W_OK) == 0 ? memory : FileManager.default.temporaryDirectory.path
    let current = "\(temporary)/core-fuzz-\(getpid()).current"
    let place = "\(temporary)/core-fuzz-\(getpid())"
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: place) }
    if let input {
      guard let (trial, set) = Self.read(input) else { throw ValidationError("\(input) is no input") }
      print("\(trial.rawValue): \(try trial.run(set, in: place))")
      return
    }
    var random = SeededGenerator(state: seed)
    var pool = Pool()
    for name in try FileManager.default.contentsOfDirectory(atPath: corpus).sorted() {
      guard let (trial, set) = Self.read("\(corpus)/\(name)") else { continue }
      pool.add(trial, set, try trial.run(set, in: place), isOwn: true)
    }
    let architectures = "\(corpus)/../References/architectures.json"
    for (trial, set) in try Seeds.all() + Seeds.architectures(architectures) {
      try keep(trial, set, trial.run(set, in: place), isOwn: true, &pool)
    }
    if let models {
      for (trial, set) in try Seeds.found(in: models) {
        pool.add(trial, set, try trial.run(set, in: place), isOwn: false)
      }
    }
    let trials = only.map { [$0] } ?? CoreTrial.allCases
    let descriptor = open(current, O_RDWR | O_CREAT | O_TRUNC, 0o644)
    defer {
      close(descriptor)
      unlink(current)
    }
    FileHandle.standardError.write(Data("the input that is being tried lies in \(current)\n".utf8))
    let start = ContinuousClock.now
    var counts: [CoreTrial: Int] = [:]
    while ContinuousClock.now - start < .seconds(seconds) {
      guard let trial = trials.randomElement(using: &random),
        let parent = pool.input(trial, &random), let other = pool.input(trial, &random)
      else { continue }
      let set = SetMutation.apply(parent.set, other.set, &random)
      let bytes = Array("\(trial.rawValue)\n".utf8) + set.bytes
      ftruncate(descriptor, 0)
      pwrite(descriptor, bytes, bytes.count, 0)
      // The signal ends the process: an endless loop is a finding, too.
      Self.limitTime(Self.secondsPerInput)
      let outcome = try trial.run(set, in: place)
      Self.limitTime(0)
      counts[trial, default: 0] += 1
      try keep(trial, set, outcome, isOwn: parent.isOwn && other.isOwn, &pool)
    }
    for trial in trials {
      print(
        "\(trial.rawValue): \(counts[trial] ?? 0) inputs, \(pool.outcomes[trial]?.count ?? 0) ways in which they fared")
      for (outcome, count) in (pool.outcomes[trial] ?? [:]).sorted(by: { $0.value > $1.value }).prefix(12) {
        print("  \(count)  \(outcome)")
      }
    }
    print("\(counts.values.reduce(0, +)) inputs in \(Int(seconds)) seconds, no crash")
  }

  /// Lets a signal end this process after so many seconds of its own time; 0 lets none.
  private static func limitTime(_ seconds: Int) {
    var timer = itimerval()
    timer.it_value.tv_sec = seconds
    setitimer(__itimer_which_t(ITIMER_PROF.rawValue), &timer, nil)
  }

  /// A file of the corpus: the kind of input in its first line, then the files.
  private static func read(_ path: String) -> (CoreTrial, FileSet)? {
    guard let data = FileManager.default.contents(atPath: path), let end = data.firstIndex(of: UInt8(ascii: "\n")),
      let trial = CoreTrial(rawValue: String(decoding: data[..<end], as: UTF8.self)),
      let set = FileSet(Array(data[(end + 1)...]))
    else { return nil }
    return (trial, set)
  }

  /// Remembers an input that fared as none before, and keeps it when it is ours and small.
  private func keep(_ trial: CoreTrial, _ set: FileSet, _ outcome: String, isOwn: Bool, _ pool: inout Pool) throws {
    guard pool.add(trial, set, outcome, isOwn: isOwn), isOwn else { return }
    let bytes = Array("\(trial.rawValue)\n".utf8) + set.bytes
    let kept = try FileManager.default.contentsOfDirectory(atPath: corpus).count { $0.hasPrefix("\(trial.rawValue)-") }
    guard bytes.count <= Self.keptBytes, kept < Self.keptInputs else { return }
    let name = "\(trial.rawValue)-\(String(Hash.fnv(bytes), radix: 16))"
    try Data(bytes).write(to: URL(fileURLWithPath: "\(corpus)/\(name)"))
  }
}

extension CoreTrial: ExpressibleByArgument {}

/// Inputs from which others are made, and how all fared.
struct Pool {
  struct Input {
    let set: FileSet
    let isOwn: Bool
  }

  /// Those that ran or were read, and those that were refused.
  private var sound: [CoreTrial: [Input]] = [:]
  private var refused: [CoreTrial: [Input]] = [:]
  private(set) var outcomes: [CoreTrial: [String: Int]] = [:]

  /// Counts an outcome; an input with a new one is remembered.
  @discardableResult
  mutating func add(_ trial: CoreTrial, _ set: FileSet, _ outcome: String, isOwn: Bool) -> Bool {
    outcomes[trial, default: [:]][outcome, default: 0] += 1
    guard outcomes[trial]?[outcome] == 1 else { return false }
    let isSound = CoreTrial.isGood(outcome)
    guard (isSound ? sound : refused)[trial]?.count ?? 0 < 1000 else { return false }
    if isSound {
      sound[trial, default: []].append(Input(set: set, isOwn: isOwn))
    } else {
      refused[trial, default: []].append(Input(set: set, isOwn: isOwn))
    }
    return true
  }

  /// An input to be damaged: mostly a sound one, since what is refused early reaches little.
  func input(_ trial: CoreTrial, _ random: inout some RandomNumberGenerator) -> Input? {
    let prefersSound = Int.random(in: 0..<5, using: &random) > 0
    let (first, second) = prefersSound ? (sound, refused) : (refused, sound)
    return first[trial]?.randomElement(using: &random) ?? second[trial]?.randomElement(using: &random)
  }
}
