/// What a kind of tokenizer has to do; `Tokenizer` adds what comes before and behind a text.
protocol TokenCodec: Sendable {
  /// Adds the tokens of a text.
  ///
  /// - Parameter parseSpecial: whether control tokens written out in the text are taken as such.
  func encode(_ text: String, parseSpecial: Bool, into tokens: inout [Int32])

  /// The bytes of one token, none for an id that is no token.
  ///
  /// - Parameter special: whether control tokens show their text; otherwise they are empty.
  func bytes(_ token: Int32, special: Bool) -> [UInt8]

  /// A whole text, as the tokenizer's own file wants it; ill-formed UTF-8 is repaired.
  func text(_ tokens: [Int32], special: Bool) -> String
}

extension TokenCodec {
  func text(_ tokens: [Int32], special: Bool) -> String {
    String(decoding: tokens.flatMap { bytes($0, special: special) }, as: UTF8.self)
  }
}

/// `▁` (U+2581), which SentencePiece writes for a space.
enum SpaceMark {
  static let bytes: [UInt8] = [0xE2, 0x96, 0x81]

  /// A text with spaces for the marks.
  static func removed(from text: some Collection<UInt8>) -> [UInt8] {
    ByteText.replacing(bytes, by: [0x20], in: Array(text))
  }

  /// A text with marks for the spaces.
  static func added(to text: some Collection<UInt8>) -> [UInt8] {
    ByteText.replacing([0x20], by: bytes, in: Array(text))
  }
}

/// Small searches in bytes.
enum ByteText {
  /// The first place of a pattern that is not empty, from `start` on.
  static func find(_ pattern: [UInt8], in text: [UInt8], from start: Int) -> Int? {
    guard let first = pattern.first, text.count >= pattern.count else { return nil }
    var place = start
    let last = text.count - pattern.count
    while place <= last {
      if text[place] == first {
        var length = 1
        while length < pattern.count, text[place + length] == pattern[length] { length += 1 }
        if length == pattern.count { return place }
      }
      place += 1
    }
    return nil
  }

  /// A text with every place of a pattern replaced.
  static func replacing(_ pattern: [UInt8], by content: [UInt8], in text: [UInt8]) -> [UInt8] {
    guard var place = find(pattern, in: text, from: 0) else { return text }
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var start = 0
    while true {
      result += text[start..<place]
      result += content
      start = place + pattern.count
      guard let next = find(pattern, in: text, from: start) else { break }
      place = next
    }
    return result + text[start...]
  }

  /// Bytes of the UTF-8 character that a byte begins; 1 for a stray continuation byte.
  static func characterLength(_ first: UInt8) -> Int {
    switch first {
    case 0xC0..<0xE0: 2
    case 0xE0..<0xF0: 3
    case 0xF0...: 4
    default: 1
    }
  }
}
