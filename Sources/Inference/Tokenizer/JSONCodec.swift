import ModelFiles

/// The chain of a `tokenizer.json`: added tokens, normalizer, pre-tokenizer, model, decoder.
struct JSONCodec: TokenCodec {
  private enum Model: Sendable {
    case bytePairs(PieceMerger)
    case unigram(UnigramEncoder)
  }

  /// Number of ids, those of added tokens included.
  let size: Int
  /// Texts of all ids.
  private let texts: [Int32: [UInt8]]
  /// What decoding makes of added tokens that are looked for in the normalized text: their own normalized text.
  private let respelled: [Int32: [UInt8]]
  private let special: Set<Int32>
  private let added: Set<Int32>
  private let normalizer: TextNormalizer?
  private let splitter: TextSplitter?
  private let model: Model
  private let decoder: TokenDecoder?
  /// Finders in the raw and in the normalized text, with and without special tokens.
  private let raw: (all: AddedTokenFinder, plain: AddedTokenFinder)
  private let normalized: (all: AddedTokenFinder, plain: AddedTokenFinder)

  /// Prepares the chain.
  ///
  /// - Throws: `InferenceError.unsupported` for steps that are not known, `ModelFileError` for broken tables.
  init(_ document: TokenizerJSON) throws {
    let file = document.name
    if let name = document.unknownPostProcessor {
      throw InferenceError.unsupported("post-processor \(name.debugDescription)", file: file)
    }
    let normalizer = try document.normalizer.map { try TextNormalizer($0, file: file) }
    self.normalizer = normalizer
    splitter = try document.splitter.map { try TextSplitter($0, file: file) }
    decoder = try document.decoder.map { try TokenDecoder($0, file: file) }
    var texts: [Int32: [UInt8]] = [:]
    switch document.model {
    case .bytePairs(let pairs):
      for (text, id) in pairs.vocabulary { texts[id] = text }
      model = .bytePairs(try PieceMerger(pairs, file: file))
    case .unigram(let unigram):
      model = .unigram(Self.encoder(unigram))
      for (id, piece) in unigram.pieces.enumerated() { texts[Int32(id)] = piece.text }
    case .other(let name):
      throw InferenceError.unsupported("tokenizer model \(name.debugDescription)", file: file)
    }
    for token in document.addedTokens { texts[token.id] = Array(token.content.utf8) }
    self.texts = texts
    size = Int((texts.keys.max() ?? -1) + 1)
    special = Set(document.addedTokens.lazy.filter(\.isSpecial).map(\.id))
    added = Set(document.addedTokens.map(\.id))

    func finders(normalized: Bool, _ spelling: (String) -> [UInt8]) -> (AddedTokenFinder, AddedTokenFinder) {
      let tokens = document.addedTokens.filter { $0.isNormalized == normalized }
      return (
        AddedTokenFinder(tokens, spelling: spelling),
        AddedTokenFinder(tokens.filter { !$0.isSpecial }, spelling: spelling)
      )
    }
    respelled = Dictionary(
      document.addedTokens.lazy.filter(\.isNormalized).map { token in
        let text = Array(token.content.utf8)
        return (token.id, normalizer?.apply(text) ?? text)
      }
    ) { _, last in last }
    raw = finders(normalized: false) { Array($0.utf8) }
    self.normalized = finders(normalized: true) { normalizer?.apply(Array($0.utf8)) ?? Array($0.utf8) }
  }

  private static func encoder(_ unigram: TokenizerJSON.Unigram) -> UnigramEncoder {
    var bytes: [Int32?] = []
    if unigram.hasByteFallback {
      var ids: [[UInt8]: Int32] = [:]
      for (id, piece) in unigram.pieces.enumerated() { ids[piece.text] = Int32(id) }
      bytes = ByteTokens.find { ids[$0] }
    }
    return UnigramEncoder(
      unigram.pieces.map { $0 }, unknown: unigram.unknown.map { Int32($0) }, byteTokens: bytes)
  }

  /// The text of a token; nil for an id that is none.
  func content(_ token: Int32) -> [UInt8]? { texts[token] }

  /// The special tokens with their texts.
  var specialTokens: [(Int32, [UInt8])] { special.compactMap { id in texts[id].map { (id, $0) } } }

  func encode(_ text: String, parseSpecial: Bool, into tokens: inout [Int32]) {
    let bytes = Array(text.utf8)
    for fragment in (parseSpecial ? raw.all : raw.plain).fragments(bytes) {
      switch fragment {
      case .token(let token): tokens.append(token)
      case .text(let range):
        let part = Array(bytes[range])
        let changed = normalizer?.apply(part) ?? part
        for fragment in (parseSpecial ? normalized.all : normalized.plain).fragments(changed) {
          switch fragment {
          case .token(let token): tokens.append(token)
          case .text(let inner):
            encode(
              TextSplitter.Piece(
                bytes: Array(changed[inner]), isFirst: range.lowerBound == 0 && inner.lowerBound == 0),
              into: &tokens)
          }
        }
      }
    }
  }

  private func encode(_ piece: TextSplitter.Piece, into tokens: inout [Int32]) {
    for piece in splitter?.apply([piece]) ?? [piece] where !piece.bytes.isEmpty {
      switch model {
      case .bytePairs(let merger): merger.encode(piece.bytes, into: &tokens)
      case .unigram(let encoder): encoder.encode(piece.bytes, into: &tokens)
      }
    }
  }

  func bytes(_ token: Int32, special showsSpecial: Bool) -> [UInt8] {
    guard let text = texts[token] else { return [] }
    if special.contains(token) { return showsSpecial ? text : [] }
    return added.contains(token) ? text : decoder?.piece(text) ?? text
  }

  func text(_ tokens: [Int32], special showsSpecial: Bool) -> String {
    let shown = tokens.compactMap { showsSpecial || !special.contains($0) ? respelled[$0] ?? texts[$0] : nil }
    // Without a decoder the library sets blanks between the tokens.
    let parts = decoder?.apply(shown) ?? [Array(shown.joined(separator: [0x20]))]
    return String(decoding: parts.joined(), as: UTF8.self)
  }
}
