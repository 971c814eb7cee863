import Domain
import ModelFiles

/// A complete llama with a real tokenizer and random weights: it runs, and says nothing that makes sense.
///
/// The same numbers make the same file, byte for byte, so that every test of it comes to the same verdict.
public struct TinyLlama: Sendable {
  /// Width of the residual stream; a multiple of 64.
  public var embedding = 256
  /// Layers.
  public var layers = 2
  /// Where the random weights begin.
  public var seed: UInt64 = 1
  /// Whether the file declares its weights without holding them: a hole in the file instead of bytes.
  public var isHollow = false

  /// About 3 MB of weights in F16.
  public init() {}

  /// Three control tokens, one for each byte, and a few words, so that it tokenizes any text.
  private static let tokens =
    ["<unk>", "<s>", "</s>"] + (0..<256).map { "<0x\(Self.digits($0))>" }
    + ["\u{2581}", "e", "t", "a", "o", "n", "th", "\u{2581}th", "the", "\u{2581}the", "er", "an", "and"]

  private static func digits(_ byte: Int) -> String {
    (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
  }

  /// Gives a GGUF these tokens, and behind them as many words as it takes to have `count`.
  static func setVocabulary(of writer: inout GGUFWriter, count: Int) {
    let tokens = Self.tokens + (Self.tokens.count..<max(count, Self.tokens.count)).map { "\u{2581}word\($0)" }
    writer.set("tokenizer.ggml.model", .string("llama"))
    writer.set("tokenizer.ggml.tokens", .array(GGUFArray(strings: tokens)))
    writer.set("tokenizer.ggml.scores", .array(GGUFArray(floats: tokens.indices.map { -Float($0) })))
    // Unknown, control and control; bytes; normal ones.
    let kinds =
      [2, 3, 3] + [Int32](repeating: 6, count: 256) + [Int32](repeating: 1, count: tokens.count - 259)
    writer.set("tokenizer.ggml.token_type", .array(GGUFArray(int32s: kinds)))
  }

  /// The model as a GGUF to be written.
  ///
  /// - Throws: never for widths that are multiples of 64.
  public func writer() throws(ModelFileError) -> GGUFWriter {
    var writer = GGUFWriter()
    writer.set("general.architecture", .string("llama"))
    writer.set("general.name", .string("Tiny llama \(seed)"))
    writer.set("llama.block_count", .uint32(UInt32(layers)))
    writer.set("llama.context_length", .uint32(512))
    writer.set("llama.embedding_length", .uint32(UInt32(embedding)))
    writer.set("llama.feed_forward_length", .uint32(UInt32(2 * embedding)))
    writer.set("llama.attention.head_count", .uint32(4))
    writer.set("llama.attention.head_count_kv", .uint32(2))
    writer.set("llama.attention.layer_norm_rms_epsilon", .float32(1e-5))
    let tokens = Self.tokens
    Self.setVocabulary(of: &writer, count: tokens.count)
    var generator = Noise.Generator(seed: seed)
    let (width, half) = (Int64(embedding), Int64(embedding / 2))
    try matrix("token_embd.weight", [width, Int64(tokens.count)], &writer, &generator)
    for layer in 0..<layers {
      try norm("blk.\(layer).attn_norm.weight", &writer)
      try matrix("blk.\(layer).attn_q.weight", [width, width], &writer, &generator)
      try matrix("blk.\(layer).attn_k.weight", [width, half], &writer, &generator)
      try matrix("blk.\(layer).attn_v.weight", [width, half], &writer, &generator)
      try matrix("blk.\(layer).attn_output.weight", [width, width], &writer, &generator)
      try norm("blk.\(layer).ffn_norm.weight", &writer)
      try matrix("blk.\(layer).ffn_gate.weight", [width, 2 * width], &writer, &generator)
      try matrix("blk.\(layer).ffn_up.weight", [width, 2 * width], &writer, &generator)
      try matrix("blk.\(layer).ffn_down.weight", [2 * width, width], &writer, &generator)
    }
    try norm("output_norm.weight", &writer)
    try matrix("output.weight", [width, Int64(tokens.count)], &writer, &generator)
    return writer
  }

  /// A whole file in memory.
  public static func bytes(embedding: Int = 64, seed: UInt64 = 1) throws(ModelFileError) -> [UInt8] {
    var model = TinyLlama()
    model.embedding = embedding
    model.seed = seed
    return try model.writer().bytes()
  }

  private func norm(_ name: String, _ writer: inout GGUFWriter) throws(ModelFileError) {
    try writer.add(name, dimensions: [Int64(embedding)], floats: [Float](repeating: 1, count: embedding))
  }

  private func matrix(
    _ name: String, _ dimensions: [Int64], _ writer: inout GGUFWriter, _ generator: inout Noise.Generator
  ) throws(ModelFileError) {
    guard !isHollow else {
      try writer.add(name, type: .f16, dimensions: dimensions, data: nil)
      return
    }
    let count = Int(dimensions[0] * dimensions[1])
    var data: [UInt8] = []
    data.reserveCapacity(2 * count)
    for _ in 0..<count {
      // Half-precision numbers between 1/32 and 1/16 of either sign: nothing overflows in a few layers.
      let bits = UInt16(truncatingIfNeeded: generator.next() >> 24) & 0x83FF | 0x2800
      data.append(UInt8(truncatingIfNeeded: bits))
      data.append(UInt8(truncatingIfNeeded: bits >> 8))
    }
    try writer.add(name, type: .f16, dimensions: dimensions, data: data)
  }
}
