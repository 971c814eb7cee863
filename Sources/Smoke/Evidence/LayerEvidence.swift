import Inference

/// What leaving out half a layer says: a sound one helps, a broken one disturbs.
struct LayerEvidence {
  let tour: LayerTour

  /// Nats a token by which texts have to become easier without a part, or in another order. Tuning a model to converse costs
  /// it a little of its knowledge of plain text, and what some layers cost must not accuse it.
  static let gain = 0.06
  /// Nats a token on one short text that are worth a look at others.
  static let hint = 0.02
  /// Standard errors by which it has to differ from chance; there are two halves of many layers.
  static let sigmas = 3.0

  /// The layer after which nothing was finite.
  var broken: [Finding] {
    guard let part = tour.firstNotFinite else { return [] }
    let kind = part.kind == .attention ? "attention" : "the feed-forward part"
    return [.broken("hidden states are NaN or infinite from \(kind) of layer \(part.layer) on")]
  }

  /// Changes after which the text was easier, by chance or not, the most telling first: what is worth a second look.
  var suspicions: [(change: GraphChange, words: String)] {
    guard !tour.losses.isEmpty else { return [] }
    func gain(_ losses: [Double]) -> Double {
      zip(tour.losses, losses).reduce(0) { $0 + $1.0 - $1.1 } / Double(tour.losses.count)
    }
    var found: [(change: GraphChange, words: String, gain: Double)] = []
    for stop in tour.stops {
      guard let without = stop.lossesWithout, gain(without) > Self.hint else { continue }
      var change = GraphChange()
      change.leavesOut = [stop.part]
      let kind = stop.part.kind == .attention ? "attention" : "feed-forward part"
      found.append((change, "without the \(kind) of layer \(stop.part.layer)", gain(without)))
    }
    for (layer, losses) in tour.lossesExchanged.enumerated() where gain(losses) > Self.hint {
      var change = GraphChange()
      change.exchangedLayer = layer
      found.append((change, "with layers \(layer) and \(layer + 1) in the other order", gain(losses)))
    }
    return found.sorted { $0.gain > $1.gain }.map { ($0.change, $0.words) }
  }

  /// What is said of a change that has made several texts easier.
  static func finding(_ words: String, perplexity: Double, changed: Double) -> Finding {
    .suspect(
      "\(words) it predicts better (perplexity \(Figures.short(changed)) instead of \(Figures.short(perplexity))): "
        + "weights are damaged, or belong elsewhere")
  }
}
