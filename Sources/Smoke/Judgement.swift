import Domain
import Foundation

/// Logarithms to base 2.
enum Binary {
  static func logarithm(_ value: Double) -> Double { log2(value) }
}

/// What was observed of a model, and what that means: no model is touched here.
struct Observations: Sendable, Equatable {
  /// Rows of the vocabulary.
  var vocabulary: Int
  /// Whether every logit seen was finite.
  var logitsAreFinite = true
  /// Whether some logits differ from one another.
  var logitsDiffer = true
  /// Perplexity by token on the reference text; nil when it was not measured.
  var perplexity: Double?
  /// Tokens and bytes of the reference text.
  var textTokens = 0
  var textBytes = 0
  /// Bits a byte of the unigram baseline on the same text.
  var baselineBitsPerByte = 0.0
  /// Greedy continuation.
  var generated: [Int] = []
}

/// The verdict on observations.
enum Judgement {
  /// Below this a vocabulary says that the model is a toy, whose perplexity on a grown-up text means nothing.
  static let toyVocabulary = 1000

  static func verdict(_ seen: Observations) -> (SmokeVerdict, [String]) {
    guard seen.logitsAreFinite else {
      return (.fail, ["the logits are not finite: weights or scales are damaged"])
    }
    guard seen.logitsDiffer else {
      return (.fail, ["all logits are equal: the weights are empty"])
    }
    var reasons: [String] = []
    if let perplexity = seen.perplexity, seen.vocabulary >= toyVocabulary {
      let shown = ByteCount.decimal(perplexity, places: 1)
      if perplexity >= Double(seen.vocabulary) {
        return (.fail, ["perplexity \(shown) on plain English: worse than guessing among \(seen.vocabulary) tokens"])
      }
      let bitsPerByte = Binary.logarithm(perplexity) * Double(seen.textTokens) / Double(max(1, seen.textBytes))
      if bitsPerByte >= seen.baselineBitsPerByte {
        reasons.append("perplexity \(shown) on plain English: no better than counting letters")
      }
    }
    if let most = Dictionary(grouping: seen.generated, by: { $0 }).values.map(\.count).max(),
      seen.generated.count >= 16, most * 10 >= seen.generated.count * 9
    {
      reasons.append("it repeats one token for ever")
    }
    return (reasons.isEmpty ? .pass : .suspect, reasons)
  }
}
