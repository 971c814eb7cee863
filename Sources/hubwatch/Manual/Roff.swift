/// Lines of a manual page in the macros of man(7).
struct Roff {
  private(set) var lines: [String] = []

  /// `text` so that no part of it is a command: backslashes and dashes as they are typed, words in backquotes in bold.
  static func escaped(_ text: String) -> String {
    var (result, isCode) = ("", false)
    for character in text {
      switch character {
      case "\\": result += "\\e"
      case "-": result += "\\-"
      case "`":
        isCode.toggle()
        result += isCode ? "\\fB" : "\\fR"
      default: result.append(character)
      }
    }
    return isCode ? result + "\\fR" : result
  }

  /// The first line: what page this is.
  mutating func title(_ name: String, section: Int) {
    lines.append(".TH \"\(Self.escaped(name.uppercased()))\" \(section) \"\" \"hubwatch \(Version.text)\" \"hubwatch\"")
    // Names of commands are not to be hyphenated, nor lines to be filled with blanks.
    lines += [".nh", ".ad l"]
  }

  /// The next text begins a line.
  mutating func lineBreak() { lines.append(".br") }
  /// A heading.
  mutating func section(_ name: String) { lines.append(".SH \"\(Self.escaped(name))\"") }
  /// A heading within a section.
  mutating func subsection(_ name: String) { lines.append(".SS \"\(Self.escaped(name))\"") }
  /// A new paragraph.
  mutating func paragraph() { lines.append(".PP") }
  /// A line of text. At its beginning, a point or an apostrophe would be a command.
  mutating func text(_ text: String) { raw(Self.escaped(text)) }
  /// A line that has its escapes already.
  mutating func raw(_ line: String) {
    guard !line.isEmpty else { return }
    lines.append(line.hasPrefix(".") || line.hasPrefix("'") ? "\\&\(line)" : line)
  }
  /// An entry of a list: a term, and what it means.
  mutating func entry(_ term: String, _ meaning: String) {
    lines.append(".TP")
    raw(term)
    // A term without a meaning needs a line, or it would take the next one.
    if meaning.isEmpty { lines.append("\\&") }
    for line in meaning.split(separator: "\n") { text(String(line.drop(while: \.isWhitespace))) }
  }
  /// Lines that stay as they are.
  mutating func verbatim(_ text: String) {
    lines += [".PP", ".nf"]
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.isEmpty { lines.append(".sp") } else { raw(Self.verbatimEscaped(line)) }
    }
    lines.append(".fi")
  }

  private static func verbatimEscaped(_ line: Substring) -> String {
    line.reduce(into: "") { $0 += $1 == "\\" ? "\\e" : $1 == "-" ? "\\-" : String($1) }
  }

  /// The page, with a line end.
  var page: String { lines.joined(separator: "\n") + "\n" }
}
