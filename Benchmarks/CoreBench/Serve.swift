import ArgumentParser
import CLinux
import Domain
import Foundation
import Inference

/// Our side of the bench: keeps a model loaded, and runs a test for each line (`pp 512`, `tg 64`), as `llama_bench.py` does.
struct Serve: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs the test of each line of standard input.", shouldDisplay: false)

  @Option var threads: Int
  @Option var context: Int
  @Option var kernels: KernelSet?
  @Argument var file: String

  func run() throws {
    let clock = ContinuousClock()
    let start = clock.now
    var options = LanguageModel.Options(threads: threads, contextLength: context, kernels: kernels)
    // As hubwatch does: what read the headers is not needed again.
    options.willRepack = { hubwatch_give_back_code() }
    let model = try LanguageModel(file: file, options: options)
    let session = try model.session()
    let memory = model.memory
    try say(
      Greeting(
        engine: "hubwatch", kernels: model.kernelName, load: (clock.now - start) / .seconds(1),
        memory: Int(memory.weights.bytes + memory.cache.bytes + memory.compute.bytes)))
    while let line = readLine() {
      let words = line.split(separator: " ")
      guard words.count == 2, let count = Int(words[1]), (1...context).contains(count) else {
        throw ValidationError("no test \(line)")
      }
      let tokens = (0..<count).map { Int32($0 * 7919 % model.shape.vocabulary) }
      session.reset()
      let (start, cpu) = (clock.now, Self.processorTime)
      switch words[0] {
      case "pp": _ = try session.prefill(tokens)
      case "tg": for token in tokens { _ = try session.decode(token) }
      default: throw ValidationError("no test \(line)")
      }
      try say(Answer(seconds: (clock.now - start) / .seconds(1), cpu: Self.processorTime - cpu))
    }
  }

  private func say(_ value: some Encodable) throws {
    try FileHandle.standardOutput.write(contentsOf: JSONEncoder().encode(value) + Data("\n".utf8))
  }

  private static var processorTime: Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}

/// What a contestant says when its model is loaded.
struct Greeting: Codable {
  let engine: String
  /// Instruction sets in use.
  let kernels: String
  /// Seconds.
  let load: Double
  /// Bytes that it says it will need: weights, KV cache and buffers; nil when it does not say.
  var memory: Int?
}

/// What a contestant says after a test.
struct Answer: Codable {
  /// Wall time.
  let seconds: Double
  /// Processor time of all its threads.
  let cpu: Double
}

extension KernelSet: ExpressibleByArgument {}

/// Keeps a processor busy until its parent ends or ends it.
struct Burn: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Keeps a processor busy as long as its parent lives.", shouldDisplay: false)

  func run() {
    let parent = getppid()
    var state: UInt64 = 1
    while getppid() == parent {
      for _ in 0..<10_000_000 { state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407 }
      // What was computed is used, so that nothing can be left out.
      if state == 0 { return }
    }
  }
}
