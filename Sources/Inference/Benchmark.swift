import Domain

/// The speed of one kind of work.
public struct BenchmarkResult: Sendable, Equatable {
  /// `pp512` for a prompt of 512 tokens, `tg64` for 64 tokens one by one.
  public let name: String
  /// Threads.
  public let threads: Int
  /// Mean over the repetitions.
  public let tokensPerSecond: Double
  /// Standard deviation over the repetitions; 0 for one.
  public let standardDeviation: Double
}

extension LanguageModel {
  /// Measures prompt processing and generation as llama.cpp's `llama-bench` does: one run to warm up, then
  /// `repetitions` runs on an empty cache.
  ///
  /// - Parameters:
  ///   - prompt: tokens of the prompt; 0 leaves this test out.
  ///   - generation: tokens to generate; 0 leaves this test out.
  /// - Throws: `InferenceError`: `limit` when the tokens exceed the context, `notFinite`, or `cancelled`.
  public func benchmark(prompt: Int, generation: Int, repetitions: Int) throws -> [BenchmarkResult] {
    let session = try session()
    let token = tokenizer.beginning ?? 0
    var results: [BenchmarkResult] = []
    if prompt > 0 {
      let tokens = (0..<prompt).map { Int32(($0 * 7919) % shape.vocabulary) }
      results.append(
        try measure("pp\(prompt)", tokens: prompt, repetitions) {
          session.reset()
          _ = try session.prefill(tokens)
        })
    }
    if generation > 0 {
      results.append(
        try measure("tg\(generation)", tokens: generation, repetitions) {
          session.reset()
          for _ in 0..<generation { _ = try session.decode(token) }
        })
    }
    return results
  }

  private func measure(
    _ name: String, tokens: Int, _ repetitions: Int, _ body: () throws -> Void
  ) throws -> BenchmarkResult {
    try body()
    let clock = ContinuousClock()
    var speeds: [Double] = []
    for _ in 0..<max(1, repetitions) {
      speeds.append(Double(tokens) / max(try clock.measure(body).inSeconds, 1e-9))
    }
    let mean = speeds.reduce(0, +) / Double(speeds.count)
    let squares = speeds.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return BenchmarkResult(
      name: name, threads: options.threads, tokensPerSecond: mean,
      standardDeviation: speeds.count > 1 ? (squares / Double(speeds.count - 1)).squareRoot() : 0)
  }
}
