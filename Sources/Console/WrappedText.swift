/// Foreign text in lines of a terminal.
public enum WrappedText {
  /// `text` made safe and broken at blanks; words that are too long for a line are cut in pieces.
  ///
  /// - Parameters:
  ///   - text: anything.
  ///   - width: columns of a line, its indent included.
  ///   - indent: blanks before each line.
  /// - Returns: no line for a text without a word.
  public static func lines(_ text: String, width: Int, indent: Int = 0) -> [String] {
    let (prefix, room) = (String(repeating: " ", count: indent), max(10, width - indent))
    var lines: [String] = []
    var line = ""
    for word in ForeignText.oneLine(text, limit: 1000).split(separator: " ") {
      var rest = word
      if !line.isEmpty, TextWidth.columns(line) + 1 + TextWidth.columns(String(rest)) > room {
        lines.append(prefix + line)
        line = ""
      }
      while TextWidth.columns(String(rest)) > room {
        var piece = ""
        while let next = rest.first, TextWidth.columns(piece + String(next)) <= room {
          piece.append(next)
          rest = rest.dropFirst()
        }
        lines.append(prefix + piece)
      }
      line += line.isEmpty ? String(rest) : " \(rest)"
    }
    return line.isEmpty ? lines : lines + [prefix + line]
  }
}
