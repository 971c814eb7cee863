import CKernels

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
    hw_log_sum_exp(logits.baseAddress, logits.count) - Double(logits[target])
  }
}
