/// Text as quoted-printable (RFC 2045, 6.7): printable ASCII in lines of at most 76 characters, whatever the text holds.
enum QuotedPrintable {
  private static let lineLimit = 76
  private static let digits = Array("0123456789ABCDEF".utf8)

  /// The encoded text; lines end with CR LF, also the last one.
  static func encoded(_ text: String) -> String {
    var result: [UInt8] = []
    for line in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      var bytes = Array(line)
      if bytes.last == 13 { bytes.removeLast() }
      encode(bytes, into: &result)
      result += [13, 10]
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static func encode(_ line: [UInt8], into result: inout [UInt8]) {
    var column = 0
    for (index, byte) in line.enumerated() {
      var piece = isPlain(byte, at: index, in: line) ? [byte] : escape(byte)
      // One column stays for the sign that the line goes on.
      if column + piece.count > lineLimit - 1 {
        result += [UInt8(ascii: "="), 13, 10]
        column = 0
        // A line must not begin with what a mail program or server would take for its own.
        if byte == UInt8(ascii: ".") || byte == UInt8(ascii: "F") { piece = escape(byte) }
      }
      result += piece
      column += piece.count
    }
  }

  private static func isPlain(_ byte: UInt8, at index: Int, in line: [UInt8]) -> Bool {
    switch byte {
    // Blanks at the end of a line get lost on the way.
    case 32, 9: index < line.count - 1
    case UInt8(ascii: "="): false
    // Some programs put a sign before `From ` at the beginning of a line; a dot alone would be the end.
    case UInt8(ascii: "."), UInt8(ascii: "F"): index > 0
    case 33...126: true
    default: false
    }
  }

  private static func escape(_ byte: UInt8) -> [UInt8] {
    [UInt8(ascii: "="), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
  }
}
