/// What a layer keeps of the tokens it has seen.
public enum LayerAttention: Character, Hashable, Sendable {
  /// Keys and values of every token.
  case full = "f"
  /// Keys and values of the last tokens, as many as the window is long.
  case sliding = "s"
  /// A state of constant size: state-space and linear attention, convolutions.
  case recurrent = "r"
  /// Nothing: layers without attention, and those that use the keys and values of an earlier one.
  case none = "n"
}

/// How attention differs between the layers of a model.
public struct AttentionPlan: Hashable, Sendable {
  /// One for each layer.
  public var layers: [LayerAttention]
  /// Elements of a key head in sliding layers, where it differs from the others.
  public var slidingKeyLength: Int?
  /// Elements of a value head in sliding layers, where it differs from the others.
  public var slidingValueLength: Int?
  /// Whether one compressed row takes the place of keys and values (DeepSeek's multi-head latent attention): the value
  /// is a part of the key and takes no memory of its own.
  public var isLatent: Bool
  /// Bytes of the state that one recurrent layer keeps of one sequence.
  public var stateBytes: Int64

  /// A plan.
  public init(
    layers: [LayerAttention], slidingKeyLength: Int? = nil, slidingValueLength: Int? = nil, isLatent: Bool = false,
    stateBytes: Int64 = 0
  ) {
    self.layers = layers
    self.slidingKeyLength = slidingKeyLength
    self.slidingValueLength = slidingValueLength
    self.isLatent = isLatent
    self.stateBytes = stateBytes
  }

  /// Whether it says the same as no plan at all.
  public var isPlain: Bool { !isLatent && layers.allSatisfy { $0 == .full } }
}

extension AttentionPlan: Codable {
  private enum CodingKeys: String, CodingKey {
    case layers, slidingKeyLength, slidingValueLength, isLatent, stateBytes
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let letters = try container.decode(String.self, forKey: .layers)
    let layers = letters.compactMap(LayerAttention.init(rawValue:))
    guard layers.count == letters.count else {
      throw DecodingError.dataCorruptedError(forKey: .layers, in: container, debugDescription: "an unknown letter")
    }
    self.init(
      layers: layers,
      slidingKeyLength: try container.decodeIfPresent(Int.self, forKey: .slidingKeyLength),
      slidingValueLength: try container.decodeIfPresent(Int.self, forKey: .slidingValueLength),
      isLatent: try container.decodeIfPresent(Bool.self, forKey: .isLatent) ?? false,
      stateBytes: try container.decodeIfPresent(Int64.self, forKey: .stateBytes) ?? 0)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(String(layers.map(\.rawValue)), forKey: .layers)
    try container.encodeIfPresent(slidingKeyLength, forKey: .slidingKeyLength)
    try container.encodeIfPresent(slidingValueLength, forKey: .slidingValueLength)
    if isLatent { try container.encode(true, forKey: .isLatent) }
    if stateBytes > 0 { try container.encode(stateBytes, forKey: .stateBytes) }
  }
}
