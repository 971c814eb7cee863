import Foundation
import Inference

/// How well a model predicted one text.
struct Reading: Sendable {
  let text: ReferenceText
  /// −ln p of each scored token.
  let losses: [Double]
  /// Bytes that the scored tokens stand for.
  let bytes: Int

  /// e to the mean loss of a token.
  var perplexity: Double { exp(losses.reduce(0, +) / Double(max(1, losses.count))) }

  /// Bits a byte, so that vocabularies compare.
  var bitsPerByte: Double { losses.reduce(0, +) / log(2) / Double(max(1, bytes)) }

  /// How that compares with knowing only how often each byte occurs; below 1 the model knows more.
  var share: Double { bitsPerByte / text.unigramBitsPerByte }
}

/// What perplexities say.
struct ReadingEvidence {
  let readings: [Reading]
  let vocabulary: Int
  let parameters: Int64

  /// Below this a vocabulary says that the model is a toy, whose perplexity on a grown-up text means nothing.
  static let toyVocabulary = 1000
  /// A text counts when the model knows this much more of it than how often each byte occurs.
  static let known = 0.95
  /// Below this share it is the model's own language, and there is no need to ask for others.
  static let wellKnown = 0.5

  /// The most that a sound model of so many parameters needs for a byte of the text that it knows best.
  ///
  /// A generous line above small models that were published: 1.6 bits at 100 million parameters, falling by a tenth for
  /// each factor of ten, as losses do with size. Source: Kaplan et al., "Scaling Laws for Neural Language Models",
  /// figure 1 (loss falls as the 0.076th power).
  static func limit(parameters: Int64) -> Double {
    let size = max(1e6, Double(parameters))
    return min(2.4, 1.6 * pow(size / 1e8, -0.05))
  }

  var findings: [Finding] {
    guard let best = readings.min(by: { $0.share < $1.share }) else { return [] }
    let isToy = vocabulary < Self.toyVocabulary
    if isToy, best.share >= Self.known { return [] }
    if !isToy, let english = readings.first(where: { $0.text.name == ReferenceText.english.name }),
      english.perplexity >= Double(vocabulary)
    {
      return [
        .broken(
          "perplexity \(Figures.short(english.perplexity)) on plain English: worse than guessing among \(vocabulary) tokens"
        )
      ]
    }
    if best.share >= Self.known {
      return [
        .suspect(
          "it predicts none of \(readings.count) texts better than counting letters does; best is \(best.text.name), "
            + "\(Figures.decimal(best.bitsPerByte, 2)) bits a byte")
      ]
    }
    let limit = Self.limit(parameters: parameters)
    guard best.bitsPerByte > limit else { return [] }
    return [
      .suspect(
        "it needs \(Figures.decimal(best.bitsPerByte, 2)) bits for a byte of the text that it knows best (\(best.text.name)); "
          + "a sound model of this size needs at most \(Figures.decimal(limit, 2))")
    ]
  }
}
