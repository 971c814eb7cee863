import Domain

/// The weights of a llama, in place in the mapped files; norms are decoded to floats.
struct LlamaWeights: Sendable {
  /// One repeating layer. Matrices are [output, input].
  struct Layer: Sendable {
    let attentionNorm: [Float]  // [embedding]
    let query: Matrix  // [heads * keyLength, embedding]
    let key: Matrix  // [kvHeads * keyLength, embedding]
    let value: Matrix  // [kvHeads * valueLength, embedding]
    let attentionOutput: Matrix  // [embedding, heads * valueLength]
    let feedForwardNorm: [Float]  // [embedding]
    let gate: Matrix  // [feedForward, embedding]
    let up: Matrix  // [feedForward, embedding]
    let down: Matrix  // [embedding, feedForward]
  }

  let embedding: Matrix  // [vocabulary, embedding]
  let layers: [Layer]
  let outputNorm: [Float]  // [embedding]
  /// The embedding itself when the two are tied.
  let output: Matrix  // [vocabulary, embedding]
  /// What the rotation frequencies are divided by, one a pair; nil without such a tensor.
  let frequencyFactors: [Float]?

  /// Collects the tensors of a model whose shape has been checked against them.
  ///
  /// - Throws: `InferenceError.unsupported` for a tensor type or a tensor that this graph does not have.
  init(_ source: some WeightSource, shape: ModelShape) throws {
    try Self.refuseUnknown(source, layers: shape.layers)
    embedding = try source.matrix("token_embd.weight")
    outputNorm = try source.floats("output_norm.weight")
    output = source.has("output.weight") ? try source.matrix("output.weight") : embedding
    let factors = ["rope_freqs.weight", "blk.0.rope_freqs.weight"].first(where: source.has)
    frequencyFactors = try factors.map { try source.floats($0) }
    layers = try (0..<shape.layers).map { layer in
      func name(_ part: String) -> String { "blk.\(layer).\(part).weight" }
      return Layer(
        attentionNorm: try source.floats(name("attn_norm")), query: try source.matrix(name("attn_q")),
        key: try source.matrix(name("attn_k")), value: try source.matrix(name("attn_v")),
        attentionOutput: try source.matrix(name("attn_output")),
        feedForwardNorm: try source.floats(name("ffn_norm")), gate: try source.matrix(name("ffn_gate")),
        up: try source.matrix(name("ffn_up")), down: try source.matrix(name("ffn_down")))
    }
  }

  /// A tensor that the graph would leave out (a bias, say) means a different model: better none than nonsense.
  private static func refuseUnknown(_ source: some WeightSource, layers: Int) throws {
    let parts = [
      "attn_norm", "attn_q", "attn_k", "attn_v", "attn_output", "ffn_norm", "ffn_gate", "ffn_up",
    ]
    var known: Set<String> = [
      "token_embd.weight", "output_norm.weight", "output.weight", "rope_freqs.weight",
    ]
    for layer in 0..<layers {
      for part in parts + ["ffn_down", "rope_freqs", "attn_rot_embd"] {
        known.insert("blk.\(layer).\(part).weight")
      }
      known.insert("blk.\(layer).attn_rot_embd")
    }
    for tensor in source.tensorNames where !known.contains(tensor) {
      throw InferenceError.unsupported("tensor \(tensor.prefix(80).debugDescription)", file: source.name)
    }
  }
}
