import ModelFiles

/// The tokenizer of a GGUF header: `gpt2` (byte-level BPE) or `llama` (SentencePiece BPE), as llama.cpp runs them.
struct HeaderCodec: TokenCodec {
  private enum Encoder: Sendable {
    case bytePair(BytePairEncoder)
    case sentencePiece(SentencePieceEncoder)
  }

  /// The token list.
  let vocabulary: Vocabulary
  /// Whether models of this kind begin with BOS unless the file says otherwise.
  let addsBeginning: Bool
  private let encoder: Encoder
  private let special: SpecialTokens
  private let addsSpacePrefix: Bool

  /// Kinds that other engines have. Source: llama.cpp's `llama_vocab::impl::load`.
  private static let foreign = ["none", "no_vocab", "bert", "t5", "rwkv", "plamo2", "gemma4"]

  /// Reads the tokenizer out of a header.
  ///
  /// - Throws: as `Tokenizer.init`.
  init(_ header: GGUFHeader) throws {
    let model = try header.string("tokenizer.ggml.model")
    guard ["gpt2", "llama"].contains(model) else {
      throw InferenceError(
        Self.foreign.contains(model) ? .unsupported : .unknown,
        "unsupported: tokenizer \(model.prefix(40).debugDescription) (\(header.name))")
    }
    vocabulary = try Vocabulary(header)
    if model == "llama" {
      encoder = .sentencePiece(try SentencePieceEncoder(vocabulary))
      addsBeginning = true
    } else {
      let pairs = try BytePairEncoder(vocabulary, header: header)
      encoder = .bytePair(pairs)
      addsBeginning = pairs.preTokenizer.addsBeginning
    }
    special = SpecialTokens(vocabulary)
    let spaces = try header.ifPresent("tokenizer.ggml.add_space_prefix", header.bool) ?? true
    addsSpacePrefix = model == "llama" && spaces
  }

  func encode(_ text: String, parseSpecial: Bool, into tokens: inout [Int32]) {
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
  }

  func bytes(_ token: Int32, special: Bool) -> [UInt8] {
    guard (0..<Int32(vocabulary.count)).contains(token) else { return [] }
    let text = vocabulary.text(token)
    switch vocabulary.kinds[Int(token)] {
    case .control, .unknown: return special ? Array(text) : []
    case .userDefined: return Array(text)
    case .byte: return vocabulary.byte(token).map { [$0] } ?? Array(text)
    case .normal, .unused:
      switch encoder {
      case .bytePair: return ByteCoding.bytes(text) ?? Array(text)
      case .sentencePiece: return SpaceMark.removed(from: text)
      }
    }
  }
}
