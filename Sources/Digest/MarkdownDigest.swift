import Console
import Domain
import Foundation

/// The digest as Markdown, for a mail or a note.
public struct MarkdownDigest: Sendable {
  private let phrases: Phrases

  /// - Parameter endpoint: the hub's address, for links.
  public init(endpoint: String) { phrases = Phrases(endpoint: endpoint) }

  /// The whole digest, without a final line end.
  public func render(_ story: Story) -> String {
    var lines = ["# hubwatch, \(Phrases.time(story.until))", "", Phrases.summary(story)]
    if let device = story.device { lines += ["", "Measured against: \(Self.escaped(device))"] }
    for section in Phrases.sections {
      let entries = story.families.filter { section.places.contains($0.place) }
      guard !entries.isEmpty else { continue }
      lines += ["", "## \(section.title)", ""]
      for entry in entries.prefix(Phrases.sectionLimit) {
        var facts = entry.place == .tooBig ? [Phrases.shortfall(entry)] : Phrases.facts(entry)
        facts += entry.reasons.prefix(3)
        if let kin = Phrases.kin(entry) { facts.append(kin) }
        let text = facts.filter { !$0.isEmpty }.map(Self.escaped).joined(separator: "; ")
        lines.append("- [\(Self.escaped(entry.id))](\(phrases.page(entry)))" + (text.isEmpty ? "" : ": \(text)"))
      }
      if entries.count > Phrases.sectionLimit {
        lines.append("- and \(entries.count - Phrases.sectionLimit) more")
      }
    }
    if !story.abilities.isEmpty { lines += ["", "## \(AbilityPhrases.title)", ""] }
    for ability in story.abilities.prefix(AbilityPhrases.limit) {
      let name = Self.escaped("\(ability.id) \(ability.quantization)")
      lines.append("- \(name): \(ability.words.map(Self.escaped).joined(separator: "; "))")
    }
    if story.abilities.count > AbilityPhrases.limit {
      lines.append("- and \(story.abilities.count - AbilityPhrases.limit) more")
    }
    let tools = ToolLine.all(story)
    if !tools.isEmpty { lines += ["", "## \(ToolLine.title)", ""] }
    for line in tools {
      let name = line.link.map { "[\(Self.escaped(line.name))](\($0))" } ?? Self.escaped(line.name)
      lines.append("- \(name): \(Self.escaped(line.words))")
    }
    if let scrub = story.scrub { lines += ["", Phrases.scrub(scrub)] }
    for gap in story.gaps.prefix(5) { lines += ["", "Trouble: \(Self.escaped(gap))"] }
    return lines.joined(separator: "\n")
  }

  /// Foreign text without its power: control characters visible, Markdown's and HTML's signs escaped.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in ForeignText.safe(text, limit: 300).unicodeScalars {
      switch scalar {
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "&": result += "&amp;"
      case "\\", "`", "*", "_", "[", "]", "(", ")", "#", "!", "|", "~":
        result += "\\\(scalar)"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
