import Domain

/// The tensors of the llama family, and the dimensions that the hyperparameters give them.
enum LlamaTensors {
  /// Architectures whose layers consist of these tensors.
  static let architectures: Set<String> = ["llama", "qwen2", "qwen3"]

  /// Compares every tensor of a model with its shape; dimensions are row length first.
  ///
  /// - Throws: `badTensors` or `badMetadata`, at the first contradiction.
  static func check(_ shape: ModelShape, tensors: TensorSet) throws(ModelFileError) {
    let width = shape.embedding
    try tensors.check("token_embd.weight", [width, shape.vocabulary])
    try tensors.check("output_norm.weight", [width])
    try tensors.check("output.weight", [width, shape.vocabulary], required: false)
    for layer in 0..<shape.layers {
      let block = "blk.\(layer)"
      let kvHeads = shape.kvHeads[layer]
      guard kvHeads > 0, shape.heads % kvHeads == 0 else {
        throw ModelFileError(
          .badMetadata, file: tensors.file,
          "layer \(layer) has \(kvHeads) key heads, which do not divide \(shape.heads) query heads")
      }
      try tensors.check("\(block).attn_norm.weight", [width])
      try tensors.check("\(block).attn_q.weight", [width, shape.heads * shape.keyLength])
      try tensors.check("\(block).attn_k.weight", [width, kvHeads * shape.keyLength])
      try tensors.check("\(block).attn_v.weight", [width, kvHeads * shape.valueLength])
      try tensors.check("\(block).attn_output.weight", [shape.heads * shape.valueLength, width])
      try tensors.check("\(block).ffn_norm.weight", [width])
      if shape.experts == 0 {
        try tensors.check("\(block).ffn_gate.weight", [width, shape.feedForward])
        try tensors.check("\(block).ffn_up.weight", [width, shape.feedForward])
        try tensors.check("\(block).ffn_down.weight", [shape.feedForward, width])
      } else {
        try checkExperts(shape, block: block, tensors: tensors)
      }
    }
  }

  /// A mixture layer: one tensor for all experts, or, in files of early 2024, one tensor an expert.
  private static func checkExperts(
    _ shape: ModelShape, block: String, tensors: TensorSet
  ) throws(ModelFileError) {
    let (width, inner) = (shape.embedding, shape.expertFeedForward ?? shape.feedForward)
    guard (1...shape.experts).contains(shape.expertsUsed) else {
      throw ModelFileError(
        .badMetadata, file: tensors.file, "uses \(shape.expertsUsed) of \(shape.experts) experts")
    }
    try tensors.check("\(block).ffn_gate_inp.weight", [width, shape.experts])
    if tensors["\(block).ffn_gate.0.weight"] != nil {
      for expert in 0..<shape.experts {
        try tensors.check("\(block).ffn_gate.\(expert).weight", [width, inner])
        try tensors.check("\(block).ffn_up.\(expert).weight", [width, inner])
        try tensors.check("\(block).ffn_down.\(expert).weight", [inner, width])
      }
    } else {
      try tensors.check("\(block).ffn_gate_exps.weight", [width, inner, shape.experts])
      try tensors.check("\(block).ffn_up_exps.weight", [width, inner, shape.experts])
      try tensors.check("\(block).ffn_down_exps.weight", [inner, width, shape.experts])
    }
  }
}
