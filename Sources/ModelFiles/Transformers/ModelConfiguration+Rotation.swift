import Domain
import Glibc
import JSONText

extension ModelConfiguration {
  /// Adds how fast heads turn with the position, and how that was stretched.
  ///
  /// Formats: `rope_theta` and `rope_scaling`, or, since version 5 of transformers, both in `rope_parameters`, there
  /// perhaps once for each kind of layers (`modeling_rope_utils.py`).
  func addRotation(
    _ shape: ModelShape, _ family: TransformersFamily?, to list: inout MetadataList
  ) throws(ModelFileError) {
    let scaling = rotation
    let share = try reader.number("partial_rotary_factor", orOf: scaling) ?? 1
    guard share > 0, share <= 1 else { throw reader.bad("partial_rotary_factor", "is \(share), which cannot be") }
    list.count("rope.dimension_count", Int(Double(shape.keyLength) * share))
    let stated = try reader.number("rope_theta", orOf: scaling)
    list.add("rope.freq_base", .float32(try base(stated ?? family?.rotationBase ?? 10_000)))
    let local = rotation(of: "sliding_attention")
    let localBase =
      local == nil ? try reader.number("rope_local_base_freq") : try reader.number("rope_theta", orOf: local)
    if let localBase { list.add("rope.freq_base_swa", .float32(try base(localBase))) }
    guard let scaling, let kind = scalingKind(scaling) else { return }
    try addScaling(scaling, kind, shape, to: &list)
  }

  private func base(_ value: Double) throws(ModelFileError) -> Float {
    guard value > 0, Float(value).isFinite else { throw reader.bad("rope_theta", "is \(value), which cannot be") }
    return Float(value)
  }

  private func addScaling(
    _ scaling: JSONObject, _ kind: String, _ shape: ModelShape, to list: inout MetadataList
  ) throws(ModelFileError) {
    let original = try reader.number("original_max_position_embeddings", orOf: scaling)
    if let original {
      guard (2...Double(1 << 26)).contains(original) else {
        throw reader.bad("original_max_position_embeddings", "is \(original), which cannot be")
      }
    }
    let factor = try reader.number("factor", in: scaling)
    if let factor, factor <= 0 { throw reader.bad("factor", "of 'rope_scaling' is \(factor), which cannot be") }
    switch kind {
    case "llama3": return  // told as a tensor of factors, see `rotationFactors`
    case "longrope", "su":
      list.add("rope.scaling.type", .string("longrope"))
      guard let original else { throw reader.bad("original_max_position_embeddings", "is missing") }
      list.count("rope.scaling.original_context_length", Int(original))
      let stretch = try stretch(original, factor)
      let attention = try reader.number("attention_factor", in: scaling)
      // Source: `_compute_longrope_parameters`.
      let unstated = stretch > 1 ? (1 + log(stretch) / log(original)).squareRoot() : 1
      list.add("rope.scaling.attn_factor", .float32(Float(attention ?? unstated)))
    default:
      list.add("rope.scaling.type", .string(kind))
      guard let factor else { throw reader.bad("rope_scaling", "has no factor") }
      list.add("rope.scaling.factor", .float32(Float(factor)))
      let context = try reader.int(.context)
      list.count("rope.scaling.original_context_length", original.map { Int($0) } ?? context ?? shape.contextLength)
      guard kind == "yarn" else { return }
      guard scaling["truncate"]?.bool ?? true else {
        throw reader.bad("truncate", "of 'rope_scaling' is false, which engines do not have")
      }
      for name in ["beta_fast", "beta_slow"] {
        guard let value = try reader.number(name, in: scaling) else { continue }
        list.add("rope.scaling.yarn_\(name)", .float32(Float(value)))
      }
      list.add("rope.scaling.attn_factor", .float32(Float(try yarnAttention(scaling, factor))))
    }
  }

  /// How many times longer than the original context the model's is; `factor` where the original is all there is.
  private func stretch(_ original: Double, _ factor: Double?) throws(ModelFileError) -> Double {
    if let context = try reader.int(.context), reader.text["original_max_position_embeddings"] != nil {
      return Double(context) / original
    }
    if let factor { return factor }
    return Double(try reader.int(.context) ?? 1) / original
  }

  /// By what YaRN multiplies cosine and sine beside 0.1 · ln(factor) + 1, which engines compute themselves.
  ///
  /// Source: `_compute_yarn_parameters`; DeepSeek's two scales are the quotient of the same formula.
  private func yarnAttention(_ scaling: JSONObject, _ factor: Double) throws(ModelFileError) -> Double {
    func scale(_ weight: Double) -> Double { factor > 1 ? 0.1 * weight * log(factor) + 1 : 1 }
    if let stated = try reader.number("attention_factor", in: scaling) { return stated / scale(1) }
    if let first = try reader.number("mscale", in: scaling), first != 0,
      let all = try reader.number("mscale_all_dim", in: scaling), all != 0
    {
      return scale(first) / scale(all) / scale(1)
    }
    return 1
  }

  /// By what the frequencies are divided, one a pair, as the tensors that GGUF has for it: `rope_freqs.weight` for Llama
  /// 3.1's scaling, `rope_factors_long.weight` and `rope_factors_short.weight` for LongRoPE; none for other kinds.
  ///
  /// Source: `_compute_llama3_parameters` of transformers.
  ///
  /// - Parameter shape: the model's dimensions.
  /// - Throws: `badMetadata` for numbers that cannot be.
  public func rotationFactors(_ shape: ModelShape) throws(ModelFileError) -> [(name: String, factors: [Float])] {
    guard let scaling = rotation, let kind = scalingKind(scaling) else { return [] }
    switch kind {
    case "llama3": return [("rope_freqs.weight", try llama3Factors(scaling, shape))]
    case "longrope", "su":
      return [
        ("rope_factors_long.weight", try factors("long_factor", scaling)),
        ("rope_factors_short.weight", try factors("short_factor", scaling)),
      ]
    default: return []
    }
  }

  private func llama3Factors(_ scaling: JSONObject, _ shape: ModelShape) throws(ModelFileError) -> [Float] {
    let factor = try reader.number("factor", in: scaling) ?? 8
    let low = try reader.number("low_freq_factor", in: scaling) ?? 1
    let high = try reader.number("high_freq_factor", in: scaling) ?? 4
    let original = try reader.number("original_max_position_embeddings", in: scaling) ?? 8192
    let theta = try reader.number("rope_theta", orOf: scaling) ?? 10_000
    guard factor > 0, low > 0, high > low, original > 0, theta > 0 else {
      throw reader.bad("rope_scaling", "has factors that no Llama 3 has")
    }
    return stride(from: 0, to: shape.keyLength, by: 2).map { index in
      let wavelength = 2 * Double.pi * pow(theta, Double(index) / Double(shape.keyLength))
      if wavelength < original / high { return 1 }
      if wavelength > original / low { return Float(factor) }
      let smooth = (original / wavelength - low) / (high - low)
      return Float(1 / ((1 - smooth) / factor + smooth))
    }
  }

  private func factors(_ name: String, _ scaling: JSONObject) throws(ModelFileError) -> [Float] {
    guard let items = scaling[name]?.array, items.count <= 1 << 13 else {
      throw reader.bad(name, "of 'rope_scaling' must be a list of numbers")
    }
    return try items.map { item throws(ModelFileError) in
      guard let value = item.double, value > 0, Float(value).isFinite else {
        throw reader.bad(name, "of 'rope_scaling' holds something else than positive numbers")
      }
      return Float(value)
    }
  }

  /// The parameters of the layers that attend to everything.
  private var rotation: JSONObject? { rotation(of: "full_attention") }

  private func rotation(of layers: String) -> JSONObject? {
    guard let object = (reader.text["rope_parameters"] ?? reader.text["rope_scaling"])?.object else { return nil }
    if let part = object[layers]?.object { return part }
    return layers == "full_attention" && object["sliding_attention"] == nil ? object : nil
  }

  /// The kind of scaling; nil for none.
  private func scalingKind(_ scaling: JSONObject) -> String? {
    let kind = (scaling["rope_type"] ?? scaling["type"])?.string ?? "default"
    return kind == "default" ? nil : kind
  }
}
