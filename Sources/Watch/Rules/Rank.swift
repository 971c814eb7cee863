import Catalog
import Domain
import Foundation
import Settings

/// Which families deserve a look first: a score out of what the catalog knows.
///
/// The score is the sum of seven parts, each a number of about 0 to 1 times its weight in `[rank]`:
///
/// - trending: ln(1 + t) / ln(1 + 100), t the largest trending score of a member;
/// - likes: ln(1 + n) / ln(1 + 1000), n the likes of all members;
/// - downloads: ln(1 + n) / ln(1 + 100,000), n the downloads of all members in a month;
/// - author: ln(1 + m) / ln(1 + 100), m the mean likes of the other models of the original's author;
/// - novelty: 1 for a new base, 0.6 for a finetune, 0.4 for an adapter, 0.4 for a merge, each divided by
///   1 + ln(1 + s), s the families that came from the same bases in the same way; 0.5 when its origin is unknown;
/// - fit: 1 when a quantization fits the card, 0.3 when one runs with layers in main memory, 0 when none does, 0.5
///   while nothing is known;
/// - follow: 1 when the author of a member is followed.
struct Rank: Sendable {
  let weights: Settings.Rank
  let rules: Rules

  /// The score of a family.
  func score(_ facts: FamilyFacts) -> Double {
    weights.trending * Self.part(facts.trending, full: 100) + weights.likes * Self.part(Double(facts.likes), full: 1000)
      + weights.downloads * Self.part(Double(facts.downloads), full: 100_000)
      + weights.author * Self.part(facts.authorMeanLikes, full: 100) + weights.novelty * Self.novelty(facts)
      + weights.fit * Self.fit(facts.bestVerdict)
      + weights.follow * (facts.owners.contains(where: rules.isFollowed) ? 1 : 0)
  }

  private static func part(_ value: Double, full: Double) -> Double { log(1 + max(0, value)) / log(1 + full) }

  private static func novelty(_ facts: FamilyFacts) -> Double {
    let crowd = 1 + log(1 + Double(facts.siblings))
    return switch facts.relation {
    case nil: facts.hasOriginal ? 1 : 0.5
    case .finetune: 0.6 / crowd
    case .adapter, .merge: 0.4 / crowd
    case .quantized: 0.5
    }
  }

  private static func fit(_ verdict: FitVerdict?) -> Double {
    switch verdict {
    case nil: 0.5
    case .fits: 1
    case .smallerBatch, .q8kv, .smallerContext: 0.8
    case .expertsOnCpu, .split: 0.3
    case .no: 0
    }
  }
}
