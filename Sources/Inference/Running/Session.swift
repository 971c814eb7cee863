import Domain

/// A conversation with a model: the tokens so far, as keys and values in a cache.
///
/// Not thread-safe: one owner at a time uses it. It brings its own threads.
public final class Session {
  /// The model.
  public let model: LanguageModel
  /// Tokens that the cache holds.
  public private(set) var position = 0
  let graph: LlamaGraph

  init(model: LanguageModel) throws {
    self.model = model
    graph = try LlamaGraph(model: model)
  }

  /// Forgets all tokens.
  public func reset() { position = 0 }

  /// Appends tokens and returns the logits of the token that would follow the last one.
  ///
  /// - Returns: `vocabulary` logits, all finite.
  /// - Throws: `InferenceError`: `limit` beyond the context, `notFinite`, or `cancelled` within some milliseconds after
  ///   the task was cancelled; then the cache holds the tokens of the batches before.
  public func prefill(_ tokens: [Int32]) throws -> [Float] {
    try check(tokens)
    var result: [Float] = []
    var rest = tokens[...]
    while !rest.isEmpty {
      let part = rest.prefix(graph.batch)
      try graph.forward(part, start: position)
      position += part.count
      rest = rest.dropFirst(part.count)
      if rest.isEmpty {
        try graph.logits(part.count - 1..<part.count) { _, logits in
          result = Array(UnsafeBufferPointer(start: logits, count: model.shape.vocabulary))
        }
      }
    }
    guard Self.areFinite(result) else { throw notFinite() }
    return result
  }

  /// Appends one token; see `prefill`.
  public func decode(_ token: Int32) throws -> [Float] { try prefill([token]) }

  /// Appends tokens and tells how well each of a range of them predicts the next.
  ///
  /// - Parameters:
  ///   - tokens: the tokens to append.
  ///   - scored: indexes into `tokens`, each with a successor.
  /// - Returns: −ln p(next token) for each of `scored`.
  /// - Throws: as `prefill`.
  public func losses(_ tokens: [Int32], scored: Range<Int>) throws -> [Double] {
    try check(tokens)
    var all: [Double] = []
    var start = 0
    while start < tokens.count {
      let part = start..<min(start + graph.batch, tokens.count)
      try graph.forward(tokens[part], start: position)
      position += part.count
      let wanted = scored.clamped(to: part)
      if !wanted.isEmpty {
        all += try lossesOfBatch(tokens, wanted.lowerBound - start..<wanted.upperBound - start, start: start)
      }
      start = part.upperBound
    }
    guard all.allSatisfy(\.isFinite) else { throw notFinite() }
    return all
  }

  /// −ln p of the successors of some tokens of the graph's last batch, which began with `tokens[start]`.
  ///
  /// - Throws: `InferenceError` of kind `cancelled`.
  func lossesOfBatch(_ tokens: [Int32], _ scored: Range<Int>, start: Int) throws -> [Double] {
    var all: [Double] = []
    try graph.logits(scored) { range, logits in
      var losses = [Double](repeating: 0, count: range.count)
      try losses.withUnsafeMutableBufferPointer { losses in
        try graph.concurrently(range.count) { index in
          let row = UnsafeBufferPointer(
            start: logits + index * model.shape.vocabulary, count: model.shape.vocabulary)
          losses[index] = Logits.loss(row, target: Int(tokens[start + range.lowerBound + index + 1]))
        }
      }
      all += losses
    }
    return all
  }

  func check(_ tokens: [Int32]) throws {
    guard !tokens.isEmpty else { throw InferenceError(.limit, "there is no token to go on from") }
    guard tokens.count <= model.contextLength - position else {
      throw InferenceError(
        .limit, "\(position + tokens.count) tokens do not fit into a context of \(model.contextLength)")
    }
    guard tokens.allSatisfy({ (0..<Int32(model.shape.vocabulary)).contains($0) }) else {
      throw InferenceError(.limit, "a token lies outside the vocabulary of \(model.shape.vocabulary)")
    }
  }

  func notFinite() -> InferenceError {
    InferenceError(.notFinite, "the model computes NaN or infinity at position \(position - 1)")
  }

  private static func areFinite(_ logits: [Float]) -> Bool {
    // x · 0 is 0 for finite numbers and NaN for all others.
    logits.reduce(0) { $0 + $1 * 0 } == 0
  }
}
