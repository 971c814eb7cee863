import JSONText

/// What keys and values each layer keeps, from the lists by which hybrid models state it.
enum LayerKind: Equatable {
  /// Attention to everything.
  case full
  /// Attention to a window.
  case sliding
  /// No cache that grows: state-space, linear attention, convolution, or no attention at all.
  case none
}

extension ConfigurationReader {
  /// The kind of each layer; nil when every layer is alike.
  ///
  /// - Parameter layers: how many there are; nil to take the list's own length.
  /// - Throws: `badMetadata` when a list is shorter than the layers, or holds what we do not know.
  func layerKinds(_ layers: Int?) throws(ModelFileError) -> [LayerKind]? {
    for name in LayerWords.lists {
      guard let items = text[name]?.array, !items.isEmpty else { continue }
      let kinds = try items.prefix(1 << 11).map { item throws(ModelFileError) -> LayerKind in
        guard let word = item.string, let kind = LayerWords.kind(word) else {
          throw bad(name, "holds a kind of layer that we do not know")
        }
        return kind
      }
      return try cut(kinds, to: layers, name)
    }
    if let pattern = text["hybrid_override_pattern"]?.string, !pattern.isEmpty {
      let kinds = try pattern.unicodeScalars.prefix(1 << 11).map { letter throws(ModelFileError) -> LayerKind in
        guard let kind = LayerWords.letters[letter] else {
          throw bad("hybrid_override_pattern", "holds a letter that we do not know")
        }
        return kind
      }
      return try cut(kinds, to: layers, "hybrid_override_pattern")
    }
    for (name, zero, one) in LayerWords.numbers {
      guard let items = text[name]?.array, !items.isEmpty else { continue }
      let kinds = try items.prefix(1 << 11).map { item throws(ModelFileError) -> LayerKind in
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
      var kinds = [LayerKind](repeating: .none, count: layers)
      for item in items {
        guard let place = Self.wholeNumber(item), (1...layers).contains(place) else {
          throw bad("linear_attn_config", "names a layer that is none of the \(layers)")
        }
        kinds[place - 1] = .full
      }
      return kinds
    }
    if let interval = try int(.fullInterval) {
      return (1...layers).map { $0 % interval == 0 ? .full : .none }
    }
    if let period = try int(.attentionPeriod) {
      let offset = try int(.attentionOffset) ?? 0
      return (0..<layers).map { $0 % period == offset ? .full : .none }
    }
    return nil
  }

  /// The first entries of a list that may go on with layers for speculation.
  private func cut(_ kinds: [LayerKind], to layers: Int?, _ name: String) throws(ModelFileError) -> [LayerKind] {
    guard let layers else { return kinds }
    guard kinds.count >= layers else { throw bad(name, "has \(kinds.count) entries for \(layers) layers") }
    return Array(kinds.prefix(layers))
  }
}

private enum LayerWords {
  static let lists = ["layer_types", "layers_block_type"]

  /// Nemotron-H: Mamba, experts, a feed-forward part, attention.
  static let letters: [Unicode.Scalar: LayerKind] = ["M": .none, "E": .none, "-": .none, "*": .full]

  /// The kind of a word. New kinds of attention that nobody has told us of may keep as much as full attention.
  static func kind(_ word: String) -> LayerKind? { kinds[word] ?? (word.hasSuffix("attention") ? .full : nil) }

  private static let kinds: [String: LayerKind] = [
    "full_attention": .full, "attention": .full, "hybrid": .full,
    "sliding_attention": .sliding, "chunked_attention": .sliding,
    "linear_attention": .none, "mamba": .none, "mamba2": .none, "moe": .none, "mlp": .none, "conv": .none,
    "recurrent": .none,
  ]

  /// Lists of numbers, and what 0 and 1 mean: MiMo's windows, MiniMax's lightning attention.
  static let numbers: [(name: String, zero: LayerKind, one: LayerKind)] = [
    ("hybrid_layer_pattern", .full, .sliding), ("attn_type_list", .none, .full),
  ]
}
