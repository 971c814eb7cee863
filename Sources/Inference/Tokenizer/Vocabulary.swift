import Domain
import ModelFiles

/// The token list of a model, checked: as many types and scores as tokens, special ids inside the list.
struct Vocabulary: Sendable {
  /// What a token is, with the raw values of `tokenizer.ggml.token_type`.
  enum Kind: Int32, Sendable {
    case normal = 1
    case unknown = 2
    case control = 3
    case userDefined = 4
    case unused = 5
    case byte = 6
  }

  /// The file, for messages.
  let file: String
  /// Number of tokens.
  let count: Int
  /// What each token is.
  let kinds: [Kind]
  /// SentencePiece's scores; empty when the file has none.
  let scores: [Float]
  /// Beginning of sequence, end of sequence, unknown; nil when the file names none, or one outside the list.
  let bos: Int32?
  let eos: Int32?
  let unknown: Int32?

  private let bytes: [UInt8]
  private let ranges: [Range<Int>]

  /// A token list from elsewhere; there are as many kinds as texts, and as many scores or none.
  init(
    file: String, texts: [[UInt8]], kinds: [Kind], scores: [Float] = [], bos: Int32?, eos: Int32?, unknown: Int32?
  ) {
    self.file = file
    self.kinds = kinds
    self.scores = scores
    self.bos = bos
    self.eos = eos
    self.unknown = unknown
    count = texts.count
    var bytes: [UInt8] = []
    ranges = texts.map {
      bytes += $0
      return bytes.count - $0.count..<bytes.count
    }
    self.bytes = bytes
  }

  /// Reads and checks the token list.
  ///
  /// - Throws: `ModelFileError.badMetadata`.
  init(_ header: GGUFHeader) throws(ModelFileError) {
    func bad(_ key: String, _ reason: String) -> ModelFileError {
      ModelFileError(.badMetadata, file: header.name, "the key 'tokenizer.ggml.\(key)' \(reason)")
    }
    file = header.name
    let texts = try header.array("tokenizer.ggml.tokens")
    bytes = texts.bytes
    guard let ranges = texts.stringRanges() else { throw bad("tokens", "must hold strings") }
    guard (1...Self.limit).contains(ranges.count) else { throw bad("tokens", "has \(ranges.count) entries") }
    self.ranges = ranges
    count = ranges.count

    if let array = try header.ifPresent("tokenizer.ggml.token_type", header.array) {
      guard array.count == count, let types = array.ints() else {
        throw bad("token_type", "must hold \(count) integers, one a token")
      }
      kinds = types.map { Kind(rawValue: Int32(clamping: $0)) ?? .normal }
    } else {
      kinds = [Kind](repeating: .normal, count: count)
    }
    if let array = try header.ifPresent("tokenizer.ggml.scores", header.array) {
      guard array.count == count, let scores = array.floats(), !scores.contains(where: \.isNaN) else {
        throw bad("scores", "must hold \(count) floats, one a token")
      }
      self.scores = scores
    } else {
      scores = []
    }
    let count = count
    func special(_ key: String, default standard: Int32?) -> Int32? {
      let value = header["tokenizer.ggml.\(key)"].map { $0.int ?? -1 } ?? standard.map(Int.init) ?? -1
      return (0..<count).contains(value) ? Int32(value) : nil
    }
    let isSentencePiece = header["tokenizer.ggml.model"] == .string("llama")
    bos = special("bos_token_id", default: isSentencePiece ? 1 : nil)
    eos = special("eos_token_id", default: isSentencePiece ? 2 : nil)
    unknown = special("unknown_token_id", default: isSentencePiece ? 0 : nil)
  }

  /// Tokens of one list: four times the largest known vocabulary.
  private static let limit = 1 << 20

  /// A token's bytes as the file stores them.
  func text(_ token: Int32) -> ArraySlice<UInt8> { bytes[ranges[Int(token)]] }

  /// The byte that a token `<0x41>` stands for.
  func byte(_ token: Int32) -> UInt8? {
    let text = text(token)
    guard kinds[Int(token)] == .byte, text.count == 6, text.starts(with: Array("<0x".utf8)) else {
      return nil
    }
    return UInt8(String(decoding: text.dropFirst(3).dropLast(), as: UTF8.self), radix: 16)
  }
}
