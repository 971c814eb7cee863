import Domain

/// Where the tensors of a layer stand among their kinds: values, the feed-forward part and routed experts are counted
/// apart.
struct LayerPlaces: Sendable, Equatable {
  let value: LayerPlace
  let feedForward: LayerPlace
  let expert: LayerPlace

  /// Which of the three counts for a role.
  enum Counter: Sendable {
    case value, feedForward, expert

    init(_ role: TensorRole) {
      switch role {
      case .attentionValue, .attentionFused, .attentionLatent: self = .value
      case .expertDown, .expertGate, .expertUp: self = .expert
      default: self = .feedForward
      }
    }
  }

  subscript(counter: Counter) -> LayerPlace {
    switch counter {
    case .value: value
    case .feedForward: feedForward
    case .expert: expert
    }
  }

  /// The places of every layer of a model.
  static func of(_ inventory: TensorInventory, hasExperts: Bool) -> [LayerPlaces] {
    let hasValue = inventory.kinds.map { $0.contains { Counter($0.role) == .value } }
    let hasDense = inventory.kinds.map { $0.contains { $0.role == .feedForwardDown } }
    let hasRouted = inventory.kinds.map { $0.contains { $0.role == .expertDown } }
    let values = inventory.layers.reduce(0) { $0 + (hasValue[$1] ? 1 : 0) }
    let layers = inventory.layers.count
    var places: [LayerPlaces] = []
    places.reserveCapacity(layers)
    var (value, down) = (0, 0)
    for (index, kind) in inventory.layers.enumerated() {
      // With experts the rules go by the layer's number, but for the smallest mixtures, which count the tensors.
      let second = hasRouted[kind] ? down + 1 : down
      var feedForward = LayerPlace(hasExperts ? index : down, of: layers)
      var expert = feedForward
      if second < layers / 8 { feedForward.insert(.earlyInFile) }
      if down < layers / 8 { expert.insert(.earlyInFile) }
      places.append(
        LayerPlaces(
          value: hasValue[kind] ? LayerPlace(value, of: values) : [], feedForward: feedForward, expert: expert))
      if hasValue[kind] { value += 1 }
      down += (hasDense[kind] ? 1 : 0) + (hasRouted[kind] ? 1 : 0)
    }
    return places
  }
}
