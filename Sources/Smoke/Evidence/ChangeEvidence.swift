import Inference

/// Other readings of the file, each with the words for what it would mean if the model predicted better so.
struct Alternative: Sendable {
  let change: GraphChange
  let words: String

  /// Nats a token by which texts have to become easier.
  static let gain = 0.03

  /// The mistakes that conversions make.
  ///
  /// - Parameters:
  ///   - base: the file's base of the rotation.
  ///   - epsilon: the file's epsilon.
  static func all(base: Double, epsilon: Float) -> [Alternative] {
    // Bases of published models.
    let bases = [10_000.0, 100_000, 500_000, 1_000_000].filter { abs($0 / base - 1) > 0.01 }.map { other in
      var change = GraphChange()
      change.ropeBase = other
      return Alternative(
        change: change,
        words: "with a RoPE base of \(Figures.decimal(other, 0)) instead of \(Figures.decimal(base, 0))")
    }
    var pairs = GraphChange()
    pairs.exchangesPairs = true
    let exchanged = Alternative(change: pairs, words: "with the rotary pairs of queries and keys in the other order")
    let epsilons = [Float(1e-5)].filter { epsilon > 10 * $0 }.map { other in
      var change = GraphChange()
      change.epsilon = other
      return Alternative(change: change, words: "with a norm epsilon of 0.00001 instead of \(epsilon)")
    }
    return [exchanged] + bases + epsilons
  }

  /// What is said when it predicts better.
  func finding(perplexity: Double, changed: Double) -> Finding {
    .suspect(
      "\(words) it predicts better (perplexity \(Figures.short(changed)) instead of \(Figures.short(perplexity))): "
        + "the file says something else than the model was trained with")
  }
}
