import Glibc

/// What is done with the logits of one position.
public enum Logits {
  /// A token and its logit.
  public struct Scored: Sendable, Equatable {
    /// The token.
    public let id: Int32
    /// Its logit.
    public let logit: Float
  }

  /// The token with the largest logit; the first of equals.
  public static func greedy(_ logits: [Float]) -> Int32 {
    var best = 0
    for index in logits.indices where logits[index] > logits[best] { best = index }
    return Int32(best)
  }

  /// The `count` largest logits, best first.
  public static func top(_ logits: [Float], count: Int) -> [Scored] {
    var best: [Scored] = []
    for (index, logit) in logits.enumerated() where best.count < count || logit > (best.last?.logit ?? 0) {
      let place = best.firstIndex { $0.logit < logit } ?? best.count
      best.insert(Scored(id: Int32(index), logit: logit), at: place)
      if best.count > count { best.removeLast() }
    }
    return best
  }

  /// −ln p of a target under the softmax of the logits.
  static func loss(_ logits: UnsafeBufferPointer<Float>, target: Int) -> Double {
    var largest = -Float.infinity
    for logit in logits where !(logit <= largest) { largest = logit }
    var sum = 0.0
    for logit in logits { sum += Double(expf(logit - largest)) }
    return log(sum) + Double(largest) - Double(logits[target])
  }
}

/// Draws tokens from the softmax of logits divided by a temperature. The same seed draws the same tokens.
struct Sampler {
  private let temperature: Float
  private var state: UInt64

  /// A sampler; a temperature of 0 always takes the best token.
  init(temperature: Float, seed: UInt64) {
    self.temperature = temperature
    state = seed
  }

  /// The next token.
  mutating func next(_ logits: [Float]) -> Int32 {
    let best = Logits.greedy(logits)
    guard temperature > 0 else { return best }
    let largest = logits[Int(best)]
    var sum = 0.0
    let weights = logits.map { logit in
      let weight = Double(expf((logit - largest) / temperature))
      sum += weight
      return weight
    }
    var rest = uniform() * sum
    for (index, weight) in weights.enumerated() {
      rest -= weight
      if rest < 0 { return Int32(index) }
    }
    return best
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
