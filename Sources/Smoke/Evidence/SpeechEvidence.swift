import Foundation

/// What greedy continuations say.
struct SpeechEvidence {
  /// The new tokens after each prompt.
  let continuations: [[Int32]]
  /// The same as texts.
  let texts: [String]

  var findings: [Finding] {
    guard !continuations.isEmpty else { return [] }
    if continuations.allSatisfy({ Self.period($0) == 1 }) { return [.suspect("it repeats one token for ever")] }
    let periods = continuations.compactMap(Self.period)
    if periods.count == continuations.count, let longest = periods.max() {
      return [.suspect("it goes round in circles of \(longest) tokens after every prompt")]
    }
    let all = texts.joined()
    let scalars = all.unicodeScalars
    let damaged = scalars.filter { $0 == "\u{FFFD}" }.count
    if damaged > 3, damaged * 10 > scalars.count { return [.suspect("what it says is no well-formed text")] }
    let letters = scalars.filter(\.properties.isAlphabetic)
    let foreign = letters.filter { $0.value > 0x24F }.count
    if letters.count >= 40, foreign * 2 > letters.count {
      return [.suspect("asked in English, it goes on in another script")]
    }
    return []
  }

  /// How many tokens repeat at the end, when they do so four times and fill most of the text; at most 4.
  static func period(_ tokens: [Int32]) -> Int? {
    guard tokens.count >= 16 else { return nil }
    for period in 1...4 {
      var length = period
      while length < tokens.count, tokens[tokens.count - 1 - length] == tokens[tokens.count - 1 - length + period] {
        length += 1
      }
      if length >= 4 * period, length * 4 >= tokens.count * 3 { return period }
    }
    return nil
  }
}
