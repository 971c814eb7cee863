/// A key of an object, still in the document's bytes.
public struct JSONKey: Sendable, Hashable {
  /// The bytes between the quotes.
  let range: Range<Int>
  /// Whether they hold escapes.
  let isEscaped: Bool
}

extension JSONCursor {
  /// Reads a string, escapes resolved; half of a surrogate pair becomes U+FFFD.
  ///
  /// - Throws: `wrongType`, `controlCharacter`, `badEscape`, `invalidUTF8`, `truncated`.
  public mutating func readString() throws(JSONError) -> String {
    guard try nextByte() == UInt8(ascii: "\"") else { throw try wrongType() }
    return text(of: try scanString())
  }

  /// Reads a string as UTF-8, which `body` sees without a `String` being made when there are no escapes.
  ///
  /// - Throws: as `readString`.
  public mutating func readUTF8<Result>(
    _ body: (UnsafeRawBufferPointer) -> Result
  ) throws(JSONError) -> Result {
    guard try nextByte() == UInt8(ascii: "\"") else { throw try wrongType() }
    let string = try scanString()
    let raw = UnsafeRawBufferPointer(rebasing: bytes[string.range])
    return string.isEscaped ? Array(Self.unescaped(raw).utf8).withUnsafeBytes(body) : body(raw)
  }

  /// Reads an array of strings and nothing else into one text, a line each. A line end within a string becomes a
  /// blank; an empty string an empty line.
  ///
  /// - Throws: as `readString`.
  public mutating func readLines() throws(JSONError) -> String {
    var lines: [UInt8] = []
    lines.reserveCapacity(900)
    try enterArray()
    while try nextElement() {
      guard try nextByte() == UInt8(ascii: "\"") else { throw try wrongType() }
      let string = try scanString()
      let raw = UnsafeRawBufferPointer(rebasing: bytes[string.range])
      if string.isEscaped {
        for byte in Self.unescaped(raw).utf8 { lines.append(byte == 10 ? 32 : byte) }
      } else {
        lines.append(contentsOf: raw)
      }
      lines.append(10)
    }
    return String(decoding: lines.dropLast(), as: UTF8.self)
  }

  /// A key as a string.
  public func text(of key: JSONKey) -> String {
    let raw = UnsafeRawBufferPointer(rebasing: bytes[key.range])
    return key.isEscaped ? Self.unescaped(raw) : String(decoding: raw, as: UTF8.self)
  }

  /// Whether a key is `name`, without making a string of it.
  public func isKey(_ key: JSONKey, _ name: StaticString) -> Bool {
    if key.isEscaped { return text(of: key) == "\(name)" }
    guard key.range.count == name.utf8CodeUnitCount else { return false }
    for (index, place) in key.range.enumerated() where bytes[place] != name.utf8Start[index] { return false }
    return true
  }

  /// Passes over a string from its opening quote to behind its closing one, eight bytes at a time.
  mutating func scanString() throws(JSONError) -> JSONKey {
    let start = position + 1
    var index = start
    var isEscaped = false
    var high: UInt64 = 0
    while true {
      // Quote, backslash or control byte within the next eight; the lowest mark is exact, those above may be false.
      while index + 8 <= count {
        let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
        let quote = word ^ 0x2222_2222_2222_2222
        let slash = word ^ 0x5C5C_5C5C_5C5C_5C5C
        let marks =
          ((quote &- 0x0101_0101_0101_0101) & ~quote) | ((slash &- 0x0101_0101_0101_0101) & ~slash)
          | ((word &- 0x2020_2020_2020_2020) & ~word)
        let stops = marks & 0x8080_8080_8080_8080
        if stops == 0 {
          high |= word
          index += 8
          continue
        }
        let clear = stops.trailingZeroBitCount & ~7
        high |= word & ((1 << UInt64(clear)) &- 1)
        index += clear / 8
        break
      }
      guard index < count else { throw JSONError(.truncated, at: count) }
      let byte = bytes[index]
      switch byte {
      case UInt8(ascii: "\""):
        let range = start..<index
        if high & 0x8080_8080_8080_8080 != 0, !UTF8Check.isValid(bytes, in: range) {
          throw JSONError(.invalidUTF8, at: start)
        }
        position = index + 1
        return JSONKey(range: range, isEscaped: isEscaped)
      case UInt8(ascii: "\\"):
        isEscaped = true
        index = try passEscape(index)
      case 0..<32: throw JSONError(.controlCharacter, at: index)
      default:
        high |= UInt64(byte)
        index += 1
      }
    }
  }

  /// The place behind the escape at `index`.
  private func passEscape(_ index: Int) throws(JSONError) -> Int {
    guard index + 1 < count else { throw JSONError(.truncated, at: count) }
    switch bytes[index + 1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      return index + 2
    case UInt8(ascii: "u"):
      for place in index + 2..<index + 6 {
        guard place < count else { throw JSONError(.truncated, at: count) }
        guard Self.hexDigit(bytes[place]) != nil else { throw JSONError(.badEscape, at: index) }
      }
      return index + 6
    default: throw JSONError(.badEscape, at: index)
    }
  }

  /// The text of a string that `scanString` found to be well formed.
  private static func unescaped(_ raw: UnsafeRawBufferPointer) -> String {
    var text: [UInt8] = []
    text.reserveCapacity(raw.count)
    var index = 0
    func unit(_ place: Int) -> UInt32? {
      guard place + 6 <= raw.count, raw[place] == UInt8(ascii: "\\"), raw[place + 1] == UInt8(ascii: "u") else {
        return nil
      }
      return (place + 2..<place + 6).reduce(UInt32(0)) { $0 << 4 | UInt32(hexDigit(raw[$1]) ?? 0) }
    }
    while index < raw.count {
      guard raw[index] == UInt8(ascii: "\\"), index + 1 < raw.count else {
        text.append(raw[index])
        index += 1
        continue
      }
      if let first = unit(index) {
        index += 6
        var scalar = first
        if (0xD800..<0xDC00).contains(first), let second = unit(index), (0xDC00..<0xE000).contains(second) {
          scalar = 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
          index += 6
        }
        text.append(contentsOf: Array(String(Character(Unicode.Scalar(scalar) ?? "\u{FFFD}")).utf8))
        continue
      }
      switch raw[index + 1] {
      case UInt8(ascii: "b"): text.append(8)
      case UInt8(ascii: "t"): text.append(9)
      case UInt8(ascii: "n"): text.append(10)
      case UInt8(ascii: "f"): text.append(12)
      case UInt8(ascii: "r"): text.append(13)
      case let byte: text.append(byte)
      }
      index += 2
    }
    return String(decoding: text, as: UTF8.self)
  }

  private static func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}

/// Well-formed UTF-8 as the Unicode standard's table 3-7 has it: no overlong forms, no surrogates, nothing above
/// U+10FFFF.
enum UTF8Check {
  static func isValid(_ bytes: UnsafeRawBufferPointer, in range: Range<Int>) -> Bool {
    var index = range.lowerBound
    func isTail(_ place: Int, _ allowed: ClosedRange<UInt8> = 0x80...0xBF) -> Bool {
      place < range.upperBound && allowed.contains(bytes[place])
    }
    while index < range.upperBound {
      let lead = bytes[index]
      switch lead {
      case 0..<0x80: index += 1
      case 0xC2...0xDF:
        guard isTail(index + 1) else { return false }
        index += 2
      case 0xE0...0xEF:
        let second: ClosedRange<UInt8> = lead == 0xE0 ? 0xA0...0xBF : lead == 0xED ? 0x80...0x9F : 0x80...0xBF
        guard isTail(index + 1, second), isTail(index + 2) else { return false }
        index += 3
      case 0xF0...0xF4:
        let second: ClosedRange<UInt8> = lead == 0xF0 ? 0x90...0xBF : lead == 0xF4 ? 0x80...0x8F : 0x80...0xBF
        guard isTail(index + 1, second), isTail(index + 2), isTail(index + 3) else { return false }
        index += 4
      default: return false
      }
    }
    return true
  }
}
