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
    let worth = Phrases.worthALook(story)
    if !worth.isEmpty { lines += ["", "## \(Phrases.worthTitle)", ""] }
    for entry in worth {
      lines.append(
        "- [\(Self.escaped(entry.id))](\(phrases.page(entry))): \(Self.escaped(Phrases.glance(entry)))")
    }
    if !story.needs.isEmpty {
      lines += ["", "## \(Phrases.needsTitle)", ""] + story.needs.map { "- \(Self.escaped($0))" }
    }
    for section in Phrases.sections {
      let entries = story.families.filter { section.places.contains($0.place) }
      let unnamed = section.places.reduce(0) { $0 + (story.unnamed[$1.rawValue] ?? 0) }
      guard !entries.isEmpty || unnamed > 0 else { continue }
      lines += ["", "## \(section.title)", ""]
      for entry in entries.prefix(Phrases.sectionLimit) {
        var facts = entry.place == .tooBig ? [Phrases.shortfall(entry)] : Phrases.facts(entry)
        facts += entry.reasons.prefix(3)
        if let kin = Phrases.kin(entry) { facts.append(kin) }
        let text = facts.filter { !$0.isEmpty }.map(Self.escaped).joined(separator: "; ")
        lines.append("- [\(Self.escaped(entry.id))](\(phrases.page(entry)))" + (text.isEmpty ? "" : ": \(text)"))
      }
      let rest = entries.dropFirst(Phrases.sectionLimit).reduce(unnamed) { $0 + 1 + $1.otherMembers.count }
      if rest > 0 { lines.append("- " + Phrases.more(rest, of: section.places, again: "hubwatch digest --json")) }
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
