/// Cuts a text into the words inside which byte-level BPE may join bytes.
///
/// Each kind is a list of patterns; every pattern cuts what the patterns before it left, and what it does not match
/// stays between its matches. Which pattern a model wants says `tokenizer.ggml.pre`; a wrong one gives other tokens
/// and a worse model, so that unknown names are refused.
struct PreTokenizer: Sendable {
  /// Whether a word that is a token is taken as it is, whatever the merges say.
  let ignoresMerges: Bool
  /// Whether models of this kind begin with BOS unless the file says otherwise.
  let addsBeginning: Bool
  private let patterns: [WordPattern]

  /// The pre-tokenizer of a name.
  ///
  /// - Throws: `InferenceError.unsupported` for a name that is not known.
  init(name: String, file: String) throws {
    guard let kind = PreTokenizerTable.kinds[name] else {
      throw InferenceError.unsupported("pre-tokenizer \(name.prefix(40).debugDescription)", file: file)
    }
    patterns = try kind.patterns.map { step in
      switch step {
      case .expression(let text): try Self.pattern(text, file: file)
      case .threesFromTheRight: .threesFromTheRight
      }
    }
    ignoresMerges = kind.ignoresMerges
    addsBeginning = kind.addsBeginning
  }

  /// The pattern of an expression, with the refusal as our error.
  ///
  /// - Throws: `InferenceError.unsupported`.
  static func pattern(_ expression: String, file: String) throws(InferenceError) -> WordPattern {
    do {
      return try WordPattern(expression)
    } catch {
      throw InferenceError.unsupported(
        "the pattern \(expression.prefix(80).debugDescription): \(error.reason)", file: file)
    }
  }

  /// The words of a text, as ranges of its bytes; together they are the whole text.
  func words(_ text: ArraySlice<UInt8>) -> [Range<Int>] {
    let classified = ClassifiedText(text)
    var words = classified.scalars.isEmpty ? [] : [0..<classified.scalars.count]
    for pattern in patterns {
      var cut: [Range<Int>] = []
      cut.reserveCapacity(words.count * 2)
      for word in words { pattern.cut(classified, word) { piece, _ in cut.append(piece) } }
      words = cut
    }
    return words.map { classified.offsets[$0.lowerBound]..<classified.offsets[$0.upperBound] }
  }
}

extension WordPattern {
  /// Cuts a stretch of a text into the matches and what lies between them; an empty match only cuts.
  func cut(_ text: ClassifiedText, _ range: Range<Int>, _ take: (_ piece: Range<Int>, _ isMatch: Bool) -> Void) {
    let cursor = WordCursor(text: text, start: range.lowerBound, end: range.upperBound)
    var memory = TextRegex.Memory()
    var start = range.lowerBound
    var position = start
    while position < range.upperBound {
      guard let end = match(cursor, at: position, memory: &memory) else {
        position += 1
        continue
      }
      if start < position { take(start..<position, false) }
      if end > position { take(position..<end, true) }
      start = end
      position = max(end, position + 1)
    }
    if start < range.upperBound { take(start..<range.upperBound, false) }
  }
}
