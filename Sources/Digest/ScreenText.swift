import Console

/// Lines of a screen: how wide they are, how they look, and where they break.
struct ScreenText {
  let width: Int
  let style: Style

  /// Breaks a line at blanks, each piece indented, and words that are too long for a line anywhere; a command between backticks
  /// stays whole where a line holds it. `lead` columns of the first line are taken by something else.
  func wrapped(_ text: String, indent: Int, lead: Int = 0) -> [String] {
    let prefix = String(repeating: " ", count: indent)
    var lines: [String] = []
    var line = ""
    var room: Int { max(1, width - indent - (lines.isEmpty ? lead : 0)) }
    for word in words(text, room: width - indent) {
      var rest = word
      if !line.isEmpty, TextWidth.columns(line) + 1 + TextWidth.columns(rest) > room {
        lines.append(prefix + line)
        line = ""
      }
      while line.isEmpty, TextWidth.columns(rest) > room {
        var piece = ""
        while let next = rest.first, TextWidth.columns(piece + String(next)) <= room {
          piece.append(rest.removeFirst())
        }
        guard !piece.isEmpty else { break }
        lines.append(prefix + piece)
      }
      line += line.isEmpty ? rest : " \(rest)"
    }
    return line.isEmpty ? lines : lines + [prefix + line]
  }

  /// The words of a text; what stands between backticks is one word when it is not too wide.
  private func words(_ text: String, room: Int) -> [String] {
    var words: [String] = []
    for (place, piece) in text.split(separator: "`", omittingEmptySubsequences: false).enumerated() {
      let isCommand = place % 2 == 1
      if isCommand, TextWidth.columns(String(piece)) + 2 <= room {
        join("`\(piece)`", to: &words)
        continue
      }
      let mark = isCommand ? "`" : ""
      let parts = "\(mark)\(piece)\(mark)".split(separator: " ", omittingEmptySubsequences: false)
      for (number, part) in parts.enumerated() {
        // What follows a command without a blank belongs to it.
        if number == 0, place > 0 { join(String(part), to: &words) } else { words.append(String(part)) }
      }
    }
    return words.filter { !$0.isEmpty }
  }

  private func join(_ part: String, to words: inout [String]) {
    if let last = words.indices.last { words[last] += part } else { words.append(part) }
  }

  /// A mark, a name that gives way, how many others it stands for, and words behind it: `· org/name +3  needs 5.9 GiB`.
  func headline(
    _ mark: String, _ meaning: Style.Meaning, _ name: String, others: Int = 0, _ words: String
  ) -> String {
    let head = style.paint(mark, meaning)
    let count = others == 0 ? "" : " +\(others)"
    guard !words.isEmpty else {
      return "\(head) \(style.paint(TextWidth.cut(name, to: width - 2 - count.count) + count, .strong))"
    }
    // Both are shortened only where there is no room for both.
    let room = width - 4 - count.count
    let names = TextWidth.columns(name)
    let most = max(room - names, room / 2)
    let shown = TextWidth.cut(words, to: most)
    let left = max(10, room - TextWidth.columns(shown))
    return "\(head) \(style.paint(TextWidth.cut(name, to: left) + count, .strong))  \(style.paint(shown, .faint))"
  }
}
