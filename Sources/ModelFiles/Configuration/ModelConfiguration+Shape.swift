import Domain

extension ModelConfiguration {
  /// The dimensions of the language model.
  ///
  /// Where the layers differ, the shape says what a header of the same model in GGUF says: the widest feed-forward
  /// part, the longest head, and the key and value heads of each layer, none where a layer keeps no cache that grows
  /// with the context. Latent attention is told as the one compressed row that is kept: one key head of
  /// `kv_lora_rank + qk_rope_head_dim` elements, whose first `kv_lora_rank` are the value. Layers for speculation
  /// (multi-token prediction) do not count.
  ///
  /// `parameters` is what the family's tensors sum up to (see `inventory(of:)`), without the eyes and ears of a model
  /// with several parts, and 0, which means unknown, for families that `Architecture.table` does not know;
  /// `ModelShape(configuration:tensors:)` counts.
  ///
  /// - Throws: `noShape` with the reason when the model is no decoder-only text model, or does not state a dimension;
  ///   `badMetadata` when it states an impossible one.
  public func shape() throws(ModelFileError) -> ModelShape {
    try refuseOtherKinds()
    let hidden = try reader.required(.hiddenSize)
    let kinds = try reader.layerKinds(try reader.int(.layers))
    guard let layers = try reader.int(.layers) ?? kinds?.count else { throw reader.noShape("has no number of layers") }
    let heads = try reader.required(.heads)
    guard let context = try reader.context() else { throw reader.noShape("has no context length") }
    guard let vocabulary = try reader.vocabulary() else { throw reader.noShape("has no vocabulary size") }
    let blocks = try reader.blockPlan(hidden: hidden, heads: heads)
    let cache = try cacheLayout(hidden: hidden, heads: heads, layers: layers, kinds: kinds, planned: blocks?.kvHeads)
    let width = try feedForward(hidden: hidden, planned: blocks?.feedForward)
    let experts = try reader.int(.experts) ?? 0
    let used = experts > 0 ? try reader.int(.expertsUsed) ?? 0 : 0
    guard used <= experts else {
      throw reader.bad("num_experts_per_tok", "is \(used), more than the \(experts) experts")
    }
    var shape = ModelShape(
      architecture: try familyName(), layers: layers, embedding: hidden, feedForward: width.dense, heads: heads,
      kvHeads: cache.kvHeads, keyLength: cache.keyLength, valueLength: cache.valueLength, vocabulary: vocabulary,
      contextLength: context, experts: experts, expertsUsed: used,
      expertFeedForward: experts > 0 && width.expert != width.dense ? width.expert : nil,
      slidingWindow: try reader.window(),
      attention: try reader.attentionPlan(kinds: kinds, layers: layers, hidden: hidden), tiedEmbeddings: tiedEmbeddings)
    guard shape.isPlausible else {
      throw ModelFileError(.badMetadata, file: name, "states dimensions that no model has together")
    }
    shape.parameters = try inventory(of: shape)?.parameters ?? 0
    return shape
  }

  private func refuseOtherKinds() throws(ModelFileError) {
    guard let family = reader.family else { return }
    let quoted = ModelFileError.quoted(family)
    let classNames = architectures.joined(separator: " ")
    let isGenerator = classNames.contains("ForCausalLM") || classNames.contains("LMHeadModel")
    if ConfigurationConventions.encoderDecoders.contains(family) || reader.whole["is_encoder_decoder"]?.bool == true {
      throw reader.noShape("is no decoder-only model: encoder and decoder of \(quoted)")
    }
    if ConfigurationConventions.encoders.contains(family) || (!isGenerator && reader.text["type_vocab_size"] != nil) {
      throw reader.noShape("has no decoder: encoder-only \(quoted)")
    }
    if ConfigurationConventions.recurrent.contains(family) {
      throw reader.noShape("has no attention: recurrent \(quoted)")
    }
  }

  /// The family's name, which becomes the shape's architecture.
  private func familyName() throws(ModelFileError) -> String {
    guard let family = reader.family else { throw reader.noShape("has no model_type") }
    let isPlain = family.unicodeScalars.allSatisfy {
      $0.isASCII
        && ($0.properties.isAlphabetic || $0.properties.numericType != nil || "-_.".unicodeScalars.contains($0))
    }
    guard (1...64).contains(family.utf8.count), isPlain else {
      throw reader.bad("model_type", "is \(ModelFileError.quoted(family)), no possible name")
    }
    return family
  }

  private struct CacheLayout {
    let kvHeads: [Int]
    let keyLength: Int
    let valueLength: Int
  }

  private func cacheLayout(
    hidden: Int, heads: Int, layers: Int, kinds: [LayerAttention]?, planned: [Int]?
  ) throws(ModelFileError) -> CacheLayout {
    let kinds = kinds ?? [LayerAttention](repeating: .full, count: layers)
    if let latent = try reader.latentAttention() {
      return CacheLayout(
        kvHeads: kinds.map { $0.keepsTokens ? 1 : 0 }, keyLength: latent.keyValueRank + latent.rotatedLength,
        valueLength: latent.keyValueRank)
    }
    let key = try keyLength(hidden: hidden, heads: heads)
    let value = try reader.int(.valueLength) ?? key
    if let planned {
      guard planned.count == layers else {
        throw reader.bad("block_configs", "has \(planned.count) entries for \(layers) layers")
      }
      return CacheLayout(kvHeads: planned, keyLength: key, valueLength: value)
    }
    let plain = try plainHeads(heads)
    let full = try reader.int(.globalKeyValueHeads) ?? plain
    let sliding = try reader.int(.slidingKeyValueHeads) ?? plain
    for (name, count) in [
      ("num_key_value_heads", plain), ("num_global_key_value_heads", full), ("swa_num_key_value_heads", sliding),
    ] {
      guard count <= heads, heads % count == 0 else {
        throw reader.bad(name, "is \(count), which does not divide the \(heads) heads")
      }
    }
    let shared = try reader.int(.sharedLayers) ?? 0
    let kvHeads = kinds.enumerated().map { index, kind in
      // The last layers may use the keys and values of earlier ones.
      if index >= layers - shared { return 0 }
      return switch kind {
      case .full, .both: full
      case .sliding: sliding
      case .recurrent, .none: 0
      }
    }
    return CacheLayout(kvHeads: kvHeads, keyLength: key, valueLength: value)
  }

  /// Key and value heads of a layer: as stated, one for multi-query models, as many as query heads otherwise.
  private func plainHeads(_ heads: Int) throws(ModelFileError) -> Int {
    if reader.flag("multi_query_attention") == true, let groups = try reader.int(.queryGroups) { return groups }
    if reader.flag("multi_query") == true, reader.flag("new_decoder_architecture") != true { return 1 }
    return try reader.int(.keyValueHeads) ?? heads
  }

  /// The longest head of any layer.
  private func keyLength(hidden: Int, heads: Int) throws(ModelFileError) -> Int {
    let plain: Int
    if let stated = try reader.int(.headLength) {
      plain = stated
    } else {
      guard hidden % heads == 0 else {
        throw reader.bad("num_attention_heads", "is \(heads), which does not divide the hidden size \(hidden)")
      }
      plain = hidden / heads
    }
    return max(plain, try reader.int(.globalHeadLength) ?? 0, try reader.int(.slidingHeadLength) ?? 0)
  }

  /// Widths of the feed-forward part and of an expert.
  private func feedForward(hidden: Int, planned: Int?) throws(ModelFileError) -> (dense: Int, expert: Int?) {
    let stated = try reader.int(.feedForward)
    let separate = try reader.int(.denseFeedForward)
    // Families that name the dense layers' width apart mean the experts' by the plain name.
    let expert = try reader.int(.expertFeedForward) ?? (separate == nil ? nil : stated)
    let family = reader.family ?? ""
    let fourfold = ConfigurationConventions.fourfoldFeedForward.contains(family) ? 4 * hidden : nil
    guard let width = separate ?? stated ?? planned ?? expert ?? fourfold, width > 0 else {
      throw reader.noShape("has no feed-forward width")
    }
    let dense = ConfigurationConventions.doubledFeedForward.contains(family) ? width / 2 : width
    return (dense, expert)
  }
}

extension ModelShape {
  /// The shape of a configuration, with its parameters counted from the headers of all its shards; see
  /// `StoredParameters`, which also says whether packed weights were counted as stored.
  ///
  /// - Throws: what `ModelConfiguration.shape()` throws, and `badTensors` when shards contradict each other.
  public init(configuration: ModelConfiguration, tensors: [SafetensorsHeader]) throws(ModelFileError) {
    self = try configuration.shape()
    parameters = try StoredParameters(of: tensors).count
  }
}
