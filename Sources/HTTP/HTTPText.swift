/// The small things that every parser of header values needs, over ASCII bytes.
enum HTTPText {
  /// An ASCII letter in lower case; any other byte as it is.
  static func lower(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte + 32 : byte
  }

  /// Without blanks and tabs around it.
  static func trimmed(_ text: some StringProtocol) -> String {
    var bytes = Array(text.utf8)[...]
    while let first = bytes.first, isBlank(first) { bytes.removeFirst() }
    while let last = bytes.last, isBlank(last) { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Whether `text` is an RFC 9110 token of at least one character.
  static func isToken(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        isDigit(byte) || isLetter(byte) || "!#$%&'*+-.^_`|~".utf8.contains(byte)
      }
  }

  /// A number written in 1 to 18 digits and nothing else.
  static func number(_ text: some StringProtocol) -> Int64? {
    guard (1...18).contains(text.utf8.count), text.utf8.allSatisfy(isDigit) else { return nil }
    return Int64(text)
  }

  /// Cuts at `separator` outside of `"…"` (with backslash escapes) and `<…>`; empty parts are kept.
  static func split(_ text: String, at separator: UInt8) -> [String] {
    var parts: [[UInt8]] = [[]]
    var isQuoted = false
    var isBracketed = false
    var isEscaped = false
    for byte in text.utf8 {
      if byte == separator, !isQuoted, !isBracketed {
        parts.append([])
        continue
      }
      if isEscaped {
        isEscaped = false
      } else if isQuoted, byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else if byte == UInt8(ascii: "\""), !isBracketed {
        isQuoted.toggle()
      } else if byte == UInt8(ascii: "<"), !isQuoted {
        isBracketed = true
      } else if byte == UInt8(ascii: ">"), !isQuoted {
        isBracketed = false
      }
      parts[parts.count - 1].append(byte)
    }
    return parts.map { trimmed(String(decoding: $0, as: UTF8.self)) }
  }

  /// The text inside of `"…"`; the text itself when it is not quoted.
  static func unquoted(_ text: String) -> String {
    guard text.utf8.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") else { return text }
    return String(text.dropFirst().dropLast())
  }

  /// Foreign text for an error message: printable ASCII on one line, at most 200 characters.
  static func presentable(_ text: some StringProtocol) -> String {
    let scalars = text.unicodeScalars.prefix(200).map { scalar -> Character in
      (32...126).contains(scalar.value) ? Character(scalar) : "?"
    }
    return String(scalars)
  }

  static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
  static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(lower(byte))
  }
  private static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 }
}
