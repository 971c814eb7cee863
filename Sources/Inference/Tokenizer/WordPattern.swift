/// The patterns of pre-tokenizers, each a hand-written matcher for the regular expression beside it.
enum WordPattern: Sendable {
  /// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
  case gpt2
  /// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
  case llama3
  /// As `llama3`, but `\p{N}` for numbers.
  case qwen2
  /// `\p{N}`
  case singleDigit
  /// `\p{N}+`
  case digits
  /// `[\r\n]`
  case lineEnd
  /// `\s?\p{L}+`
  case letters
  /// `\s?[…]+` with the cased letters of `DeepSeekRanges`
  case casedLetters
  /// `\s?\p{P}+`
  case punctuation
  /// ``\s?[!-/:-~！-／：-～‘-‟　-。]+``
  case asciiPunctuation
  /// `\s+$`
  case trailingSpace
  /// `[一-龥ࠀ-一가-퟿]+`
  case eastAsian

  /// The end of the match that begins at `position`; `position` itself when there is none.
  func match(_ text: ClassifiedText, at position: Int, end: Int) -> Int {
    let cursor = WordCursor(text: text, end: end)
    switch self {
    case .gpt2: return Self.gpt2(cursor, position)
    case .llama3: return Self.llama3(cursor, position, digits: 3)
    case .qwen2: return Self.llama3(cursor, position, digits: 1)
    case .singleDigit: return cursor.has(position, .number) ? position + 1 : position
    case .digits: return cursor.run(position) { $0.contains(.number) }
    case .lineEnd: return cursor.has(position, .lineEnd) ? position + 1 : position
    case .letters: return Self.afterSpace(cursor, position) { cursor.has($0, .letter) }
    case .casedLetters:
      return Self.afterSpace(cursor, position) { cursor.isIn($0, DeepSeekRanges.casedLetters) }
    case .punctuation: return Self.afterSpace(cursor, position) { cursor.has($0, .punctuation) }
    case .asciiPunctuation:
      return Self.afterSpace(cursor, position) { cursor.isIn($0, DeepSeekRanges.punctuation) }
    case .trailingSpace:
      let next = cursor.run(position) { $0.contains(.space) }
      return next == end ? next : position
    case .eastAsian:
      var next = position
      while cursor.isIn(next, DeepSeekRanges.eastAsian) { next += 1 }
      return next
    }
  }

  /// `\s?X+`
  private static func afterSpace(_ cursor: WordCursor, _ position: Int, _ isMember: (Int) -> Bool) -> Int {
    // The blank may itself be a member (`　` is), then it needs no successor.
    var next = cursor.has(position, .space) && isMember(position + 1) ? position + 1 : position
    let first = next
    while isMember(next) { next += 1 }
    return next > first ? next : position
  }

  private static func gpt2(_ cursor: WordCursor, _ position: Int) -> Int {
    if let end = cursor.contraction(position, ignoringCase: false) { return end }
    let word = cursor.text.scalars[position] == " " && position + 1 < cursor.end ? position + 1 : position
    if cursor.has(word, .letter) { return cursor.run(word) { $0.contains(.letter) } }
    if cursor.has(word, .number) { return cursor.run(word) { $0.contains(.number) } }
    if cursor.isSymbol(word) { return cursor.run(word) { $0.isDisjoint(with: [.space, .letter, .number]) } }
    return spaces(cursor, position)
  }

  private static func llama3(_ cursor: WordCursor, _ position: Int, digits: Int) -> Int {
    if let end = cursor.contraction(position, ignoringCase: true) { return end }
    if cursor.has(position, .letter) { return cursor.run(position) { $0.contains(.letter) } }
    if cursor.has(position, .number) {
      return min(cursor.run(position) { $0.contains(.number) }, position + digits)
    }
    if !cursor.has(position, .lineEnd), cursor.has(position + 1, .letter) {
      return cursor.run(position + 1) { $0.contains(.letter) }
    }
    let word = cursor.text.scalars[position] == " " ? position + 1 : position
    if cursor.isSymbol(word) {
      let symbols = cursor.run(word) { $0.isDisjoint(with: [.space, .letter, .number]) }
      return cursor.run(symbols) { $0.contains(.lineEnd) }
    }
    let blanks = cursor.run(position) { $0.contains(.space) }
    if let last = (position..<blanks).last(where: { cursor.has($0, .lineEnd) }) { return last + 1 }
    return spaces(cursor, position)
  }

  /// `\s+(?!\S)|\s+`: the last blank before a word belongs to the word.
  private static func spaces(_ cursor: WordCursor, _ position: Int) -> Int {
    let blanks = cursor.run(position) { $0.contains(.space) }
    return blanks < cursor.end && blanks - position > 1 ? blanks - 1 : blanks
  }
}

/// Looks at the characters of one piece of text; beyond its end nothing has any class.
struct WordCursor {
  let text: ClassifiedText
  let end: Int

  /// Whether the character at `position` has a class.
  func has(_ position: Int, _ member: ScalarClass) -> Bool {
    position < end && text.classes[position].contains(member)
  }

  /// `[^\s\p{L}\p{N}]`
  func isSymbol(_ position: Int) -> Bool {
    position < end && text.classes[position].isDisjoint(with: [.space, .letter, .number])
  }

  /// Whether the character at `position` lies in one of the ranges, which ascend.
  func isIn(_ position: Int, _ ranges: [ClosedRange<UInt32>]) -> Bool {
    guard position < end else { return false }
    let value = text.scalars[position].value
    var (low, high) = (0, ranges.count)
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound < value { low = middle + 1 } else { high = middle }
    }
    return low < ranges.count && ranges[low].contains(value)
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
