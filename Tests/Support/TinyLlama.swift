import Domain
import ModelFiles

/// A small llama model with random weights that really runs.
public enum TinyLlama {
  /// A complete GGUF: two layers, byte tokens and filler words, F32 weights from a seeded generator.
  ///
  /// - Parameters:
  ///   - vocabulary: 300 or more tokens; each takes `embedding * 4` bytes of the file.
  ///   - embedding: a multiple of 32.
  ///   - seed: other seeds give other files.
  public static func bytes(vocabulary: Int = 320, embedding: Int = 64, seed: UInt64 = 1) throws -> [UInt8] {
    var random = Generator(state: seed)
    func floats(_ count: Int, _ scale: Float) -> [Float] {
      (0..<count).map { _ in (Float(random.next() >> 40) / Float(1 << 24) - 0.5) * scale }
    }
    var writer = GGUFWriter()
    let feedForward = embedding * 2
    writer.set("general.architecture", .string("llama"))
    writer.set("general.name", .string("tiny"))
    writer.set("llama.block_count", .uint32(2))
    writer.set("llama.context_length", .uint32(1024))
    writer.set("llama.embedding_length", .uint32(UInt32(embedding)))
    writer.set("llama.feed_forward_length", .uint32(UInt32(feedForward)))
    writer.set("llama.attention.head_count", .uint32(4))
    writer.set("llama.attention.head_count_kv", .uint32(2))
    writer.set("llama.attention.layer_norm_rms_epsilon", .float32(1e-5))
    // SentencePiece's form: unknown, begin, end, 256 byte pieces, then words that never occur.
    var tokens = ["<unk>", "<s>", "</s>"]
    var types: [Int32] = [2, 3, 3]
    for byte in 0..<256 {
      let digits = String(byte, radix: 16, uppercase: true)
      tokens.append("<0x\(digits.count == 1 ? "0" : "")\(digits)>")
      types.append(6)
    }
    for number in tokens.count..<vocabulary {
      tokens.append("word\(number)")
      types.append(1)
    }
    writer.set("tokenizer.ggml.model", .string("llama"))
    writer.set("tokenizer.ggml.tokens", .array(GGUFArray(strings: tokens)))
    writer.set("tokenizer.ggml.scores", .array(GGUFArray(floats: tokens.indices.map { -Float($0) })))
    writer.set("tokenizer.ggml.token_type", .array(GGUFArray(int32s: types)))
    writer.set("tokenizer.ggml.bos_token_id", .uint32(1))
    writer.set("tokenizer.ggml.eos_token_id", .uint32(2))
    let (e, ff) = (Int64(embedding), Int64(feedForward))
    func matrix(_ name: String, _ columns: Int64, _ rows: Int64) throws {
      try writer.add(name, dimensions: [columns, rows], floats: floats(Int(columns * rows), 0.2))
    }
    func ones(_ name: String) throws {
      try writer.add(name, dimensions: [e], floats: Array(repeating: 1, count: embedding))
    }
    try matrix("token_embd.weight", e, Int64(vocabulary))
    try ones("output_norm.weight")
    for layer in 0..<2 {
      try ones("blk.\(layer).attn_norm.weight")
      try matrix("blk.\(layer).attn_q.weight", e, e)
      try matrix("blk.\(layer).attn_k.weight", e, e / 2)
      try matrix("blk.\(layer).attn_v.weight", e, e / 2)
      try matrix("blk.\(layer).attn_output.weight", e, e)
      try ones("blk.\(layer).ffn_norm.weight")
      try matrix("blk.\(layer).ffn_gate.weight", e, ff)
      try matrix("blk.\(layer).ffn_up.weight", e, ff)
      try matrix("blk.\(layer).ffn_down.weight", ff, e)
    }
    return writer.bytes()
  }

  /// SplitMix64: the same numbers on every machine.
  private struct Generator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }
}
