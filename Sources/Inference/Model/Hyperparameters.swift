import Domain
import Glibc
import ModelFiles

/// The numbers of a model beside its dimensions, as the graph uses them; what the file leaves out has the family's value.
struct Hyperparameters: Sendable {
  /// How tokens are shared out among experts.
  struct Experts: Sendable {
    let count: Int
    /// Experts that one token uses; 1 to `count`.
    let used: Int
    /// Width of one expert.
    let width: Int
    /// Width of the one that every token uses; 0: there is none.
    let sharedWidth: Int
    /// Whether that one has a gate.
    let gatesShared: Bool
    /// Whether the shares of a token's experts add up to 1.
    let normalises: Bool
    /// What shares are multiplied with.
    let scale: Float
  }

  /// How queries grow with their position, so that attention stays sharp over long texts: by `growth` times the
  /// logarithm of one plus the number of whole `length`s before them. Source: the Llama 4 models' temperature tuning.
  struct Temperature: Sendable {
    let growth: Double
    let length: Int

    /// What the query at a position is multiplied with.
    func factor(_ position: Int) -> Float { Float(1 + growth * log(1 + Double(position / length))) }
  }

  /// Added to the mean square in norms.
  let epsilon: Float
  /// What embeddings are multiplied with.
  let embeddingScale: Float
  /// What a part's output is multiplied with before it joins the residual stream.
  let residualScale: Float
  /// What logits are multiplied with.
  let logitScale: Float
  /// Largest size of logits; 0: unlimited.
  let logitCap: Float
  /// What products of queries and keys are multiplied with.
  let attentionScale: Float
  /// Largest size of scores; 0: unlimited.
  let attentionCap: Float
  /// Tokens that each layer looks back on, itself included; 0: all.
  let windows: [Int]
  /// Whether each layer turns queries and keys.
  let turns: [Bool]
  /// nil: queries stay as they are.
  let temperature: Temperature?
  /// nil for dense models.
  let experts: Experts?

  /// Reads the numbers under the architecture's prefix.
  ///
  /// - Throws: `ModelFileError` for a wrong type or value, `InferenceError.unsupported` for a number that the graph would
  ///   leave out.
  init(_ header: GGUFHeader, shape: ModelShape, family: Family) throws {
    let reader = Reader(header: header, prefix: family.name)
    try reader.refuseForeign(family)
    epsilon = try reader.float("attention.layer_norm_rms_epsilon", in: 0...1)
    let scales = 1e-6...Float(1e6)
    let width = Float(shape.embedding).squareRoot()
    embeddingScale = try reader.float("embedding_scale", in: scales, else: family.scalesEmbedding ? width : 1)
    residualScale = try reader.float("residual_scale", in: scales, else: 1)
    logitScale = 1 / (try reader.float("logit_scale", in: scales, else: 1))
    let caps = family.softCaps ?? Family.SoftCaps(attention: 0, output: 0)
    attentionCap = try reader.float("attn_logit_softcapping", in: 0...1e6, else: caps.attention)
    logitCap = try reader.float("final_logit_softcapping", in: 0...1e6, else: caps.output)
    let isScaledByWidth = shape.layers == family.layersScaledByWidth
    let length = isScaledByWidth ? max(1, shape.embedding / shape.heads) : shape.keyLength
    // Old converters write 0 for what they do not know.
    let scale = try reader.float("attention.scale", in: 0...1e6, else: 0)
    attentionScale = scale == 0 ? 1 / Float(length).squareRoot() : scale
    windows = try reader.windows(shape, family)
    turns = (1...shape.layers).map { layer in family.unturnedPeriod.map { layer % $0 != 0 } ?? true }
    let growth = family.hasTemperature ? try reader.float("attention.temperature_scale", in: 0...100, else: 0) : 0
    temperature =
      growth == 0 ? nil : Temperature(growth: Double(growth), length: try reader.originalContext(shape))
    experts = try reader.experts(shape, family)
  }
}

/// Reads numbers with their ranges.
private struct Reader {
  let header: GGUFHeader
  let prefix: String

  func float(_ key: String, in range: ClosedRange<Float>, else missing: Float? = nil) throws -> Float {
    let key = "\(prefix).\(key)"
    if let missing, header[key] == nil { return missing }
    let value = try header.float(key)
    guard range.contains(value) else {
      throw ModelFileError(.badMetadata, file: header.name, "the key '\(key)' is \(value), which cannot be")
    }
    return value
  }

  /// The context that the model was first trained for.
  func originalContext(_ shape: ModelShape) throws -> Int {
    let key = "\(prefix).rope.scaling.original_context_length"
    let length = try header.ifPresent(key, header.int) ?? shape.contextLength
    guard length > 0 else { throw ModelFileError(.badMetadata, file: header.name, "the key '\(key)' is \(length)") }
    return length
  }

  func windows(_ shape: ModelShape, _ family: Family) throws -> [Int] {
    let key = "\(prefix).attention.sliding_window"
    let none = [Int](repeating: 0, count: shape.layers)
    guard let stated = try header.ifPresent(key, header.int) ?? shape.attention?.window, stated > 0 else { return none }
    if case .array(let list)? = header[key + "_pattern"], let slides = list.bools() ?? list.ints()?.map({ $0 != 0 }) {
      guard slides.count == shape.layers else {
        throw ModelFileError(.badMetadata, file: header.name, "the key '\(key)_pattern' does not fit the layers")
      }
      return slides.map { $0 ? stated : 0 }
    }
    switch family.window {
    case .listed: throw InferenceError.unsupported("a window of attention without its layers", file: header.name)
    case .everyLayer: return none.map { _ in stated }
    case .pattern: return shape.attention?.layers.map { $0 == .sliding ? stated : 0 } ?? none
    }
  }

  func experts(_ shape: ModelShape, _ family: Family) throws -> Hyperparameters.Experts? {
    guard shape.experts > 0 else { return nil }
    guard let kind = family.experts else {
      throw InferenceError.unsupported("\(shape.experts) experts in \(prefix)", file: header.name)
    }
    guard (1...shape.experts).contains(shape.expertsUsed) else {
      throw ModelFileError(
        .badMetadata, file: header.name, "uses \(shape.expertsUsed) of \(shape.experts) experts")
    }
    let shared =
      switch kind.shared {
      case .none: 0
      case .gated: shape.sharedFeedForward ?? shape.feedForward
      case .stated: shape.sharedFeedForward ?? 0
      }
    let weightsKey = "\(prefix).expert_weights_norm"
    let scale = try float("expert_weights_scale", in: 0...1e6, else: 1)
    return Hyperparameters.Experts(
      count: shape.experts, used: shape.expertsUsed, width: shape.expertFeedForward ?? shape.feedForward,
      sharedWidth: shared, gatesShared: kind.shared == .gated,
      normalises: try header.ifPresent(weightsKey, header.bool) ?? kind.normalises,
      scale: scale == 0 ? 1 : scale)
  }

  /// Numbers of other families, which would change the arithmetic: better none than nonsense.
  func refuseForeign(_ family: Family) throws {
    var neutral: [String: Set<Double>] = [
      "attention.causal": [1], "attention.clamp_kqv": [0], "attention.max_alibi_bias": [0],
      "attention.temperature_length": [0], "attention.temperature_scale": [0], "attention.shared_kv_layers": [0],
      "attention.key_length_swa": [], "attention.value_length_swa": [], "attention.key_length_mla": [0],
      "expert_gating_func": [0, 1], "expert_group_count": [0, 1], "expert_shared_count": [0],
      "leading_dense_block_count": [0], "moe_every_n_layers": [0, 1], "nextn_predict_layers": [0],
      "n_deepstack_layers": [0], "swiglu_clamp_exp": [0], "use_parallel_residual": [0],
    ]
    if !family.hasScales {
      for key in ["residual_scale", "logit_scale"] { neutral[key] = [0, 1] }
      neutral["embedding_scale"] = [1]
    } else {
      neutral["rope.scaling.finetuned"] = [1]  // here 0 means: nothing turns
    }
    if family.hasTemperature { neutral["attention.temperature_scale"] = nil }
    if family.softCaps == nil {
      for key in ["attn_logit_softcapping", "final_logit_softcapping"] { neutral[key] = [0] }
    }
    if family.experts.map({ $0.shared == .none }) ?? true { neutral["expert_shared_feed_forward_length"] = [0] }
    for (key, values) in neutral.sorted(by: { $0.key < $1.key }) {
      let key = "\(prefix).\(key)"
      guard let value = header[key] else { continue }
      let number: Double? =
        switch value {
        case .bool(let flag): flag ? 1 : 0
        default: value.int.map { Double($0) } ?? value.float.map { Double($0) }
        }
      guard let number, values.contains(number) else {
        throw InferenceError.unsupported("the key '\(key)'", file: header.name)
      }
    }
  }
}
