/// One line of the section about tools: all that happened to one repository. Its texts are foreign and not yet escaped.
struct ToolLine {
  /// The tool's name.
  var name: String
  /// What happened.
  var words: String
  /// A page that shows it; made of an address that was checked, so that it holds no Markdown.
  var link: String?
  /// Whether somebody has to look after it.
  var isTrouble: Bool

  /// The section's title.
  static let title = "New versions of your tools"

  /// A line for every repository with news, the silent ones after them; those that are watched for the first time share
  /// the last line.
  static func all(_ story: Story) -> [ToolLine] {
    var lines: [ToolLine] = []
    var urls: [String] = []
    for tool in story.tools where !urls.contains(tool.url) { urls.append(tool.url) }
    var beginnings: [String] = []
    for url in urls {
      let own = story.tools.filter { $0.url == url }
      let changes = own.filter { ![.first, .unreachable].contains($0.kind) }
      if let change = changes.first {
        lines.append(
          ToolLine(
            name: change.name, words: changes.map(\.words).joined(separator: " · "),
            link: changes.lazy.compactMap(\.link).first, isTrouble: false))
      } else if let first = own.first(where: { $0.kind == .first }) {
        beginnings.append("\(first.name) (\(first.words))")
      }
    }
    for silent in story.tools where silent.kind == .unreachable {
      lines.append(ToolLine(name: silent.name, words: silent.words, link: nil, isTrouble: true))
    }
    if !beginnings.isEmpty {
      lines.append(
        ToolLine(name: "Watched from now on:", words: beginnings.joined(separator: ", "), link: nil, isTrouble: false))
    }
    return lines
  }
}
