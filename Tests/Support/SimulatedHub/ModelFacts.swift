/// What kind of repository a simulated model is.
enum ModelKind: UInt8, Sendable {
  case base, finetune, merge, adapter, gguf, gptq, awq, exl2, mlx
  /// The same GGUF files, byte for byte, in somebody else's repository.
  case duplicate

  /// Whether others are made from it; such a model descends from its family alone.
  var isOriginal: Bool { self == .base || self == .finetune }
}

/// What is fixed of one simulated model from its birth: a function of the seed and the model's index.
///
/// The shares follow what is recorded of the real hub: about half of the repositories are quantizations by few
/// accounts, of which the largest hold tens of thousands; most persons hold one.
struct ModelFacts {
  let index: Int
  let kind: ModelKind
  /// Into `Family.all`.
  let family: Int
  /// The re-quantizer below `Words.quantizers.count`; after that a person.
  let author: Int
  /// The model that it was made from; nil when that is the family's own.
  let parent: Int?
  /// Of the name and the free tags.
  let style: UInt64
  let hasGGUFTag: Bool
  let hasLlamaTag: Bool
  let isImatrix: Bool
  let isGated: Bool
  /// Whether the repository was made without files.
  let isBornEmpty: Bool
  /// Whether its weights are pickles.
  let isPickle: Bool
  let notForAll: Bool

  /// - Parameter count: how many models the hub was born with; it spreads the persons.
  init(seed: UInt64, index: Int, count: Int) {
    var draws = Draws(seed: seed, index: index)
    self.index = index
    let (kind, ownFamily) = Self.kindAndFamily(&draws)
    self.kind = kind
    let isGGUF = kind == .gguf || kind == .duplicate
    style = draws.next()
    let flags = draws.next()
    func share(_ place: UInt64, of256 part: UInt64) -> Bool { flags >> (8 * place) & 255 < part }
    isGated = kind == .base ? share(1, of256: 80) : share(1, of256: 5)
    isBornEmpty = share(2, of256: 5)
    isPickle = !isGGUF && share(3, of256: 12)
    notForAll = share(4, of256: 9)
    hasGGUFTag = isGGUF || share(5, of256: 12)
    author = Self.author(kind, &draws, count: count)
    var origin: (index: Int, family: Int)?
    // A GGUF of a family without the tag `llama` descends from repositories that are not listed here.
    if kind == .duplicate || ownFamily < Family.llamaCount, kind != .base, kind != .finetune, share(7, of256: 190) {
      // Mostly the news of the last weeks: what is older was quantized long ago.
      let near = draws.unit()
      let nearest = index - 1 - Int(near * near * Double(min(index, 60_000)))
      origin = Self.origin(at: nearest, seed: seed) {
        $0 == .gguf ? kind == .duplicate : kind != .duplicate && $0.isOriginal
      }
    }
    parent = origin?.index
    // What a duplicate repeats may itself have its family from elsewhere.
    let copied = kind == .duplicate ? origin.map { ModelFacts(seed: seed, index: $0.index, count: count).family } : nil
    family = copied ?? origin?.family ?? ownFamily
    isImatrix = isGGUF && share(0, of256: 70)
    hasLlamaTag = !isGGUF || family < Family.llamaCount && share(6, of256: 28)
  }

  private static func kindAndFamily(_ draws: inout Draws) -> (ModelKind, Int) {
    let kind = kind(draws.below(1000))
    let isGGUF = kind == .gguf || kind == .duplicate
    // Most GGUF repositories here descend from llamas; everything else is here because of its tag `llama`.
    let bound = isGGUF && draws.chance(0.75) ? Family.all.count : Family.llamaCount
    return (kind, draws.below(bound))
  }

  /// The next model, from a place downwards, that another can be made from; nil when there is none nearby.
  private static func origin(
    at start: Int, seed: UInt64, suits: (ModelKind) -> Bool
  ) -> (index: Int, family: Int)? {
    for candidate in (max(0, start - 15)..<max(0, start + 1)).reversed() {
      var draws = Draws(seed: seed, index: candidate)
      let (kind, family) = kindAndFamily(&draws)
      if suits(kind) { return (candidate, family) }
    }
    return nil
  }

  private static func kind(_ number: Int) -> ModelKind {
    switch number {
    case ..<500: .gguf
    case ..<680: .finetune
    case ..<750: .merge
    case ..<840: .adapter
    case ..<865: .base
    case ..<885: .gptq
    case ..<905: .awq
    case ..<935: .exl2
    case ..<975: .mlx
    default: .duplicate
    }
  }

  private static func author(_ kind: ModelKind, _ draws: inout Draws, count: Int) -> Int {
    let quantizers = Words.quantizers.count
    switch kind {
    case .gguf, .gptq, .awq, .exl2, .mlx:
      if draws.chance(0.72) {
        // Each of them holds about 0.6 times as much as the one before.
        var place = 0
        while place < quantizers - 1, draws.chance(0.6) { place += 1 }
        return place
      }
    default: break
    }
    let share = draws.unit()
    return quantizers + Int(share * share * Double(max(8, count / 3)))
  }
}

/// The numbers that change from day to day on the real hub, and are fixed here.
struct ModelCounts {
  let downloads: Int
  let likes: Int
  /// In halves, as the real score has them.
  let trendingHalves: Int

  /// Heavy tails: the median model is hardly ever fetched, the first ones millions of times.
  init(seed: UInt64, index: Int) {
    var draws = Draws(seed: seed, index: index, purpose: 1)
    let rarity = 1 / (1 - draws.unit())
    downloads = min(90_000_000, Int(4 * rarity * rarity.squareRoot()) - 4 + draws.below(16))
    likes = min(20_000, Int(rarity * 0.4))
    trendingHalves = rarity > 50 ? Int(rarity / 25) : 0
  }
}
