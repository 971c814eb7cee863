import Domain

/// A matrix and what is added to its products.
struct Projection: Sendable {
  let matrix: Matrix
  let bias: [Float]?

  /// Some rows of it.
  func rows(_ range: Range<Int>) -> Projection {
    Projection(matrix: matrix.slice(range), bias: bias.map { Array($0[range]) })
  }
}

/// The weights of a decoder of the llama kind, in place where their source has them; norms are decoded to floats.
struct LlamaWeights: Sendable {
  /// Attention of one layer. Matrices are [output, input].
  struct Attention: Sendable {
    let norm: [Float]?  // [embedding]
    let query: Projection  // [heads * keyLength, embedding]
    let key: Projection  // [kvHeads * keyLength, embedding]
    let value: Projection  // [kvHeads * valueLength, embedding]
    let queryNorm: [Float]?  // [keyLength], or [heads * keyLength]
    let keyNorm: [Float]?  // [keyLength], or [kvHeads * keyLength]
    let output: Projection  // [embedding, heads * valueLength]
    let postNorm: [Float]?  // [embedding]
  }

  /// A gated feed-forward network.
  struct Network: Sendable {
    let gate: Projection  // [width, embedding]
    let up: Projection  // [width, embedding]
    let down: Projection  // [embedding, width]
  }

  /// Networks of which each token uses some.
  struct Mixture: Sendable {
    let router: Matrix  // [experts, embedding]
    let experts: [Network]
    /// One that every token uses; nil without one.
    let shared: Network?
    /// The direction that says how much it counts; nil: fully.
    let sharedGate: [Float]?  // [embedding]
  }

  /// The feed-forward part of one layer.
  struct FeedForward: Sendable {
    enum Kind: Sendable {
      case dense(Network)
      case mixture(Mixture)
    }

    let norm: [Float]?  // [embedding]
    let kind: Kind
    let postNorm: [Float]?  // [embedding]
  }

  /// One repeating layer.
  struct Layer: Sendable {
    let attention: Attention
    let feedForward: FeedForward
  }

  let embedding: Matrix  // [vocabulary, embedding]
  let layers: [Layer]
  let outputNorm: [Float]  // [embedding]
  /// The embedding itself when the two are tied.
  let output: Projection  // [vocabulary, embedding]
  /// What the rotation frequencies are divided by.
  let ropeFactors: Rotation.Factors
}

extension LlamaWeights {
  /// Collects the tensors of a model, each with the dimensions that follow from the shape.
  ///
  /// - Throws: `ModelFileError` of kind `badTensors`, `InferenceError.unsupported` for a tensor type or a tensor that the
  ///   graph does not have.
  init(_ source: some WeightSource, shape: ModelShape, family: Family, experts: Hyperparameters.Experts?) throws {
    var tensors = TensorCollector(source)
    let width = shape.embedding
    embedding = try tensors.matrix("token_embd.weight", rows: shape.vocabulary, columns: width)
    outputNorm = try tensors.vector("output_norm.weight", count: width)
    output =
      source.has("output.weight")
      ? try tensors.projection("output", rows: shape.vocabulary, columns: width)
      : Projection(matrix: embedding, bias: try tensors.optionalVector("output.bias", count: shape.vocabulary))
    layers = try (0..<shape.layers).map { layer in
      Layer(
        attention: try Self.attention("blk.\(layer)", shape, shape.kvHeads[layer], family, &tensors),
        feedForward: try Self.feedForward("blk.\(layer)", shape, family, experts, &tensors))
    }
    ropeFactors = try Self.ropeFactors(&tensors)
    try tensors.refuseRest()
  }

  private static func attention(
    _ block: String, _ shape: ModelShape, _ kvHeads: Int, _ family: Family, _ tensors: inout TensorCollector
  ) throws -> Attention {
    let width = shape.embedding
    let (queries, keys) = (shape.heads * shape.keyLength, kvHeads * shape.keyLength)
    let values = kvHeads * shape.valueLength
    guard kvHeads > 0, shape.heads % kvHeads == 0 else {
      throw InferenceError.unsupported("\(kvHeads) key heads for \(shape.heads) query heads", file: tensors.source.name)
    }
    let (query, key, value): (Projection, Projection, Projection)
    if tensors.source.has("\(block).attn_qkv.weight")
      || (family.isFused && !tensors.source.has("\(block).attn_q.weight"))
    {
      let all = try tensors.projection(
        "\(block).attn_qkv", rows: queries + keys + values, columns: width, needsBias: family.needsBias)
      query = all.rows(0..<queries)
      key = all.rows(queries..<queries + keys)
      value = all.rows(queries + keys..<queries + keys + values)
    } else {
      let bias = family.needsBias
      query = try tensors.projection("\(block).attn_q", rows: queries, columns: width, needsBias: bias)
      key = try tensors.projection("\(block).attn_k", rows: keys, columns: width, needsBias: bias)
      value = try tensors.projection("\(block).attn_v", rows: values, columns: width, needsBias: bias)
    }
    let lengths: (query: Int, key: Int)? =
      switch family.headNorms {
      case .none: nil
      case .eachHead: (shape.keyLength, shape.keyLength)
      case .allHeads: (queries, keys)
      }
    return Attention(
      norm: try norm("\(block).attn_norm", family.norms != .after, width, &tensors), query: query, key: key,
      value: value,
      queryNorm: try lengths.map { try tensors.vector("\(block).attn_q_norm.weight", count: $0.query) },
      keyNorm: try lengths.map { try tensors.vector("\(block).attn_k_norm.weight", count: $0.key) },
      output: try tensors.projection(
        "\(block).attn_output", rows: width, columns: shape.heads * shape.valueLength),
      postNorm: try norm("\(block).post_attention_norm", family.norms != .before, width, &tensors))
  }

  private static func norm(
    _ name: String, _ isThere: Bool, _ width: Int, _ tensors: inout TensorCollector
  ) throws -> [Float]? {
    isThere ? try tensors.vector(name + ".weight", count: width) : nil
  }

  private static func feedForward(
    _ block: String, _ shape: ModelShape, _ family: Family, _ experts: Hyperparameters.Experts?,
    _ tensors: inout TensorCollector
  ) throws -> FeedForward {
    FeedForward(
      norm: try norm("\(block).ffn_norm", family.norms != .after, shape.embedding, &tensors),
      kind: try experts.map { .mixture(try mixture(block, shape, $0, &tensors)) }
        ?? .dense(try network(block, shape, family, &tensors)),
      postNorm: try norm("\(block).post_ffw_norm", family.norms != .before, shape.embedding, &tensors))
  }

  private static func network(
    _ block: String, _ shape: ModelShape, _ family: Family, _ tensors: inout TensorCollector
  ) throws -> Network {
    let (width, inner) = (shape.embedding, shape.feedForward)
    let down = try tensors.projection("\(block).ffn_down", rows: width, columns: inner)
    if family.isFused, !tensors.source.has("\(block).ffn_gate.weight") {
      let both = try tensors.projection("\(block).ffn_up", rows: 2 * inner, columns: width)
      return Network(gate: both.rows(0..<inner), up: both.rows(inner..<2 * inner), down: down)
    }
    return Network(
      gate: try tensors.projection("\(block).ffn_gate", rows: inner, columns: width),
      up: try tensors.projection("\(block).ffn_up", rows: inner, columns: width), down: down)
  }

  /// Experts in one tensor for all, or, in files of early 2024, in one each.
  private static func mixture(
    _ block: String, _ shape: ModelShape, _ experts: Hyperparameters.Experts, _ tensors: inout TensorCollector
  ) throws -> Mixture {
    let width = shape.embedding
    func all(_ part: String, _ rows: Int, _ columns: Int, _ tensors: inout TensorCollector) throws -> [Projection] {
      if tensors.source.has("\(block).\(part).0.weight") {
        return try (0..<experts.count).map {
          try tensors.projection("\(block).\(part).\($0)", rows: rows, columns: columns)
        }
      }
      let stack = try tensors.matrix("\(block).\(part)_exps.weight", rows: experts.count * rows, columns: columns)
      return (0..<experts.count).map {
        Projection(matrix: stack.slice($0 * rows..<($0 + 1) * rows), bias: nil)
      }
    }
    let gates = try all("ffn_gate", experts.width, width, &tensors)
    let ups = try all("ffn_up", experts.width, width, &tensors)
    let downs = try all("ffn_down", width, experts.width, &tensors)
    var shared: Network?
    if experts.sharedWidth > 0 {
      let inner = experts.sharedWidth
      shared = Network(
        gate: try tensors.projection("\(block).ffn_gate_shexp", rows: inner, columns: width),
        up: try tensors.projection("\(block).ffn_up_shexp", rows: inner, columns: width),
        down: try tensors.projection("\(block).ffn_down_shexp", rows: width, columns: inner))
    }
    return Mixture(
      router: try tensors.matrix("\(block).ffn_gate_inp.weight", rows: experts.count, columns: width),
      experts: gates.indices.map { Network(gate: gates[$0], up: ups[$0], down: downs[$0]) }, shared: shared,
      sharedGate: experts.gatesShared
        ? try tensors.vector("\(block).ffn_gate_inp_shexp.weight", count: width) : nil)
  }

  /// Factors are checked by the rotation, which knows how many pairs turn.
  private static func ropeFactors(_ tensors: inout TensorCollector) throws -> Rotation.Factors {
    func vector(_ name: String, _ tensors: inout TensorCollector) throws -> [Float]? {
      let names = [name, "blk.0." + name].filter(tensors.source.has)
      return try names.first.map { try tensors.factors($0) }
    }
    if let always = try vector("rope_freqs.weight", &tensors) { return .always(always) }
    let short = try vector("rope_factors_short.weight", &tensors)
    let long = try vector("rope_factors_long.weight", &tensors)
    switch (short, long) {
    case (nil, nil): return .none
    case (let short?, let long?): return .byContext(short: short, long: long)
    default:
      throw InferenceError.unsupported("rope factors for one kind of context only", file: tensors.source.name)
    }
  }
}
