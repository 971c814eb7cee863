/// The replacements of characters that a SentencePiece model carries, such as NFKC.
///
/// Format: a 32-bit length, a double array of that many bytes (Darts-clone's units of 32 bits), then the replacements, each
/// ended by a zero byte. Source: `Normalizer::DecodePrecompiledCharsMap` and Darts-clone's `DoubleArrayUnit`.
struct CharacterMap: Sendable {
  private let units: [UInt32]
  private let replacements: [UInt8]

  /// Splits a compiled map; an empty one replaces nothing.
  ///
  /// - Throws: `InferenceError.badModel` for a damaged one.
  init(_ blob: [UInt8], file: String) throws(InferenceError) {
    guard !blob.isEmpty else {
      units = []
      replacements = []
      return
    }
    func word(_ place: Int) -> UInt32 {
      UInt32(blob[place]) | UInt32(blob[place + 1]) << 8 | UInt32(blob[place + 2]) << 16 | UInt32(blob[place + 3]) << 24
    }
    guard blob.count > 4 else { throw Self.damaged(file) }
    let size = Int(word(0))
    guard size % 4 == 0, size >= 4, size <= blob.count - 4 else { throw Self.damaged(file) }
    units = stride(from: 4, to: 4 + size, by: 4).map(word)
    replacements = Array(blob[(4 + size)...])
  }

  private static func damaged(_ file: String) -> InferenceError {
    InferenceError(.badModel, "\(file): the map of characters is damaged")
  }

  /// The replacement of the longest known beginning of a text at a place, and how many bytes it stands for.
  func replacement(_ text: [UInt8], at start: Int) -> (bytes: ArraySlice<UInt8>, length: Int)? {
    guard !units.isEmpty else { return nil }
    var best: (value: Int, length: Int)?
    var node = Self.offset(units[0])
    var place = start
    while place < text.count {
      node ^= Int(text[place])
      guard node < units.count, units[node] & 0x8000_00FF == UInt32(text[place]) else { break }
      let unit = units[node]
      place += 1
      node ^= Self.offset(unit)
      guard node < units.count else { break }
      if unit >> 8 & 1 == 1 { best = (Int(units[node] & 0x7FFF_FFFF), place - start) }
    }
    guard let best, best.value < replacements.count else { return nil }
    let rest = replacements[best.value...]
    return (rest.prefix { $0 != 0 }, best.length)
  }

  private static func offset(_ unit: UInt32) -> Int { Int((unit >> 10) << ((unit & (1 << 9)) >> 6)) }

  /// The text with everything replaced: what has no replacement stays.
  ///
  /// - Parameter keeping: strings that stay as they are.
  func apply(_ text: [UInt8], keeping: ByteTrie = ByteTrie()) -> [UInt8] {
    if units.isEmpty { return text }
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var place = 0
    while place < text.count {
      if let kept = keeping.longest(text, at: place) {
        result += text[place..<place + kept.length]
        place += kept.length
      } else if let found = replacement(text, at: place) {
        result += found.bytes
        place += found.length
      } else {
        let length = min(ByteText.characterLength(text[place]), text.count - place)
        result += text[place..<place + length]
        place += length
      }
    }
    return result
  }
}
