import ModelFiles

/// Byte-pair encoding as the `tokenizers` library runs it: characters of a piece are joined in the order of the merge list.
struct PieceMerger: Sendable {
  private struct Merge: Sendable {
    let rank: UInt32
    let token: Int32
  }

  private let table: ByteStringTable
  private let merges: [UInt64: Merge]
  private let byteTokens: [Int32?]
  private let unknown: Int32?
  private let fusesUnknown: Bool
  private let ignoresMerges: Bool

  /// Prepares vocabulary and merges for lookups.
  ///
  /// - Throws: `ModelFileError.badMetadata` when the unknown token or a merge is not in the vocabulary,
  ///   `InferenceError.unsupported` for marks at parts of words.
  init(_ model: TokenizerJSON.BytePairs, file: String) throws {
    if let affix = model.affix {
      throw InferenceError.unsupported("byte pairs with the mark \(affix.prefix(20).debugDescription)", file: file)
    }
    var table = ByteStringTable(capacity: model.vocabulary.count)
    for (text, id) in model.vocabulary { table.insert(text, id) }
    var merges: [UInt64: Merge] = [:]
    merges.reserveCapacity(model.merges.count)
    for (rank, (left, right)) in model.merges.enumerated() {
      guard let one = table.value(left), let two = table.value(right), let both = table.value(left + right) else {
        throw ModelFileError(
          .badMetadata, file: file, "entry \(rank) of 'merges' joins what is not in the vocabulary")
      }
      let key = Self.key(one, two)
      // As in a dictionary, the later of two entries counts.
      merges[key] = Merge(rank: UInt32(rank), token: both)
    }
    self.table = table
    self.merges = merges
    byteTokens = model.hasByteFallback ? ByteTokens.find { table.value($0) } : []
    if let name = model.unknown {
      guard let id = table.value(Array(name.utf8)) else {
        throw ModelFileError(.badMetadata, file: file, "the unknown token is not in the vocabulary")
      }
      unknown = id
    } else {
      unknown = nil
    }
    fusesUnknown = model.fusesUnknown
    ignoresMerges = model.ignoresMerges
  }

  private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  /// The tokens of a piece.
  func encode(_ piece: [UInt8], into tokens: inout [Int32]) {
    let isCharacter = piece.first.map(ByteText.characterLength) == piece.count
    if ignoresMerges || isCharacter, let token = piece.withUnsafeBufferPointer({ table.value($0) }) {
      tokens.append(token)
      return
    }
    var merger = SymbolMerger()
    var start = 0
    // A run of unknown characters that is to become one symbol.
    var pending: Range<Int>?
    func flush(_ merger: inout SymbolMerger) {
      if let run = pending, let unknown { merger.append(start: run.lowerBound, length: run.count, piece: unknown) }
      pending = nil
    }
    while start < piece.count {
      let length = min(ByteText.characterLength(piece[start]), piece.count - start)
      let range = start..<start + length
      start += length
      if let token = piece.withUnsafeBufferPointer({ table.value(UnsafeBufferPointer(rebasing: $0[range])) }) {
        flush(&merger)
        merger.append(start: range.lowerBound, length: length, piece: token)
        continue
      }
      let bytes = byteTokens.isEmpty ? [] : piece[range].compactMap { byteTokens[Int($0)] }
      if bytes.count == length {
        flush(&merger)
        for (offset, token) in bytes.enumerated() {
          merger.append(start: range.lowerBound + offset, length: 1, piece: token)
        }
      } else if fusesUnknown, let run = pending {
        pending = run.lowerBound..<range.upperBound
      } else {
        flush(&merger)
        pending = range
      }
    }
    flush(&merger)
    merger.merge { left, right in
      merges[Self.key(left.piece, right.piece)].map { ($0.rank, $0.token) }
    }
    for symbol in merger.symbols where symbol.length > 0 { tokens.append(symbol.piece) }
  }
}

/// The tokens `<0x00>` to `<0xFF>`, which stand for bytes.
enum ByteTokens {
  /// The tokens of the 256 bytes.
  static func find(_ token: ([UInt8]) -> Int32?) -> [Int32?] { (0...255).map { token(Array(name($0).utf8)) } }

  private static func name(_ byte: Int) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return "<0x\(byte < 16 ? "0" : "")\(digits)>"
  }

  /// The byte that a token's text stands for.
  static func byte(_ text: some Collection<UInt8>) -> UInt8? {
    guard text.count == 6, text.starts(with: Array("<0x".utf8)), Array(text)[5] == UInt8(ascii: ">") else { return nil }
    return UInt8(String(decoding: text.dropFirst(3).dropLast(), as: UTF8.self), radix: 16)
  }
}
