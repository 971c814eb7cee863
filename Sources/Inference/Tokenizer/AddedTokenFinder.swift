import ModelFiles

/// Finds the added tokens of a `tokenizer.json` in a text: from the left, the longest first.
struct AddedTokenFinder: Sendable {
  private let tokens: [TokenizerJSON.AddedToken]
  private var trie = ByteTrie()

  /// A finder for some tokens.
  ///
  /// - Parameter spelling: how a token is written where it is looked for.
  init(_ tokens: [TokenizerJSON.AddedToken], spelling: (String) -> [UInt8]) {
    self.tokens = tokens
    for (index, token) in tokens.enumerated() { trie.insert(spelling(token.content), Int32(index)) }
  }

  /// Cuts a text at the tokens.
  func fragments(_ text: [UInt8]) -> [SpecialTokens.Fragment] {
    guard !trie.isEmpty else { return text.isEmpty ? [] : [.text(text.indices)] }
    var fragments: [SpecialTokens.Fragment] = []
    var start = 0
    var place = 0
    while place < text.count {
      guard let (index, length) = trie.longest(text, at: place) else {
        place += 1
        continue
      }
      let token = tokens[Int(index)]
      var range = place..<place + length
      if token.isSingleWord, Self.touchesWord(text, range) {
        place = range.upperBound
        continue
      }
      if token.stripsLeft { range = Self.blanksBefore(text, range.lowerBound, down: start)..<range.upperBound }
      if token.stripsRight { range = range.lowerBound..<Self.blanksBehind(text, range.upperBound) }
      if start < range.lowerBound { fragments.append(.text(start..<range.lowerBound)) }
      fragments.append(.token(token.id))
      start = range.upperBound
      place = start
    }
    if start < text.count { fragments.append(.text(start..<text.count)) }
    return fragments
  }

  private static func touchesWord(_ text: [UInt8], _ range: Range<Int>) -> Bool {
    let before = ClassifiedText(text[characterStart(text, before: range.lowerBound)..<range.lowerBound])
    let end = min(text.count, range.upperBound + 4)
    let behind = ClassifiedText(text[range.upperBound..<end])
    func isWord(_ text: ClassifiedText, _ place: Int) -> Bool {
      guard text.classes.indices.contains(place) else { return false }
      // Joiners belong to words, too.
      return text.classes[place].meets(.word) || (0x200C...0x200D).contains(text.scalars[place].value)
    }
    return isWord(before, before.classes.count - 1) || isWord(behind, 0)
  }

  private static func characterStart(_ text: [UInt8], before place: Int) -> Int {
    var start = place
    repeat { start -= 1 } while start > 0 && text[start] & 0xC0 == 0x80 && place - start < 4
    return max(start, 0)
  }

  private static func blanksBefore(_ text: [UInt8], _ place: Int, down limit: Int) -> Int {
    var start = place
    while start > limit {
      let next = characterStart(text, before: start)
      guard next >= limit, ClassifiedText(text[next..<start]).classes.allSatisfy({ $0.meets(.space) }) else { break }
      start = next
    }
    return start
  }

  private static func blanksBehind(_ text: [UInt8], _ place: Int) -> Int {
    var end = place
    while end < text.count {
      let next = min(end + ByteText.characterLength(text[end]), text.count)
      guard ClassifiedText(text[end..<next]).classes.allSatisfy({ $0.meets(.space) }) else { break }
      end = next
    }
    return end
  }
}
