import Console
import Domain
import Foundation

/// The digest as Markdown, for a mail or a note.
public struct MarkdownDigest: Sendable {
  private let phrases: Phrases
  private let again: String

  /// - Parameters:
  ///   - endpoint: the hub's address, for links.
  ///   - again: the command that tells the same time again.
  public init(endpoint: String, again: String = "hubwatch digest") {
    phrases = Phrases(endpoint: endpoint)
    self.again = again
  }

  /// Entries shown of one section; the rest is counted.
  private static let limit = 8

  /// The whole digest, without a final line end. Where nothing happened and all is well, one line.
  ///
  /// - Parameter trends: the section of a weekly digest; nil on other days.
  public func render(_ story: Story, trends: Trends? = nil) -> String {
    let title = "hubwatch, \(Phrases.time(story.until))"
    if Phrases.isQuiet(story), trends == nil { return "**\(title)**: nothing new." }
    var lines = ["# \(title)", "", Phrases.summary(story)]
    if let device = story.device { lines += ["", "Measured against: \(Self.escaped(device))"] }
    if !story.needs.isEmpty {
      lines += ["", "## \(Phrases.needsTitle)", ""] + story.needs.map { "- \(Self.escaped($0))" }
    }
    let worth = Phrases.worthALook(story)
    if !worth.isEmpty { lines += ["", "## \(Phrases.worthTitle)", ""] }
    for entry in worth { lines.append("- \(link(entry)): \(Self.escaped(Phrases.glance(entry)))") }
    for section in Phrases.sections { lines += self.section(section, story) }
    lines += abilities(story)
    let tools = ToolLine.all(story)
    if !tools.isEmpty { lines += ["", "## \(ToolLine.title)", ""] }
    for line in tools {
      let link = line.link.flatMap(HTML.link).flatMap { $0.contains { "()".contains($0) } ? nil : $0 }
      let name = link.map { "[\(Self.escaped(line.name))](\($0))" } ?? Self.escaped(line.name)
      lines.append("- \(name): \(Self.escaped(line.words))")
    }
    if let trends, !trends.charts.isEmpty {
      lines += ["", "## \(Phrases.weeksTitle)", ""]
      for chart in trends.charts { lines.append("- \(chart.title): \(Self.escaped(chart.words))") }
    }
    if let scrub = story.scrub { lines += ["", Phrases.scrub(scrub)] }
    for gap in story.gaps.prefix(5) { lines += ["", "Trouble: \(Self.escaped(ForeignText.oneLine(gap)))"] }
    if story.gaps.count > 5 { lines += ["", "and \(story.gaps.count - 5) more: `hubwatch status`"] }
    if story.gaps.isEmpty { lines += ["", Phrases.health(story)] }
    return lines.joined(separator: "\n")
  }

  private func section(_ section: Phrases.Section, _ story: Story) -> [String] {
    let shown = section.isCounted ? 0 : Self.limit
    let rest = Phrases.hidden(section, of: story, shown: shown)
    if section.isCounted {
      let command = Phrases.command(section.places, again: again)
      return rest > 0 ? ["", "\(section.title): \(Phrases.count(rest)), `\(command)`"] : []
    }
    let entries = story.families.lazy.filter { section.places.contains($0.place) }.prefix(shown).map(item)
    guard !entries.isEmpty || rest > 0 else { return [] }
    let more = rest > 0 ? ["- " + Phrases.more(rest, of: section.places, again: again)] : []
    return ["", "## \(Phrases.title(section, story))", ""] + entries + more
  }

  private func link(_ entry: Story.Entry) -> String {
    // An id that is none leads nowhere.
    let name = Self.escaped(entry.id)
    return RepoID(entry.id) == nil ? name : "[\(name)](\(phrases.page(entry)))"
  }

  private func item(_ entry: Story.Entry) -> String {
    var facts = entry.place == .tooBig ? [Phrases.shortfall(entry)] : Phrases.facts(entry)
    facts += entry.place == .gated ? ["accept its terms on its page"] : Array(entry.reasons.prefix(3))
    if let turn = Phrases.turn(entry) { facts.append(turn) }
    if let again = Phrases.again(entry), entry.place != .gated { facts.append(again) }
    if let kin = Phrases.kin(entry) { facts.append(kin) }
    if let sample = entry.sample, !sample.isEmpty, [.passed, .suspect].contains(entry.place) {
      facts.append("“\(ForeignText.oneLine(sample, limit: 200))”")
    }
    let text = facts.filter { !$0.isEmpty }.map { Self.escaped(ForeignText.oneLine($0)) }.joined(separator: "; ")
    return "- \(link(entry))" + (text.isEmpty ? "" : ": \(text)")
  }

  private func abilities(_ story: Story) -> [String] {
    guard !story.abilities.isEmpty else { return [] }
    var lines = ["", "## \(AbilityPhrases.title)", ""]
    for ability in story.abilities.prefix(AbilityPhrases.limit) {
      let name = Self.escaped("\(ability.id) \(ability.quantization)")
      lines.append("- \(name): \(ability.words.map(Self.escaped).joined(separator: "; "))")
    }
    let rest = story.abilities.count - AbilityPhrases.limit
    if rest > 0 { lines.append("- " + Phrases.more(rest, of: [], again: "\(again) --json")) }
    return lines
  }

  /// Foreign text without its power: control characters visible, the signs of Markdown and HTML escaped, and what
  /// readers turn into links or mentions by themselves (`https://…`, `www.…`, `@name`, `a@b.c`) broken.
  ///
  /// Source of the signs: CommonMark 0.31, and the extensions of GitHub Flavored Markdown.
  static func escaped(_ text: String) -> String {
    var result = ""
    var before: (Unicode.Scalar, Unicode.Scalar, Unicode.Scalar) = (" ", " ", " ")
    for scalar in ForeignText.safe(text, limit: 300).unicodeScalars {
      switch scalar {
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "&": result += "&amp;"
      // No escape takes the power of this sign; its wide sister has none.
      case "@": result += "\u{FF20}"
      case "\\", "`", "*", "_", "[", "]", "(", ")", "#", "!", "|", "~", "$", ":":
        result += "\\\(scalar)"
      case "." where [before.0, before.1, before.2].allSatisfy({ $0 == "w" || $0 == "W" }): result += "\\."
      default: result.unicodeScalars.append(scalar)
      }
      before = (before.1, before.2, scalar)
    }
    return result
  }
}
