import Domain
import ModelFiles

/// A GGUF in the shape of Llama 2 13B, whose weights are a hole in the file.
enum BigModel {
  static let fileName = "llama-13b.Q8_0.gguf"

  /// SHA-256 of the whole file, zeros included. Hashing 13.8 GB of zeros takes longer than the rest of the demo, so
  /// that it was done once; a test holds the header against `headerSHA256`.
  static let sha256 = "ef1b94e61a61517a86f467745c3823c592f60587f15e6a63ba7fde397e8b8959"
  static let headerSHA256 = "b8c276b8c54981d9016b679b42eabbed76f5681e19544fe986ee78157f3ad123"

  private static let layers = 40
  private static let embedding: Int64 = 5120
  private static let feedForward: Int64 = 13824
  private static let vocabulary: Int64 = 32000

  /// - Throws: never for these dimensions.
  static func writer() throws(ModelFileError) -> GGUFWriter {
    var writer = GGUFWriter()
    writer.set("general.architecture", .string("llama"))
    writer.set("general.name", .string("Llama 13B"))
    writer.set("llama.block_count", .uint32(UInt32(layers)))
    writer.set("llama.context_length", .uint32(4096))
    writer.set("llama.embedding_length", .uint32(UInt32(embedding)))
    writer.set("llama.feed_forward_length", .uint32(UInt32(feedForward)))
    writer.set("llama.attention.head_count", .uint32(40))
    writer.set("llama.attention.head_count_kv", .uint32(40))
    writer.set("llama.attention.layer_norm_rms_epsilon", .float32(1e-5))
    func matrix(_ name: String, _ columns: Int64, _ rows: Int64) throws(ModelFileError) {
      try writer.add(name, type: .q8_0, dimensions: [columns, rows], data: nil)
    }
    func vector(_ name: String) throws(ModelFileError) {
      try writer.add(name, type: .f32, dimensions: [embedding], data: nil)
    }
    try matrix("token_embd.weight", embedding, vocabulary)
    try matrix("output.weight", embedding, vocabulary)
    try vector("output_norm.weight")
    for layer in 0..<layers {
      try vector("blk.\(layer).attn_norm.weight")
      for name in ["attn_q", "attn_k", "attn_v", "attn_output"] {
        try matrix("blk.\(layer).\(name).weight", embedding, embedding)
      }
      try vector("blk.\(layer).ffn_norm.weight")
      try matrix("blk.\(layer).ffn_gate.weight", embedding, feedForward)
      try matrix("blk.\(layer).ffn_up.weight", embedding, feedForward)
      try matrix("blk.\(layer).ffn_down.weight", feedForward, embedding)
    }
    return writer
  }
}
