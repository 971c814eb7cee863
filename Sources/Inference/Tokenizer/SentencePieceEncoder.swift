import ModelFiles

/// SentencePiece's BPE as GGUF's tokenizer `llama` has it: the pair with the best score is joined first.
struct SentencePieceEncoder: Sendable {
  private let table: ByteStringTable
  private let ranks: [UInt32]
  private let byteTokens: [Int32?]
  private let unknown: Int32?

  /// Prepares the token list for lookups.
  ///
  /// - Parameter plainOnly: whether control, unknown and byte tokens cannot be joined out of text that is spelled like
  ///   them: SentencePiece keeps them apart, llama.cpp does not.
  /// - Throws: `ModelFileError.badMetadata` when there are no scores.
  init(_ vocabulary: Vocabulary, plainOnly: Bool = false) throws(ModelFileError) {
    guard !vocabulary.scores.isEmpty else {
      throw ModelFileError(
        .badMetadata, file: vocabulary.file,
        "the key 'tokenizer.ggml.scores' is missing, which this tokenizer needs")
    }
    var table = ByteStringTable(capacity: vocabulary.count)
    var byteTokens = [Int32?](repeating: nil, count: 256)
    for token in 0..<Int32(vocabulary.count) {
      if !plainOnly || ![.control, .unknown, .byte].contains(vocabulary.kinds[Int(token)]) {
        table.insert(vocabulary.text(token), token)
      }
      if let byte = vocabulary.byte(token) { byteTokens[Int(byte)] = token }
    }
    self.table = table
    self.byteTokens = byteTokens
    ranks = vocabulary.scores.map(Self.rank)
    unknown = vocabulary.unknown
  }

  /// A number that is smaller for a better score; the order of floats is the order of their bits, sign apart.
  private static func rank(_ score: Float) -> UInt32 {
    let bits = (score + 0).bitPattern
    let ascending = bits & 0x8000_0000 == 0 ? bits | 0x8000_0000 : ~bits
    return ~ascending
  }

  /// The tokens of a text whose spaces are still spaces.
  ///
  /// A character that no token has becomes its bytes' tokens, or, without those, the unknown token once for a run of
  /// such characters.
  func encode(_ text: ArraySlice<UInt8>, into tokens: inout [Int32]) {
    encode(escaped: SpaceMark.added(to: text)[...], into: &tokens)
  }

  /// The tokens of a text whose spaces are `▁` already.
  func encode(escaped: ArraySlice<UInt8>, into tokens: inout [Int32]) {
    escaped.withUnsafeBufferPointer { bytes in
      var merger = SymbolMerger()
      var start = 0
      while start < bytes.count {
        let length = min(ByteText.characterLength(bytes[start]), bytes.count - start)
        let piece = table.value(UnsafeBufferPointer(rebasing: bytes[start..<start + length])) ?? -1
        merger.append(start: start, length: length, piece: piece)
        start += length
      }
      merger.merge { left, right in
        let joined = UnsafeBufferPointer(
          rebasing: bytes[left.start..<left.start + left.length + right.length])
        return table.value(joined).map { (ranks[Int($0)], $0) }
      }
      var afterUnknown = false
      for symbol in merger.symbols where symbol.length > 0 {
        if symbol.piece >= 0 {
          tokens.append(symbol.piece)
          afterUnknown = false
          continue
        }
        for byte in bytes[symbol.start..<symbol.start + symbol.length] {
          if let token = byteTokens[Int(byte)] {
            tokens.append(token)
            afterUnknown = false
          } else if let unknown, !afterUnknown {
            tokens.append(unknown)
            afterUnknown = true
          }
        }
      }
    }
  }
}
