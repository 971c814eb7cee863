import ModelFiles

/// A model of one layer with zeros for weights: a complete GGUF of a few kilobytes.
enum TinyModel {
  /// - Parameter architecture: `llama`, or another one with the same tensors.
  /// - Throws: never for these dimensions.
  static func writer(architecture: String) throws(ModelFileError) -> GGUFWriter {
    let (embedding, feedForward, vocabulary): (Int64, Int64, Int64) = (32, 64, 64)
    var writer = GGUFWriter()
    writer.set("general.architecture", .string(architecture))
    writer.set("\(architecture).block_count", .uint32(1))
    writer.set("\(architecture).context_length", .uint32(128))
    writer.set("\(architecture).embedding_length", .uint32(UInt32(embedding)))
    writer.set("\(architecture).feed_forward_length", .uint32(UInt32(feedForward)))
    writer.set("\(architecture).attention.head_count", .uint32(4))
    writer.set("\(architecture).attention.head_count_kv", .uint32(2))
    writer.set("\(architecture).attention.layer_norm_rms_epsilon", .float32(1e-5))
    writer.set("tokenizer.ggml.model", .string("llama"))
    writer.set(
      "tokenizer.ggml.tokens", .array(GGUFArray(strings: (0..<vocabulary).map { "<token \($0)>" })))
    func tensor(_ name: String, _ dimensions: [Int64]) throws(ModelFileError) {
      try writer.add(name, type: .f32, dimensions: dimensions, data: nil)
    }
    try tensor("token_embd.weight", [embedding, vocabulary])
    try tensor("output_norm.weight", [embedding])
    try tensor("blk.0.attn_norm.weight", [embedding])
    try tensor("blk.0.attn_q.weight", [embedding, embedding])
    try tensor("blk.0.attn_k.weight", [embedding, embedding / 2])
    try tensor("blk.0.attn_v.weight", [embedding, embedding / 2])
    try tensor("blk.0.attn_output.weight", [embedding, embedding])
    try tensor("blk.0.ffn_norm.weight", [embedding])
    try tensor("blk.0.ffn_gate.weight", [embedding, feedForward])
    try tensor("blk.0.ffn_up.weight", [embedding, feedForward])
    try tensor("blk.0.ffn_down.weight", [feedForward, embedding])
    return writer
  }
}
