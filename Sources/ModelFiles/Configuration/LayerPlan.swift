import Domain
import JSONText

extension ConfigurationReader {
  /// The kind of each layer; nil when every layer is alike.
  ///
  /// - Parameter layers: how many there are; nil to take the list's own length.
  /// - Throws: `badMetadata` when a list is shorter than the layers, or holds what we do not know.
  func layerKinds(_ layers: Int?) throws(ModelFileError) -> [LayerAttention]? {
    for name in LayerWords.lists {
      guard let items = text[name]?.array, !items.isEmpty else { continue }
      let kinds = try items.prefix(1 << 11).map { item throws(ModelFileError) -> LayerAttention in
        guard let word = item.string, let kind = LayerWords.kind(word) else {
          throw bad(name, "holds a kind of layer that we do not know")
        }
        return kind
      }
      return try cut(kinds, to: layers, name)
    }
    if let pattern = text["hybrid_override_pattern"]?.string, !pattern.isEmpty {
      let kinds = try pattern.unicodeScalars.prefix(1 << 11).map { letter throws(ModelFileError) -> LayerAttention in
        guard let kind = LayerWords.letters[letter] else {
          throw bad("hybrid_override_pattern", "holds a letter that we do not know")
        }
        return kind
      }
      return try cut(kinds, to: layers, "hybrid_override_pattern")
    }
    for (name, zero, one) in LayerWords.numbers {
      guard let items = text[name]?.array, !items.isEmpty else { continue }
      let kinds = try items.prefix(1 << 11).map { item throws(ModelFileError) -> LayerAttention in
        switch item {
        case .int(0): return zero
        case .int(1): return one
        default: throw bad(name, "holds something else than 0 and 1")
        }
      }
      return try cut(kinds, to: layers, name)
    }
    guard let layers else { return nil }
    if let items = value(at: "linear_attn_config.full_attn_layers")?.array {
      // Kimi Linear counts from 1.
      var kinds = [LayerAttention](repeating: .recurrent, count: layers)
      for item in items {
        guard let place = Self.wholeNumber(item), (1...layers).contains(place) else {
          throw bad("linear_attn_config", "names a layer that is none of the \(layers)")
        }
        kinds[place - 1] = .full
      }
      return kinds
    }
    if let interval = try int(.fullInterval) {
      return (1...layers).map { $0 % interval == 0 ? .full : .recurrent }
    }
    if let period = try int(.attentionPeriod) {
      let offset = try int(.attentionOffset) ?? 0
      return (0..<layers).map { $0 % period == offset ? .full : .recurrent }
    }
    return nil
  }

  /// The first entries of a list that may go on with layers for speculation.
  private func cut(_ kinds: [LayerAttention], to layers: Int?, _ name: String) throws(ModelFileError)
    -> [LayerAttention]
  {
    guard let layers else { return kinds }
    guard kinds.count >= layers else { throw bad(name, "has \(kinds.count) entries for \(layers) layers") }
    return Array(kinds.prefix(layers))
  }
}

private enum LayerWords {
  static let lists = ["layer_types", "layers_block_type"]

  /// Nemotron-H: Mamba, experts, a feed-forward part, attention.
  static let letters: [Unicode.Scalar: LayerAttention] = ["M": .recurrent, "E": .none, "-": .none, "*": .full]

  /// The kind of a word. New kinds of attention that nobody has told us of may keep as much as full attention.
  static func kind(_ word: String) -> LayerAttention? { kinds[word] ?? (word.hasSuffix("attention") ? .full : nil) }

  private static let kinds: [String: LayerAttention] = [
    "full_attention": .full, "attention": .full, "hybrid": .both,
    "sliding_attention": .sliding, "chunked_attention": .sliding,
    "linear_attention": .recurrent, "mamba": .recurrent, "mamba2": .recurrent, "conv": .recurrent,
    "recurrent": .recurrent, "moe": .none, "mlp": .none,
  ]

  /// Lists of numbers, and what 0 and 1 mean: MiMo's windows, MiniMax's lightning attention.
  static let numbers: [(name: String, zero: LayerAttention, one: LayerAttention)] = [
    ("hybrid_layer_pattern", .full, .sliding), ("attn_type_list", .recurrent, .full),
  ]
}
