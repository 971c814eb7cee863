import Domain
import ModelFiles

/// Turns text into token ids and back, as the model's own file says.
///
/// GGUF's tokenizers `gpt2` (byte-level BPE) and `llama` (SentencePiece BPE) are known; the ids agree with llama.cpp's.
public struct Tokenizer: Sendable {
  private enum Encoder: Sendable {
    case bytePair(BytePairEncoder)
    case sentencePiece(SentencePieceEncoder)
  }

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

  private let vocabulary: Vocabulary
  private let encoder: Encoder
  private let special: SpecialTokens
  private let addsSpacePrefix: Bool

  /// Reads the tokenizer out of a GGUF header.
  ///
  /// - Throws: `ModelFileError` when lists are broken, `InferenceError.unsupported` for another tokenizer model or
  ///   pre-tokenizer.
  public init(_ header: GGUFHeader) throws {
    let model = try header.string("tokenizer.ggml.model")
    guard ["gpt2", "llama"].contains(model) else {
      throw InferenceError.unsupported("tokenizer \(model.prefix(40).debugDescription)", file: header.name)
    }
    vocabulary = try Vocabulary(header)
    var addsBeginning = model == "llama"
    if model == "llama" {
      encoder = .sentencePiece(try SentencePieceEncoder(vocabulary))
    } else {
      encoder = .bytePair(try BytePairEncoder(vocabulary, header: header))
      addsBeginning = try PreTokenizer(header).addsBeginning
    }
    special = SpecialTokens(vocabulary)
    vocabularySize = vocabulary.count
    beginning = vocabulary.bos
    end = vocabulary.eos
    self.addsBeginning = try header.ifPresent("tokenizer.ggml.add_bos_token", header.bool) ?? addsBeginning
    addsEnd = try header.ifPresent("tokenizer.ggml.add_eos_token", header.bool) ?? false
    let spaces = try header.ifPresent("tokenizer.ggml.add_space_prefix", header.bool) ?? true
    addsSpacePrefix = model == "llama" && spaces
    stopTokens = Self.stopTokens(vocabulary, header)
  }

  /// The tokens of a text.
  ///
  /// - Parameters:
  ///   - addSpecial: whether BOS and EOS are added where the model wants them.
  ///   - parseSpecial: whether control tokens written out in the text are taken as such; only for trusted text.
  public func encode(_ text: String, addSpecial: Bool = true, parseSpecial: Bool = true) -> [Int32] {
    var tokens: [Int32] = []
    if addSpecial, addsBeginning, let beginning { tokens.append(beginning) }
    let bytes = Array(text.utf8)
    var afterSpecial = true
    for fragment in special.fragments(bytes, control: parseSpecial) {
      switch fragment {
      case .token(let token):
        tokens.append(token)
        afterSpecial = true
      case .text(let range):
        switch encoder {
        case .bytePair(let encoder): encoder.encode(bytes[range], into: &tokens)
        case .sentencePiece(let encoder):
          let prefix: [UInt8] = addsSpacePrefix && afterSpecial ? [0x20] : []
          encoder.encode((prefix + bytes[range])[...], into: &tokens)
        }
        afterSpecial = false
      }
    }
    if addSpecial, addsEnd, let end { tokens.append(end) }
    return tokens
  }

  /// The bytes of one token; a character may be spread over several.
  ///
  /// - Parameter special: whether control tokens show their text; otherwise they are empty.
  public func bytes(_ token: Int32, special: Bool = false) -> [UInt8] {
    guard (0..<Int32(vocabulary.count)).contains(token) else { return [] }
    let text = vocabulary.text(token)
    switch vocabulary.kinds[Int(token)] {
    case .control, .unknown: return special ? Array(text) : []
    case .userDefined: return Array(text)
    case .byte: return vocabulary.byte(token).map { [$0] } ?? Array(text)
    case .normal, .unused:
      switch encoder {
      case .bytePair: return ByteCoding.bytes(text) ?? Array(text)
      case .sentencePiece: return Self.unescapingSpaces(text)
      }
    }
  }

  /// The text of tokens; ill-formed UTF-8 is repaired.
  ///
  /// - Parameter special: whether control tokens show their text.
  public func decode(_ tokens: some Sequence<Int32>, special: Bool = false) -> String {
    String(decoding: tokens.flatMap { bytes($0, special: special) }, as: UTF8.self)
  }

  private static func unescapingSpaces(_ text: ArraySlice<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    var rest = text
    while let first = rest.first {
      if rest.starts(with: SentencePieceEncoder.space) {
        result.append(0x20)
        rest = rest.dropFirst(3)
      } else {
        result.append(first)
        rest = rest.dropFirst()
      }
    }
    return result
  }

  private static func stopTokens(_ vocabulary: Vocabulary, _ header: GGUFHeader) -> Set<Int32> {
    var tokens = Set([vocabulary.eos].compactMap { $0 })
    for key in ["eot_token_id", "eom_token_id"] {
      if let token = header["tokenizer.ggml.\(key)"]?.int, (0..<vocabulary.count).contains(token) {
        tokens.insert(Int32(token))
      }
    }
    // Instruction-tuned models end their turn with one of these, often without a key that says so.
    let names: Set<[UInt8]> = Set(
      [
        "<|eot_id|>", "<|im_end|>", "<|end|>", "<|end_of_text|>", "<|endoftext|>", "<|eom_id|>",
        "<end_of_turn>",
      ]
      .map { Array($0.utf8) })
    for token in 0..<Int32(vocabulary.count) where vocabulary.kinds[Int(token)] == .control {
      if names.contains(Array(vocabulary.text(token))) { tokens.insert(token) }
    }
    return tokens
  }
}
