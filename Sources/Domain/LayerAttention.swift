/// What a layer keeps of the tokens it has seen.
public enum LayerAttention: Character, Hashable, Sendable {
  /// Keys and values of every token.
  case full = "f"
  /// Keys and values of the last tokens, as many as the window is long.
  case sliding = "s"
  /// A state of constant size: state-space and linear attention, convolutions.
  case recurrent = "r"
  /// Keys and values of every token, and a state beside them.
  case both = "b"
  /// Nothing: layers without attention, and those that use the keys and values of an earlier one.
  case none = "n"

  /// Whether it keeps keys and values, of all tokens or of the last.
  public var keepsTokens: Bool {
    switch self {
    case .full, .sliding, .both: true
    case .recurrent, .none: false
    }
  }
}

/// How attention differs between the layers of a model.
public struct AttentionPlan: Hashable, Sendable {
  /// One for each layer.
  public var layers: [LayerAttention]
  /// Tokens that a sliding layer looks back on; 0 when none slides.
  public var window: Int
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
    layers: [LayerAttention], window: Int = 0, slidingKeyLength: Int? = nil, slidingValueLength: Int? = nil,
    isLatent: Bool = false,
    stateBytes: Int64 = 0
  ) {
    self.layers = layers
    self.window = window
    self.slidingKeyLength = slidingKeyLength
    self.slidingValueLength = slidingValueLength
    self.isLatent = isLatent
    self.stateBytes = stateBytes
  }

  /// The largest state of a layer that is believed: 1 TiB.
  public static let stateLimit: Int64 = 1 << 40

  /// Bytes of the state of one recurrent layer and one sequence, in F32: `convolution - 1` inputs of `inner` channels
  /// and of two vectors of `length` for each group, and a matrix of `length` for each inner channel.
  ///
  /// Source: llama.cpp's `llama_hparams::n_embd_r` and `n_embd_s`.
  ///
  /// - Returns: nil when it would be negative or beyond `stateLimit`.
  public static func stateBytes(convolution: Int64, inner: Int64, length: Int64, groups: Int64) -> Int64? {
    let limit = 0.0...Double(stateLimit)
    let inputs = Double(max(0, convolution - 1)) * (Double(inner) + 2 * Double(groups) * Double(length))
    let bytes = 4 * (inputs + Double(length) * Double(inner))
    return limit.contains(bytes) ? Int64(bytes) : nil
  }

  /// Layers that keep a state of constant size.
  public var statefulLayers: Int { layers.count { $0 == .recurrent || $0 == .both } }

  /// Whether it says the same as no plan at all.
  public var isPlain: Bool { !isLatent && layers.allSatisfy { $0 == .full } }
}

extension AttentionPlan: Codable {
  private enum CodingKeys: String, CodingKey {
    case layers, window, slidingKeyLength, slidingValueLength, isLatent, stateBytes
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let letters = try container.decode(String.self, forKey: .layers)
    let layers = letters.compactMap(LayerAttention.init(rawValue:))
    guard layers.count == letters.count else {
      throw DecodingError.dataCorruptedError(forKey: .layers, in: container, debugDescription: "an unknown letter")
    }
    self.init(
      layers: layers, window: try container.decodeIfPresent(Int.self, forKey: .window) ?? 0,
      slidingKeyLength: try container.decodeIfPresent(Int.self, forKey: .slidingKeyLength),
      slidingValueLength: try container.decodeIfPresent(Int.self, forKey: .slidingValueLength),
      isLatent: try container.decodeIfPresent(Bool.self, forKey: .isLatent) ?? false,
      stateBytes: try container.decodeIfPresent(Int64.self, forKey: .stateBytes) ?? 0)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(String(layers.map(\.rawValue)), forKey: .layers)
    if window > 0 { try container.encode(window, forKey: .window) }
    try container.encodeIfPresent(slidingKeyLength, forKey: .slidingKeyLength)
    try container.encodeIfPresent(slidingValueLength, forKey: .slidingValueLength)
    if isLatent { try container.encode(true, forKey: .isLatent) }
    if stateBytes > 0 { try container.encode(stateBytes, forKey: .stateBytes) }
  }
}
