/// A pattern of a pre-tokenizer: the commonest three as hand-written matchers, which are several times faster, all others
/// as regular expressions.
enum WordPattern: Sendable {
  /// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
  case gpt2
  /// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
  case llama3
  /// As `llama3`, but `\p{N}` for numbers.
  case qwen2
  /// `\p{N}`
  case singleDigit
  /// One to three digits so that the rest of the number can be cut in threes; as the two steps `\p{N}+` and
  /// `(?=(\p{N}{3})+(?!\p{N}))` do.
  case threesFromTheRight
  /// Any other.
  case expression(TextRegex)

  /// The pattern that an expression stands for.
  ///
  /// - Throws: `TextRegex.Refusal` for an expression beyond our means.
  init(_ expression: String) throws(TextRegex.Refusal) {
    if let known = Self.known[expression] {
      self = known
    } else {
      self = .expression(try TextRegex(expression))
    }
  }

  private static let known: [String: WordPattern] = [
    Self.gpt2Expression: .gpt2,
    Self.gpt2Expression + #"|\s+"#: .gpt2,
    Self.llama3Expression(digits: #"\p{N}{1,3}"#): .llama3,
    Self.llama3Expression(digits: #"\p{N}"#): .qwen2,
    #"\p{N}"#: .singleDigit,
  ]

  private static let gpt2Expression =
    #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)"#

  private static func llama3Expression(digits: String) -> String {
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"# + digits
      + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  }

  /// The end of the match that begins at `position`, which is `position` itself for an empty one; nil when there is none.
  ///
  /// - Parameter memory: what was learned about this piece of text, which makes long runs cheap; a new one for each piece.
  func match(_ cursor: WordCursor, at position: Int, memory: inout TextRegex.Memory) -> Int? {
    let end: Int
    switch self {
    case .gpt2: end = Self.gpt2(cursor, position)
    case .llama3: end = Self.llama3(cursor, position, digits: 3)
    case .qwen2: end = Self.llama3(cursor, position, digits: 1)
    case .singleDigit: end = cursor.has(position, .number) ? position + 1 : position
    case .threesFromTheRight:
      let length = cursor.run(position) { $0.meets(.number) } - position
      end = position + (length % 3 == 0 ? min(length, 3) : length % 3)
    case .expression(let regex): return regex.match(cursor, at: position, memory: &memory)
    }
    return end > position ? end : nil
  }

  private static func gpt2(_ cursor: WordCursor, _ position: Int) -> Int {
    if let end = cursor.contraction(position, ignoringCase: false) { return end }
    let word = cursor.text.scalars[position] == " " && position + 1 < cursor.end ? position + 1 : position
    if cursor.has(word, .letter) { return cursor.run(word) { $0.meets(.letter) } }
    if cursor.has(word, .number) { return cursor.run(word) { $0.meets(.number) } }
    if cursor.isSymbol(word) { return cursor.run(word) { !$0.meets([.space, .letter, .number]) } }
    return spaces(cursor, position)
  }

  private static func llama3(_ cursor: WordCursor, _ position: Int, digits: Int) -> Int {
    if let end = cursor.contraction(position, ignoringCase: true) { return end }
    if cursor.has(position, .letter) { return cursor.run(position) { $0.meets(.letter) } }
    if cursor.has(position, .number) {
      return min(cursor.run(position) { $0.meets(.number) }, position + digits)
    }
    if !cursor.has(position, .lineEnd), cursor.has(position + 1, .letter) {
      return cursor.run(position + 1) { $0.meets(.letter) }
    }
    let word = cursor.text.scalars[position] == " " ? position + 1 : position
    if cursor.isSymbol(word) {
      let symbols = cursor.run(word) { !$0.meets([.space, .letter, .number]) }
      return cursor.run(symbols) { $0.meets(.lineEnd) }
    }
    let blanks = cursor.run(position) { $0.meets(.space) }
    if let last = (position..<blanks).last(where: { cursor.has($0, .lineEnd) }) { return last + 1 }
    return spaces(cursor, position)
  }

  /// `\s+(?!\S)|\s+`: the last blank before a word belongs to the word.
  private static func spaces(_ cursor: WordCursor, _ position: Int) -> Int {
    let blanks = cursor.run(position) { $0.meets(.space) }
    return blanks < cursor.end && blanks - position > 1 ? blanks - 1 : blanks
  }
}

/// Looks at the characters of one piece of text; beyond its end nothing has any class.
struct WordCursor {
  let text: ClassifiedText
  let start: Int
  let end: Int

  /// Whether the character at `position` has a class.
  func has(_ position: Int, _ member: ScalarClass) -> Bool {
    position < end && text.classes[position].meets(member)
  }

  /// `[^\s\p{L}\p{N}]`
  func isSymbol(_ position: Int) -> Bool {
    position < end && !text.classes[position].meets([.space, .letter, .number])
  }

  /// The end of the characters from `position` on that satisfy a condition.
  func run(_ position: Int, while isMember: (ScalarClass) -> Bool) -> Int {
    var next = position
    while next < end, isMember(text.classes[next]) { next += 1 }
    return next
  }

  /// `'s|'t|'re|'ve|'m|'ll|'d`
  func contraction(_ position: Int, ignoringCase: Bool) -> Int? {
    func letter(_ offset: Int) -> UInt32 {
      guard position + offset < end else { return 0 }
      let value = text.scalars[position + offset].value
      return ignoringCase && (0x41...0x5A).contains(value) ? value + 32 : value
    }
    guard text.scalars[position] == "'" else { return nil }
    switch (Unicode.Scalar(letter(1)), Unicode.Scalar(letter(2))) {
    case ("s", _), ("t", _), ("m", _), ("d", _): return position + 2
    case ("r", "e"), ("v", "e"), ("l", "l"): return position + 3
    default: return nil
    }
  }
}
