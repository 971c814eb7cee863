/// A SentencePiece model: the pieces, and how a text is prepared for them.
///
/// Format: `ModelProto` of SentencePiece's `sentencepiece_model.proto`, a protocol buffer.
public struct SentencePieceFile: Sendable {
  /// One piece of the vocabulary; its id is its place in the list.
  public struct Piece: Sendable, Equatable {
    /// Its text, with `▁` for a space.
    public var text: [UInt8] = []
    /// The better, the larger: a log probability, or minus the place in the list of merges.
    public var score: Float = 0
    /// What it is, with the raw values of the format, which GGUF's token types share.
    public var kind: Int32 = 1
  }

  /// How pieces are found.
  public enum Algorithm: Int, Sendable {
    /// The likeliest way to cut the text.
    case unigram = 1
    /// Joining pairs.
    case bytePairs = 2
    /// Whole words.
    case words = 3
    /// Single characters.
    case characters = 4
  }

  /// The file as the caller named it.
  public let name: String
  /// The vocabulary.
  public private(set) var pieces: [Piece] = []
  /// How pieces are found.
  public private(set) var algorithm = Algorithm.unigram
  /// Whether characters without a piece become the pieces of their bytes.
  public private(set) var hasByteFallback = false
  /// Whether the mark of a space stands behind a word instead of before it.
  public private(set) var marksWordEnds = false
  /// Ids of the special pieces; −1 for one that the model does not have.
  public private(set) var unknown = 0
  public private(set) var beginning = 1
  public private(set) var end = 2
  /// What an unknown piece is in decoded text.
  public private(set) var unknownSurface: [UInt8] = [0x20, 0xE2, 0x81, 0x87, 0x20]
  /// The rules for replacing characters, as `sentencepiece` compiles them; empty when there are none.
  public private(set) var characterMap: [UInt8] = []
  /// Whether a space is put before the text.
  public private(set) var addsSpace = true
  /// Whether spaces at both ends go, and several become one.
  public private(set) var removesExtraSpaces = true
  /// Whether spaces become `▁`.
  public private(set) var escapesSpaces = true

  /// Pieces of one model: four times the largest known vocabulary.
  private static let limit = 1 << 20

  /// Reads a model.
  ///
  /// - Throws: `ModelFileError` when it is damaged, or has too many pieces or none.
  public init(_ bytes: [UInt8], name: String) throws(ModelFileError) {
    self.name = name
    var reader = ProtocolBuffer(bytes[...], file: name)
    while let field = try reader.next() {
      switch (field.number, field.value) {
      case (1, .bytes(let bytes)):
        guard pieces.count < Self.limit else {
          throw ModelFileError(.malformed, file: name, "has more than \(Self.limit) pieces")
        }
        pieces.append(try Self.piece(bytes, name))
      case (2, .bytes(let bytes)): try readTraining(bytes)
      case (3, .bytes(let bytes)): try readNormalizer(bytes)
      default: continue
      }
    }
    guard !pieces.isEmpty else {
      throw ModelFileError(.malformed, file: name, "is no SentencePiece model: it has no pieces")
    }
  }

  private static func piece(_ bytes: ArraySlice<UInt8>, _ name: String) throws(ModelFileError) -> Piece {
    var piece = Piece()
    var reader = ProtocolBuffer(bytes, file: name)
    while let field = try reader.next() {
      switch (field.number, field.value) {
      case (1, .bytes(let text)): piece.text = Array(text)
      case (2, .word(let bits)): piece.score = Float(bitPattern: bits)
      case (3, .integer(let kind)): piece.kind = Int32(clamping: kind)
      default: continue
      }
    }
    guard !piece.score.isNaN else { throw ModelFileError(.malformed, file: name, "has a score that is no number") }
    return piece
  }

  private mutating func readTraining(_ bytes: ArraySlice<UInt8>) throws(ModelFileError) {
    var reader = ProtocolBuffer(bytes, file: name)
    while let field = try reader.next() {
      switch (field.number, field.value) {
      case (3, .integer(let kind)):
        guard let algorithm = Algorithm(rawValue: Int(clamping: kind)) else {
          throw ModelFileError(.malformed, file: name, "has the unknown model type \(kind)")
        }
        self.algorithm = algorithm
      case (24, .integer(let flag)): marksWordEnds = flag != 0
      case (35, .integer(let flag)): hasByteFallback = flag != 0
      case (40, .integer(let id)): unknown = Self.id(id)
      case (41, .integer(let id)): beginning = Self.id(id)
      case (42, .integer(let id)): end = Self.id(id)
      case (44, .bytes(let text)): unknownSurface = Array(text.prefix(64))
      default: continue
      }
    }
  }

  /// Negative numbers are written as 64 bits in two's complement.
  private static func id(_ value: UInt64) -> Int { Int(clamping: Int64(bitPattern: value)) }

  private mutating func readNormalizer(_ bytes: ArraySlice<UInt8>) throws(ModelFileError) {
    var reader = ProtocolBuffer(bytes, file: name)
    while let field = try reader.next() {
      switch (field.number, field.value) {
      case (2, .bytes(let map)): characterMap = Array(map)
      case (3, .integer(let flag)): addsSpace = flag != 0
      case (4, .integer(let flag)): removesExtraSpaces = flag != 0
      case (5, .integer(let flag)): escapesSpaces = flag != 0
      default: continue
      }
    }
  }
}

/// Reads the fields of one protocol buffer message.
struct ProtocolBuffer {
  /// What a field holds.
  enum Value {
    case integer(UInt64)
    case bytes(ArraySlice<UInt8>)
    case word(UInt32)
    case longWord
  }

  private var rest: ArraySlice<UInt8>
  private let file: String

  /// A reader of a message.
  init(_ message: ArraySlice<UInt8>, file: String) {
    rest = message
    self.file = file
  }

  /// The next field; nil at the end.
  ///
  /// - Throws: `ModelFileError.malformed` or `truncated`.
  mutating func next() throws(ModelFileError) -> (number: Int, value: Value)? {
    if rest.isEmpty { return nil }
    let key = try integer()
    let number = Int(clamping: key >> 3)
    guard number > 0 else { throw malformed() }
    switch key & 7 {
    case 0: return (number, .integer(try integer()))
    case 1:
      _ = try take(8)
      return (number, .longWord)
    case 2: return (number, .bytes(try take(try integer())))
    case 5:
      return (number, .word(try take(4).reversed().reduce(0) { $0 << 8 | UInt32($1) }))
    default: throw malformed()
    }
  }

  private mutating func take(_ count: UInt64) throws(ModelFileError) -> ArraySlice<UInt8> {
    guard count <= UInt64(rest.count) else {
      throw ModelFileError(.truncated, file: file, "ends in the middle of a field")
    }
    defer { rest = rest.dropFirst(Int(count)) }
    return rest.prefix(Int(count))
  }

  private mutating func integer() throws(ModelFileError) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard let byte = rest.popFirst() else {
        throw ModelFileError(.truncated, file: file, "ends in the middle of a number")
      }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    throw malformed()
  }

  private func malformed() -> ModelFileError {
    ModelFileError(.malformed, file: file, "is no SentencePiece model: a field breaks the format's rules")
  }
}
