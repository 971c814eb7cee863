import Domain
import JSONText

extension ModelConfiguration {
  /// The metadata that a GGUF file of this model would have, without its tokenizer.
  ///
  /// The keys are those of PyPI's `gguf` (`constants.py`); what is not stated and has a fixed meaning in the family is
  /// filled in. A family that we do not translate keeps its own name, so that whoever reads the result refuses it.
  ///
  /// - Throws: what `shape()` throws, and `badMetadata` for numbers that cannot be.
  public func ggufMetadata() throws(ModelFileError) -> [GGUFHeader.Entry] {
    let shape = try shape()
    let family = family
    let architecture = family?.architecture ?? shape.architecture
    var list = MetadataList(prefix: architecture)
    list.set("general.architecture", .string(architecture))
    list.count("vocab_size", shape.vocabulary)
    list.count("block_count", shape.layers)
    list.count("context_length", shape.contextLength)
    list.count("embedding_length", shape.embedding)
    list.count("feed_forward_length", shape.feedForward)
    list.count("attention.head_count", shape.heads)
    if let first = shape.kvHeads.first, shape.kvHeads.allSatisfy({ $0 == first }) {
      list.count("attention.head_count_kv", first)
    } else {
      list.add("attention.head_count_kv", .array(GGUFArray(int32s: shape.kvHeads.map(Int32.init))))
    }
    list.count("attention.key_length", shape.keyLength)
    list.count("attention.value_length", shape.valueLength)
    list.add("attention.layer_norm_rms_epsilon", .float32(try epsilon(family)))
    try addRotation(shape, family, to: &list)
    try addWindow(shape, to: &list)
    try addExperts(shape, to: &list)
    try addScales(shape, family, to: &list)
    return list.entries
  }

  private func epsilon(_ family: TransformersFamily?) throws(ModelFileError) -> Float {
    guard let value = try reader.number("rms_norm_eps") ?? family?.epsilon else {
      throw reader.bad("rms_norm_eps", "is missing")
    }
    guard value >= 0, value < 1 else { throw reader.bad("rms_norm_eps", "is \(value), which cannot be") }
    return Float(value)
  }

  /// The window of sliding attention, and which layers have it.
  private func addWindow(_ shape: ModelShape, to list: inout MetadataList) throws(ModelFileError) {
    guard let window = shape.slidingWindow else { return }
    list.count("attention.sliding_window", window)
    if let plan = shape.attention, plan.layers.contains(.sliding) {
      list.add("attention.sliding_window_pattern", .array(GGUFArray(bools: plan.layers.map { $0 == .sliding })))
    } else if family?.hasUpperWindows == true {
      // Where no layers are listed, those from this one on slide.
      let first = try reader.number("max_window_layers") ?? 28
      list.add(
        "attention.sliding_window_pattern", .array(GGUFArray(bools: (0..<shape.layers).map { Double($0) >= first })))
    }
  }

  private func addExperts(_ shape: ModelShape, to list: inout MetadataList) throws(ModelFileError) {
    guard shape.experts > 0 else { return }
    list.count("expert_count", shape.experts)
    list.count("expert_used_count", shape.expertsUsed)
    if let width = shape.expertFeedForward { list.count("expert_feed_forward_length", width) }
    if let width = try reader.int(.sharedExpertWidth) { list.count("expert_shared_feed_forward_length", width) }
    if let norm = reader.flag("norm_topk_prob") { list.add("expert_weights_norm", .bool(norm)) }
  }

  /// Factors and limits that single families put between their layers' parts.
  private func addScales(
    _ shape: ModelShape, _ family: TransformersFamily?, to list: inout MetadataList
  ) throws(ModelFileError) {
    for (name, key) in [
      ("attention_multiplier", "attention.scale"), ("embedding_multiplier", "embedding_scale"),
      ("residual_multiplier", "residual_scale"), ("logits_scaling", "logit_scale"),
      ("attn_logit_softcapping", "attn_logit_softcapping"), ("final_logit_softcapping", "final_logit_softcapping"),
    ] {
      guard let value = try reader.number(name) else { continue }
      guard value > 0 else { throw reader.bad(name, "is \(value), which cannot be") }
      list.add(key, .float32(Float(value)))
    }
    if family?.scalesByQueryScalar == true, let scalar = try reader.number("query_pre_attn_scalar") {
      guard scalar > 0 else { throw reader.bad("query_pre_attn_scalar", "is \(scalar), which cannot be") }
      list.add("attention.scale", .float32(Float(1 / scalar.squareRoot())))
    }
  }
}

/// Keys under an architecture's prefix.
struct MetadataList {
  let prefix: String
  private(set) var entries: [GGUFHeader.Entry] = []

  init(prefix: String) { self.prefix = prefix }

  /// A key as it stands.
  mutating func set(_ key: String, _ value: GGUFValue) { entries.append(.init(key: key, value: value)) }

  /// A key of the architecture.
  mutating func add(_ key: String, _ value: GGUFValue) { set("\(prefix).\(key)", value) }

  /// A number of the architecture; the shape keeps it below 2^31.
  mutating func count(_ key: String, _ value: Int) { add(key, .uint32(UInt32(clamping: value))) }
}

extension ConfigurationReader {
  /// A finite number; nil when it is not stated, or stated as null.
  ///
  /// - Throws: `badMetadata` for anything else.
  func number(_ name: String) throws(ModelFileError) -> Double? { try number(name, in: text) }

  /// A finite number of a nested object where that states it, else of the language model's part.
  func number(_ name: String, orOf object: JSONObject?) throws(ModelFileError) -> Double? {
    if let object, let value = try number(name, in: object) { return value }
    return try number(name)
  }

  /// A finite number of a nested object.
  func number(_ name: String, in object: JSONObject) throws(ModelFileError) -> Double? {
    guard let value = object[name], value != .null else { return nil }
    guard let number = value.double, number.isFinite else { throw bad(name, "must be a number") }
    return number
  }
}
