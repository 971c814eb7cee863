import Glibc

/// How the next token is chosen among all.
public struct SamplingOptions: Sendable, Equatable {
  /// 0 always takes the best token; 1 draws from the model's own distribution.
  public var temperature: Float = 0
  /// Only so many of the best tokens are drawn from; 0 is no limit.
  public var topK = 0
  /// Only the best tokens that together have this probability are drawn from; 1 is no limit. Source: Holtzman et al.,
  /// "The Curious Case of Neural Text Degeneration".
  public var topP: Float = 1
  /// Only tokens with at least this share of the best one's probability are drawn from; 0 is no limit. Source: Nguyen et
  /// al., "Turning Up the Heat: Min-p Sampling".
  public var minP: Float = 0
  /// Positive logits of tokens seen lately are divided by it, negative ones multiplied; 1 does nothing. Source: Keskar et
  /// al., "CTRL", section 4.1.
  public var repetitionPenalty: Float = 1
  /// How many of the last tokens count as seen lately.
  public var repetitionWindow = 64
  /// The same seed draws the same tokens.
  public var seed: UInt64 = 0

  /// Greedy.
  public init() {}

  /// Whether every number is one that has a meaning.
  public var isValid: Bool {
    temperature >= 0 && temperature.isFinite && topK >= 0 && (0...1).contains(topP) && topP > 0
      && (0...1).contains(minP) && repetitionPenalty > 0 && repetitionPenalty.isFinite && repetitionWindow >= 0
  }
}

/// Draws tokens: penalty of repetitions, top-k, top-p, min-p, temperature, in this order. The limits are those of the
/// model's own distribution, before the temperature.
struct Sampler {
  private let options: SamplingOptions
  private var state: UInt64
  /// The last tokens, the oldest first.
  private var recent: [Int32] = []

  /// A sampler that has seen nothing.
  init(_ options: SamplingOptions) {
    self.options = options
    state = options.seed
  }

  /// A token has become part of the text.
  mutating func see(_ token: Int32) {
    guard options.repetitionPenalty != 1, options.repetitionWindow > 0 else { return }
    recent.append(token)
    if recent.count > options.repetitionWindow { recent.removeFirst() }
  }

  /// The next token.
  mutating func next(_ logits: [Float]) -> Int32 {
    let logits = penalized(logits)
    let best = Logits.greedy(logits)
    guard options.temperature > 0 else { return best }
    let largest = logits[Int(best)]
    let kept = candidates(logits, largest: largest)
    var sum = 0.0
    let weights = kept.map { id in
      let weight = Double(expf((logits[Int(id)] - largest) / options.temperature))
      sum += weight
      return weight
    }
    var rest = uniform() * sum
    for (index, weight) in weights.enumerated() {
      rest -= weight
      if rest < 0 { return kept[index] }
    }
    return best
  }

  private func penalized(_ logits: [Float]) -> [Float] {
    guard !recent.isEmpty else { return logits }
    var result = logits
    for token in Set(recent) where logits.indices.contains(Int(token)) {
      let logit = logits[Int(token)]
      result[Int(token)] = logit > 0 ? logit / options.repetitionPenalty : logit * options.repetitionPenalty
    }
    return result
  }

  /// The tokens that may be drawn; never none.
  private func candidates(_ logits: [Float], largest: Float) -> [Int32] {
    var ids: [Int32]
    if options.topK > 0 {
      // Of a whole vocabulary few are ever among the best: that is found out without sorting all of it.
      ids = Logits.top(logits, count: min(options.topK, logits.count)).map(\.id)
    } else {
      ids = Array(Int32(0)..<Int32(logits.count))
      if options.topP < 1 { ids.sort { (logits[Int($0)], $1) > (logits[Int($1)], $0) } }
    }
    if options.topP < 1 {
      let weights = ids.map { Double(expf(logits[Int($0)] - largest)) }
      let wanted = weights.reduce(0, +) * Double(options.topP)
      var (sum, count) = (0.0, 0)
      while count < ids.count, sum < wanted {
        sum += weights[count]
        count += 1
      }
      ids = Array(ids.prefix(max(1, count)))
    }
    if options.minP > 0 {
      let least = largest + logf(options.minP)
      ids.removeAll { logits[Int($0)] < least }
    }
    return ids
  }

  /// A number in 0 ..< 1 (splitmix64: Steele, Lea and Flood, 2014).
  private mutating func uniform() -> Double {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    mixed ^= mixed >> 31
    return Double(mixed >> 11) * 0x1p-53
  }
}
