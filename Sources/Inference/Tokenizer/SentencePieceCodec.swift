import ModelFiles

/// A SentencePiece model: prepares the text as the model says, then BPE or unigram.
struct SentencePieceCodec: TokenCodec {
  private enum Encoder: Sendable {
    case bytePairs(SentencePieceEncoder)
    case unigram(UnigramEncoder)
  }

  /// The token list.
  let vocabulary: Vocabulary
  private let encoder: Encoder
  private let map: CharacterMap
  private let special: SpecialTokens
  /// Pieces that are found in the text as they are.
  private let userDefined: ByteTrie
  private let addsSpace: Bool
  private let marksWordEnds: Bool
  private let removesExtraSpaces: Bool
  private let escapesSpaces: Bool
  private let unknownSurface: [UInt8]

  /// Prepares a model.
  ///
  /// - Throws: `InferenceError.unsupported` for models of words or characters, `badModel` for damaged rules.
  init(_ model: SentencePieceFile) throws {
    func id(_ value: Int) -> Int32? { model.pieces.indices.contains(value) ? Int32(value) : nil }
    let kinds = model.pieces.map { Vocabulary.Kind(rawValue: $0.kind) ?? .normal }
    let vocabulary = Vocabulary(
      file: model.name, texts: model.pieces.map(\.text), kinds: kinds, scores: model.pieces.map(\.score),
      bos: id(model.beginning), eos: id(model.end), unknown: id(model.unknown))
    self.vocabulary = vocabulary
    switch model.algorithm {
    case .bytePairs: encoder = .bytePairs(try SentencePieceEncoder(vocabulary, plainOnly: true))
    case .unigram: encoder = .unigram(Self.unigram(model, kinds))
    case .words: throw InferenceError.unsupported("SentencePiece model of words", file: model.name)
    case .characters: throw InferenceError.unsupported("SentencePiece model of characters", file: model.name)
    }
    map = try CharacterMap(model.characterMap, file: model.name)
    special = SpecialTokens(vocabulary)
    var trie = ByteTrie()
    for (id, piece) in model.pieces.enumerated() where kinds[id] == .userDefined { trie.insert(piece.text, Int32(id)) }
    userDefined = trie
    addsSpace = model.addsSpace
    marksWordEnds = model.marksWordEnds
    removesExtraSpaces = model.removesExtraSpaces
    escapesSpaces = model.escapesSpaces
    unknownSurface = model.unknownSurface
  }

  private static func unigram(_ model: SentencePieceFile, _ kinds: [Vocabulary.Kind]) -> UnigramEncoder {
    var bytes: [Int32?] = []
    if model.hasByteFallback {
      var ids: [[UInt8]: Int32] = [:]
      for (id, piece) in model.pieces.enumerated() where kinds[id] == .byte { ids[piece.text] = Int32(id) }
      bytes = ByteTokens.find { ids[$0] }
    }
    let pieces = model.pieces.enumerated().map { id, piece in
      kinds[id] == .normal ? (text: piece.text, score: Double(piece.score)) : nil
    }
    return UnigramEncoder(
      pieces, unknown: model.pieces.indices.contains(model.unknown) ? Int32(model.unknown) : nil, byteTokens: bytes)
  }

  func encode(_ text: String, parseSpecial: Bool, into tokens: inout [Int32]) {
    let bytes = Array(text.utf8)
    guard parseSpecial else { return encode(bytes, into: &tokens) }
    // User-defined pieces are found here, too, so that a control token inside of one is none; they stay in the text.
    var start = 0
    var place = 0
    for fragment in special.fragments(bytes, control: true) {
      switch fragment {
      case .text(let range): place = range.upperBound
      case .token(let token):
        let length = vocabulary.text(token).count
        if vocabulary.kinds[Int(token)] != .userDefined {
          encode(Array(bytes[start..<place]), into: &tokens)
          tokens.append(token)
          start = place + length
        }
        place += length
      }
    }
    encode(Array(bytes[start...]), into: &tokens)
  }

  private func encode(_ text: [UInt8], into tokens: inout [Int32]) {
    let prepared = prepare(text)
    var start = 0
    var place = 0
    while place < prepared.count {
      guard let found = userDefined.longest(prepared, at: place) else {
        place += 1
        continue
      }
      encode(piece: prepared[start..<place], into: &tokens)
      tokens.append(found.value)
      place += found.length
      start = place
    }
    encode(piece: prepared[start...], into: &tokens)
  }

  private func encode(piece: ArraySlice<UInt8>, into tokens: inout [Int32]) {
    guard !piece.isEmpty else { return }
    switch encoder {
    case .bytePairs(let encoder): encoder.encode(escaped: piece, into: &tokens)
    case .unigram(let encoder): encoder.encode(Array(piece), into: &tokens)
    }
  }

  /// The text as pieces spell it. Source: `Normalizer::Normalize` of SentencePiece.
  private func prepare(_ text: [UInt8]) -> [UInt8] {
    var text = map.apply(text, keeping: userDefined)
    if removesExtraSpaces { text = Self.withoutExtraSpaces(text) }
    guard !text.isEmpty else { return [] }
    if addsSpace, !marksWordEnds { text.insert(0x20, at: 0) }
    if escapesSpaces { text = SpaceMark.added(to: text) }
    let space = escapesSpaces ? SpaceMark.bytes : [0x20]
    // A mark that the text itself had counts as a space here, and only here.
    while removesExtraSpaces, text.count >= space.count, text.suffix(space.count).elementsEqual(space) {
      text.removeLast(space.count)
    }
    return addsSpace && marksWordEnds ? text + space : text
  }

  /// A text without spaces at its beginning and behind other spaces.
  private static func withoutExtraSpaces(_ text: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    for byte in text where byte != 0x20 || (result.last ?? 0x20) != 0x20 { result.append(byte) }
    return result
  }

  func bytes(_ token: Int32, special: Bool) -> [UInt8] {
    guard (0..<Int32(vocabulary.count)).contains(token) else { return [] }
    let text = vocabulary.text(token)
    switch vocabulary.kinds[Int(token)] {
    case .control: return special ? Array(text) : []
    case .unknown: return unknownSurface
    case .userDefined, .normal, .unused: return escapesSpaces ? SpaceMark.removed(from: text) : Array(text)
    case .byte: return vocabulary.byte(token).map { [$0] } ?? Array(text)
    }
  }

  func text(_ tokens: [Int32], special: Bool) -> String {
    let shown = tokens.filter { token in
      vocabulary.kinds.indices.contains(Int(token)) && (special || vocabulary.kinds[Int(token)] != .control)
    }
    var bytes: [UInt8] = []
    // The space that encoding has put before the text goes; where encoding drops extra ones, one of each token goes as long
    // as there is no text. Source: `SentencePieceProcessor::Decode`.
    var isLeading = addsSpace || removesExtraSpaces
    for token in shown {
      var piece = self.bytes(token, special: special)[...]
      if isLeading, vocabulary.unknown != token, piece.first == 0x20 {
        piece = piece.dropFirst()
        isLeading = removesExtraSpaces
      }
      bytes += piece
      isLeading = isLeading && bytes.isEmpty
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
