/// GPT-2's spelling of bytes as printable characters: vocabularies of byte-level BPE are written in it.
///
/// Printable Latin-1 characters stand for themselves; the other 68 bytes, in order, for U+0100 and up: a space is
/// `Ġ`. Source: `bytes_to_unicode` of OpenAI's GPT-2 encoder.
enum ByteCoding {
  private static func isSelf(_ byte: UInt32) -> Bool {
    (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || (0xAE...0xFF).contains(byte)
  }

  /// The byte of each character below U+0144; −1 for a character that stands for none.
  private static let byteOfScalar: [Int16] = {
    var table = [Int16](repeating: -1, count: 0x144)
    var next = 0x100
    for byte in UInt32(0)...255 {
      if isSelf(byte) {
        table[Int(byte)] = Int16(byte)
      } else {
        table[next] = Int16(byte)
        next += 1
      }
    }
    return table
  }()

  /// The spelling of each byte, in UTF-8.
  private static let spellingOfByte: [[UInt8]] = {
    var table = [[UInt8]](repeating: [], count: 256)
    for (value, byte) in byteOfScalar.enumerated() where byte >= 0 {
      let isShort = value < 0x80
      table[Int(byte)] =
        isShort ? [UInt8(value)] : [0xC0 | UInt8(value >> 6), 0x80 | UInt8(value & 0x3F)]
    }
    return table
  }()

  /// Bytes as printable characters.
  static func spelled(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + bytes.count / 4)
    for byte in bytes { result += spellingOfByte[Int(byte)] }
    return result
  }

  /// The bytes that a token's text stands for; nil when a character is none of the 256, or the text no UTF-8.
  static func bytes(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var index = text.startIndex
    while index < text.endIndex {
      var value = UInt32(text[index])
      index += 1
      if value >= 0x80 {
        // All characters in question have two bytes in UTF-8.
        guard value & 0xE0 == 0xC0, index < text.endIndex, text[index] & 0xC0 == 0x80 else { return nil }
        value = (value & 0x1F) << 6 | UInt32(text[index] & 0x3F)
        index += 1
      }
      guard value < 0x144, byteOfScalar[Int(value)] >= 0 else { return nil }
      result.append(UInt8(byteOfScalar[Int(value)]))
    }
    return result
  }
}
