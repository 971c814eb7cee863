import Domain

@testable import ModelFiles

/// A complete llama of one layer, width 32, without data that means anything.
enum TinyModel {
  static let width = 32

  static func writer(
    layers: Int = 1, heads: Int = 4, kvHeads: Int = 2, feedForward: Int = 64, vocabulary: Int = 16,
    tied: Bool = false
  ) throws -> GGUFWriter {
    var writer = GGUFWriter()
    writer.set("general.architecture", .string("llama"))
    writer.set("llama.context_length", .uint32(128))
    writer.set("llama.block_count", .uint32(UInt32(layers)))
    writer.set("llama.embedding_length", .uint32(UInt32(width)))
    writer.set("llama.feed_forward_length", .uint32(UInt32(feedForward)))
    writer.set("llama.attention.head_count", .uint32(UInt32(heads)))
    writer.set("llama.attention.head_count_kv", .uint32(UInt32(kvHeads)))
    writer.set("llama.attention.layer_norm_rms_epsilon", .float32(1e-5))
    writer.set("tokenizer.ggml.tokens", .array(GGUFArray(strings: (0..<vocabulary).map { "token\($0)" })))
    writer.set("tokenizer.ggml.scores", .array(GGUFArray(floats: (0..<vocabulary).map { Float($0) })))
    func add(_ name: String, _ dimensions: Int...) throws {
      try writer.add(name, type: .f16, dimensions: dimensions.map(Int64.init), data: nil)
    }
    try add("token_embd.weight", width, vocabulary)
    for layer in 0..<layers {
      try add("blk.\(layer).attn_norm.weight", width)
      try add("blk.\(layer).attn_q.weight", width, width)
      try add("blk.\(layer).attn_k.weight", width, width / heads * kvHeads)
      try add("blk.\(layer).attn_v.weight", width, width / heads * kvHeads)
      try add("blk.\(layer).attn_output.weight", width, width)
      try add("blk.\(layer).ffn_norm.weight", width)
      try add("blk.\(layer).ffn_gate.weight", width, feedForward)
      try add("blk.\(layer).ffn_up.weight", width, feedForward)
      try add("blk.\(layer).ffn_down.weight", feedForward, width)
    }
    try add("output_norm.weight", width)
    if !tied { try add("output.weight", width, vocabulary) }
    return writer
  }

  static func header(_ bytes: [UInt8]) throws -> GGUFHeader? {
    switch try GGUFHeader.parse(bytes, fileSize: Int64(bytes.count), name: "tiny.gguf") {
    case .complete(let header): header
    case .incomplete: nil
    }
  }
}
