import ModelFiles

/// Byte-level BPE: words out of the pre-tokenizer, bytes joined in the order of the merge list.
struct BytePairEncoder: Sendable {
  /// What cuts words.
  let preTokenizer: PreTokenizer
  /// Texts of tokens and of merges, as the bytes that they stand for. Ids from `count` on are no tokens.
  private let table: ByteStringTable
  private let count: Int
  private let byteOfExtra: [Int32: [UInt8]]
  private let pieceOfByte: [Int32]
  /// (left piece, right piece) → rank and piece of the result.
  private let merges: [UInt64: Merge]
  private let unknown: Int32?

  private struct Merge: Sendable {
    let rank: UInt32
    let piece: Int32
  }

  /// Prepares token and merge lists for lookups.
  ///
  /// - Throws: `ModelFileError.badMetadata` for a missing or broken merge list, `InferenceError.unsupported` for an
  ///   unknown pre-tokenizer.
  init(_ vocabulary: Vocabulary, header: GGUFHeader) throws {
    preTokenizer = try PreTokenizer(
      name: header.ifPresent("tokenizer.ggml.pre", header.string) ?? "default", file: header.name)
    let list = try header.array("tokenizer.ggml.merges")
    guard let ranges = list.stringRanges(), ranges.count <= Self.mergeLimit else {
      throw ModelFileError(
        .badMetadata, file: header.name, "the key 'tokenizer.ggml.merges' must hold strings")
    }
    var table = ByteStringTable(capacity: vocabulary.count + 256)
    for token in 0..<Int32(vocabulary.count) {
      if let bytes = ByteCoding.bytes(vocabulary.text(token)), !bytes.isEmpty { table.insert(bytes, token) }
    }
    var next = Int32(vocabulary.count)
    var extras: [Int32: [UInt8]] = [:]
    // A piece that is no token may still be a step on the way to one.
    func piece(_ bytes: [UInt8]) -> Int32 {
      if let known = table.value(bytes) { return known }
      defer { next += 1 }
      table.insert(bytes, next)
      extras[next] = bytes
      return next
    }
    pieceOfByte = (0...255).map { piece([UInt8($0)]) }
    var merges: [UInt64: Merge] = [:]
    merges.reserveCapacity(ranges.count)
    for (rank, range) in ranges.enumerated() {
      let text = list.bytes[range]
      guard let blank = text.dropFirst().firstIndex(of: 0x20),
        let left = ByteCoding.bytes(text[..<blank]), let right = ByteCoding.bytes(text[(blank + 1)...])
      else {
        throw ModelFileError(
          .badMetadata, file: header.name, "entry \(rank) of 'tokenizer.ggml.merges' is no pair")
      }
      let key = Self.key(piece(left), piece(right))
      if merges[key] == nil { merges[key] = Merge(rank: UInt32(rank), piece: piece(left + right)) }
    }
    self.merges = merges
    self.table = table
    count = vocabulary.count
    byteOfExtra = extras
    unknown = vocabulary.unknown
  }

  /// Merges of one list: four times the largest known.
  private static let mergeLimit = 1 << 21

  private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  /// The tokens of a text.
  ///
  /// Bytes that no token has, which a sound vocabulary does not leave, become the unknown token, or nothing.
  func encode(_ text: ArraySlice<UInt8>, into tokens: inout [Int32]) {
    var merger = SymbolMerger()
    for word in preTokenizer.words(text) {
      let bytes = text[word]
      if preTokenizer.ignoresMerges, let token = bytes.withUnsafeBufferPointer({ table.value($0) }),
        token < count
      {
        tokens.append(token)
        continue
      }
      merger.reset()
      for (offset, byte) in bytes.enumerated() {
        merger.append(start: offset, length: 1, piece: pieceOfByte[Int(byte)])
      }
      merger.merge { left, right in
        merges[Self.key(left.piece, right.piece)].map { ($0.rank, $0.piece) }
      }
      for symbol in merger.symbols where symbol.length > 0 { append(symbol.piece, to: &tokens) }
    }
  }

  private func append(_ piece: Int32, to tokens: inout [Int32]) {
    if piece < count {
      tokens.append(piece)
    } else if let bytes = byteOfExtra[piece], bytes.count > 1 {
      for byte in bytes { append(pieceOfByte[Int(byte)], to: &tokens) }
    } else if let unknown {
      tokens.append(unknown)
    }
  }
}
