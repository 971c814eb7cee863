import BenchSupport
import Foundation
import Inference

/// Both engines with one model on so many threads, running the same tests in turn.
final class Race {
  /// A test: `pp 512` or `tg 64`.
  struct Test {
    let name: String
    let tokens: Int
    var command: String { "\(name) \(tokens)" }
  }

  private let ours: Conversation
  /// llama.cpp without and with flash attention.
  private var theirs: [Conversation] = []
  let ourGreeting: Greeting
  private(set) var theirGreeting: Greeting?

  /// Loads the model on all sides.
  init(_ model: BenchModel, threads: Int, tools: Tools) throws {
    let context = max(model.prompt, model.generation)
    ours = try Conversation(
      tools.itself,
      ["serve", "--threads", "\(threads)", "--context", "\(context)"] + tools.kernelArguments + [model.path],
      errors: tools.errors("ours"))
    ourGreeting = try ours.answer()
    guard model.isRace, let python = tools.python else { return }
    for flash in [0, 1] {
      let child = try Conversation(
        python, [tools.script, model.path, "\(threads)", "\(context)", "\(flash)"],
        errors: tools.errors("llama-\(flash)"))
      theirGreeting = try child.answer()
      theirs.append(child)
    }
  }

  /// Runs a test in rounds.
  func run(_ test: Test, rounds: Int) throws -> Measured {
    var measured = Measured(test: "\(test.name)\(test.tokens)", tokens: test.tokens)
    _ = try ours.ask(test.command, as: Answer.self)
    var rival: Conversation?
    if theirs.count == 2 {
      // Warm, then one run each: what is faster with this model takes part.
      let seconds = try theirs.map { child in
        _ = try child.ask(test.command, as: Answer.self)
        return try child.ask(test.command, as: Answer.self).seconds
      }
      measured.flashAttention = seconds[1] <= seconds[0]
      rival = theirs[seconds[1] <= seconds[0] ? 1 : 0]
    }
    for _ in 0..<rounds {
      measured.ours.append(try turn(of: ours, test, idle: rival, &measured))
      if let rival { measured.theirs.append(try turn(of: rival, test, idle: ours, &measured)) }
    }
    measured.finish()
    return measured
  }

  /// One run, during which the other side should have nothing to do.
  private func turn(
    of child: Conversation, _ test: Test, idle other: Conversation?, _ measured: inout Measured
  ) throws -> Answer {
    // Threads that spin after their work have come to rest.
    usleep(30_000)
    let before = try other?.processorSeconds ?? 0
    let answer = try child.ask(test.command, as: Answer.self)
    let idle = (try other?.processorSeconds ?? 0) - before
    measured.idleShare = max(measured.idleShare, idle / answer.seconds)
    return answer
  }

  /// The most memory that our side had.
  var ourPeak: Int { get throws { try ours.peak } }
}

/// What came of a test.
struct Measured: Codable {
  /// `pp512`.
  let test: String
  let tokens: Int
  var ours: [Answer] = []
  var theirs: [Answer] = []
  /// Whether llama.cpp ran with flash attention, which was the faster of both; nil without llama.cpp.
  var flashAttention: Bool?
  /// The largest share of a run in which the other side, which was to be idle, worked.
  var idleShare = 0.0
  /// Medians of all rounds; tokens a second, and our speed divided by theirs in the same round.
  private(set) var ourSpeed = 0.0
  private(set) var theirSpeed: Double?
  private(set) var ratio: Double?

  init(test: String, tokens: Int) {
    self.test = test
    self.tokens = tokens
  }

  mutating func finish() {
    ourSpeed = median(ours.map { Double(tokens) / $0.seconds })
    guard !theirs.isEmpty else { return }
    theirSpeed = median(theirs.map { Double(tokens) / $0.seconds })
    ratio = median(ratios)
  }

  var ratios: [Double] { zip(ours, theirs).map { $1.seconds / $0.seconds } }

  /// Processors that a side had on average: fewer than its threads tell that others wanted them, too.
  static func processors(_ answers: [Answer]) -> Double { median(answers.map { $0.cpu / $0.seconds }) }
}

func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  guard !sorted.isEmpty else { return .nan }
  return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
}

/// What the bench runs.
struct Tools {
  /// This program.
  let itself: String
  /// The hubwatch whose start is measured.
  let program: String
  /// A Python with llama-cpp-python; nil when there is none.
  let python: String?
  /// llama.cpp's side.
  let script: String
  /// A folder for what children say.
  let folder: String
  let kernels: KernelSet?

  var kernelArguments: [String] { kernels.map { ["--kernels", $0.rawValue] } ?? [] }

  func errors(_ name: String) -> String { "\(folder)/\(name).errors" }
}
