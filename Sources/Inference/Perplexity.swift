import Domain
import Glibc

/// How well a model predicts a text.
public struct Perplexity: Sendable, Equatable {
  /// e to the mean negative log likelihood of a token.
  public let perplexity: Double
  /// Tokens of the whole text.
  public let tokens: Int
  /// Chunks that were scored.
  public let chunks: Int
}

extension LanguageModel {
  /// The perplexity of a text by the method of llama.cpp's `llama-perplexity`.
  ///
  /// The text is cut into chunks of `context` tokens, an incomplete last one is left out. In each chunk the second
  /// half is scored, so that every scored token has half a chunk before it. Models that begin with BOS get it in
  /// place of each chunk's first token.
  ///
  /// - Parameters:
  ///   - text: plain text; control tokens in it are parsed, as llama-perplexity does.
  ///   - context: tokens of a chunk, at least 2 and at most the model's context.
  ///   - chunks: how many chunks at most.
  /// - Throws: `InferenceError`: `limit` for a text shorter than one chunk, `notFinite`, or `cancelled`.
  public func perplexity(_ text: String, context: Int = 512, chunks: Int = .max) throws -> Perplexity {
    let tokens = tokenizer.encode(text)
    guard context >= 2, context <= contextLength else {
      throw InferenceError(
        .limit, "chunks of \(context) tokens do not fit into a context of \(contextLength)")
    }
    let count = min(tokens.count / context, chunks)
    guard count > 0 else {
      throw InferenceError(
        .limit, "the text has \(tokens.count) tokens; perplexity needs at least \(context)")
    }
    let session = try session()
    let scored = context / 2..<context - 1
    var sum = 0.0
    for chunk in 0..<count {
      var part = Array(tokens[chunk * context..<(chunk + 1) * context])
      if tokenizer.addsBeginning, let beginning = tokenizer.beginning { part[0] = beginning }
      session.reset()
      sum += try session.losses(part, scored: scored).reduce(0, +)
    }
    return Perplexity(
      perplexity: exp(sum / Double(max(1, count * scored.count))), tokens: tokens.count, chunks: count)
  }
}
