import Domain
import ModelFiles

/// Turns text into token ids and back, as the model's own file says.
///
/// Of GGUF the tokenizers `gpt2` (byte-level BPE) and `llama` (SentencePiece BPE) are known, with llama.cpp's ids; beside
/// them `tokenizer.json`, SentencePiece models and tiktoken files.
public struct Tokenizer: Sendable {
  /// Number of tokens.
  public let vocabularySize: Int
  /// Beginning of sequence; nil when the model has none.
  public let beginning: Int32?
  /// End of sequence; nil when the model has none.
  public let end: Int32?
  /// Whether a text begins with `beginning`.
  public let addsBeginning: Bool
  /// Whether a text ends with `end`.
  public let addsEnd: Bool
  /// The tokens after which a model has finished its turn: end of sequence, of turn and of message.
  public let stopTokens: Set<Int32>

  private let codec: any TokenCodec
  private let prefix: [Int32]
  private let suffix: [Int32]

  /// Reads the tokenizer out of a GGUF header.
  ///
  /// - Throws: `ModelFileError` when lists are broken, `InferenceError.unsupported` for another tokenizer model or
  ///   pre-tokenizer.
  public init(_ header: GGUFHeader) throws {
    let codec = try HeaderCodec(header)
    let vocabulary = codec.vocabulary
    let begins = try header.ifPresent("tokenizer.ggml.add_bos_token", header.bool) ?? codec.addsBeginning
    let ends = try header.ifPresent("tokenizer.ggml.add_eos_token", header.bool) ?? false
    let special = vocabulary.kinds.indices.lazy.filter { vocabulary.kinds[$0] == .control }
    var stops = Self.stopTokens(special.map { (Int32($0), Array(vocabulary.text(Int32($0)))) })
    for key in ["eot_token_id", "eom_token_id"] {
      if let token = header["tokenizer.ggml.\(key)"]?.int, (0..<vocabulary.count).contains(token) {
        stops.insert(Int32(token))
      }
    }
    self.init(
      codec, size: vocabulary.count, beginning: vocabulary.bos, end: vocabulary.eos,
      prefix: begins ? [vocabulary.bos].compactMap { $0 } : [], suffix: ends ? [vocabulary.eos].compactMap { $0 } : [],
      stops: stops)
  }

  /// A tokenizer around a codec.
  ///
  /// - Parameters:
  ///   - prefix: the tokens before a text.
  ///   - suffix: the tokens behind a text.
  init(
    _ codec: any TokenCodec, size: Int, beginning: Int32?, end: Int32?, prefix: [Int32], suffix: [Int32],
    stops: Set<Int32>
  ) {
    self.codec = codec
    vocabularySize = size
    self.beginning = beginning
    self.end = end
    self.prefix = prefix
    self.suffix = suffix
    addsBeginning = beginning.map(prefix.contains) ?? false
    addsEnd = end.map(suffix.contains) ?? false
    stopTokens = stops.union([end].compactMap { $0 })
  }

  /// The same tokenizer with more tokens that end a turn.
  func stopping(at tokens: some Sequence<Int32>) -> Tokenizer {
    Tokenizer(
      codec, size: vocabularySize, beginning: beginning, end: end, prefix: prefix, suffix: suffix,
      stops: stopTokens.union(tokens))
  }

  /// The tokens of a text.
  ///
  /// - Parameters:
  ///   - addSpecial: whether BOS and EOS are added where the model wants them.
  ///   - parseSpecial: whether control tokens written out in the text are taken as such; only for trusted text.
  public func encode(_ text: String, addSpecial: Bool = true, parseSpecial: Bool = true) -> [Int32] {
    var tokens = addSpecial ? prefix : []
    codec.encode(text, parseSpecial: parseSpecial, into: &tokens)
    if addSpecial { tokens += suffix }
    return tokens
  }

  /// The bytes of one token; a character may be spread over several.
  ///
  /// - Parameter special: whether control tokens show their text; otherwise they are empty.
  public func bytes(_ token: Int32, special: Bool = false) -> [UInt8] { codec.bytes(token, special: special) }

  /// The text of tokens that stand in the middle of a text; ill-formed UTF-8 is repaired.
  ///
  /// - Parameter special: whether control tokens show their text.
  public func decode(_ tokens: some Sequence<Int32>, special: Bool = false) -> String {
    String(decoding: tokens.flatMap { codec.bytes($0, special: special) }, as: UTF8.self)
  }

  /// The text that a whole list of tokens stands for: without the space that encoding has put before it, where the
  /// tokenizer's file says so.
  ///
  /// - Parameter special: whether control tokens show their text.
  public func text(_ tokens: some Sequence<Int32>, special: Bool = false) -> String {
    codec.text(Array(tokens), special: special)
  }

  /// Those of the special tokens with which instruction-tuned models end their turn, often without a key that says so.
  static func stopTokens(_ special: some Sequence<(Int32, [UInt8])>) -> Set<Int32> {
    let names: Set<[UInt8]> = Set(
      [
        "<|eot_id|>", "<|im_end|>", "<|end|>", "<|end_of_text|>", "<|endoftext|>", "<|eom_id|>",
        "<end_of_turn>",
      ]
      .map { Array($0.utf8) })
    return Set(special.lazy.filter { names.contains($0.1) }.map(\.0))
  }
}
