/// What a command says beside its options: sentences, and after the words EXIT STATUS what its exit codes mean, each in a line that
/// is indented or in one sentence.
struct Discussion {
  private var description: [Substring] = []
  private var exitStatus: [Substring] = []

  /// Takes a text apart.
  init(_ text: String) {
    let heading = "EXIT STATUS"
    var isAboutCodes = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix(heading) {
        isAboutCodes = true
        exitStatus.append(line.dropFirst(heading.count).drop { $0 == ":" || $0 == " " })
      } else if isAboutCodes {
        exitStatus.append(line)
      } else {
        description.append(line)
      }
    }
    while description.last?.isEmpty == true { description.removeLast() }
  }

  /// The section of the sentences, where there are any.
  func writeDescription(_ roff: inout Roff) { write("DESCRIPTION", description, &roff) }
  /// The section of the exit codes, where there are any.
  func writeExitStatus(_ roff: inout Roff) { write("EXIT STATUS", exitStatus, &roff) }

  private func write(_ heading: String, _ lines: [Substring], _ roff: inout Roff) {
    guard lines.contains(where: { !$0.isEmpty }) else { return }
    roff.section(heading)
    for line in lines {
      let words = line.drop(while: \.isWhitespace)
      let code = words.prefix(while: \.isNumber)
      if line.hasPrefix("  "), !code.isEmpty {
        roff.entry("\\fB\(code)\\fR", String(words.dropFirst(code.count)))
      } else if !words.isEmpty {
        roff.text(String(words))
      } else if line != lines.first {
        roff.paragraph()
      }
    }
  }
}
