/// Finds the tokens that are written out in a text, such as `<|im_start|>`, before anything else is tokenized.
struct SpecialTokens: Sendable {
  /// A piece of a text: bytes still to be tokenized, or a token that was written out.
  enum Fragment: Equatable {
    case text(Range<Int>)
    case token(Int32)
  }

  private struct Entry: Sendable {
    let token: Int32
    let text: [UInt8]
    let needsPermission: Bool
  }

  /// The entries by their first byte.
  private var entries = [[Entry]](repeating: [], count: 256)

  /// Collects control, unknown and user-defined tokens. The first two kinds are found only on request.
  init(_ vocabulary: Vocabulary) {
    for token in 0..<Int32(vocabulary.count) {
      let kind = vocabulary.kinds[Int(token)]
      guard [.control, .unknown, .userDefined].contains(kind), let first = vocabulary.text(token).first
      else { continue }
      entries[Int(first)].append(
        Entry(token: token, text: Array(vocabulary.text(token)), needsPermission: kind != .userDefined))
    }
  }

  /// Cuts a text at its special tokens: longer tokens go first wherever they stand, then those further left.
  ///
  /// - Parameter control: whether control and unknown tokens are found too; only for trusted text.
  func fragments(_ text: [UInt8], control: Bool) -> [Fragment] {
    var found: [(start: Int, entry: Entry)] = []
    for start in text.indices {
      for entry in entries[Int(text[start])] where control || !entry.needsPermission {
        if text[start...].starts(with: entry.text) { found.append((start, entry)) }
      }
    }
    guard !found.isEmpty else { return text.isEmpty ? [] : [.text(text.indices)] }
    found.sort { left, right in
      (-left.entry.text.count, left.entry.token, left.start) < (
        -right.entry.text.count, right.entry.token, right.start
      )
    }
    var taken = [Bool](repeating: false, count: text.count)
    var chosen: [(start: Int, entry: Entry)] = []
    for match in found {
      let range = match.start..<match.start + match.entry.text.count
      if taken[range].contains(true) { continue }
      for index in range { taken[index] = true }
      chosen.append(match)
    }
    var fragments: [Fragment] = []
    var position = 0
    for match in chosen.sorted(by: { $0.start < $1.start }) {
      if position < match.start { fragments.append(.text(position..<match.start)) }
      fragments.append(.token(match.entry.token))
      position = match.start + match.entry.text.count
    }
    if position < text.count { fragments.append(.text(position..<text.count)) }
    return fragments
  }
}
