import Console
import Domain
import Foundation

/// The digest for a terminal.
public struct TextDigest: Sendable {
  private let phrases: Phrases
  private let width: Int
  private let style: Style

  /// - Parameters:
  ///   - endpoint: the hub's address, for links.
  ///   - width: columns; 60 is enough.
  ///   - style: colours, or none.
  public init(endpoint: String, width: Int, style: Style) {
    phrases = Phrases(endpoint: endpoint)
    self.width = max(40, min(width, 100))
    self.style = style
  }

  /// The whole digest, without a final line end.
  public func render(_ story: Story) -> String {
    var lines = [style.paint("hubwatch · \(Phrases.time(story.until))", .heading)]
    lines += wrapped(Phrases.summary(story), indent: 0)
    if let device = story.device {
      lines.append(style.paint("Measured against: \(ForeignText.safe(device))", .faint))
    }
    for section in Phrases.sections {
      let entries = story.families.filter { section.places.contains($0.place) }
      guard !entries.isEmpty else { continue }
      lines += ["", style.paint(section.title, .strong)]
      for entry in entries.prefix(Phrases.sectionLimit) { lines += self.lines(entry) }
      if entries.count > Phrases.sectionLimit {
        lines.append("  and \(entries.count - Phrases.sectionLimit) more: `hubwatch digest --json` has them all")
      }
    }
    lines += abilities(story)
    lines += tools(story)
    let leftOut = story.families.filter { $0.place == .leftOut }
    if !leftOut.isEmpty {
      lines.append("")
      lines += wrapped("Left out by rule: \(names(leftOut, of: story.counts.leftOut))", indent: 0).map {
        style.paint($0, .faint)
      }
    }
    lines.append("")
    if let scrub = story.scrub {
      lines += wrapped(Phrases.scrub(scrub), indent: 0).map { style.paint($0, scrub.troubles > 0 ? .warning : .faint) }
    }
    lines.append(health(story))
    return lines.joined(separator: "\n")
  }

  private func lines(_ entry: Story.Entry) -> [String] {
    let mark: (String, Style.Meaning) =
      switch entry.place {
      case .passed: ("✓", .good)
      case .failed, .broken: ("✗", .bad)
      case .suspect, .gated, .waiting: ("!", .warning)
      default: ("·", .faint)
      }
    let name = TextWidth.cut(ForeignText.safe(entry.id), to: width - 4)
    var lines = ["\(style.paint(mark.0, mark.1)) \(style.paint(name, .strong))"]
    switch entry.place {
    case .tooBig: lines += wrapped(Phrases.shortfall(entry), indent: 2)
    case .gated: lines += wrapped("accept its terms at \(phrases.page(entry))", indent: 2)
    case .noWeights, .pickleOnly, .notQuantized, .gone, .waiting: break
    default: lines += wrapped(Phrases.facts(entry).joined(separator: " · "), indent: 2)
    }
    if entry.place != .gated {
      for reason in entry.reasons.prefix(3) { lines += wrapped(ForeignText.safe(reason, limit: 300), indent: 2) }
    }
    if let kin = Phrases.kin(entry) { lines += wrapped(kin, indent: 2) }
    if let sample = entry.sample, !sample.isEmpty {
      let quote = TextWidth.cut("“\(ForeignText.oneLine(sample, limit: 200))”", to: width - 2)
      lines.append("  " + style.paint(quote, .faint))
    }
    if let path = entry.path { lines.append("  " + style.paint(ForeignText.safe(path), .faint)) }
    return lines
  }

  private func abilities(_ story: Story) -> [String] {
    guard !story.abilities.isEmpty else { return [] }
    var lines = ["", style.paint(AbilityPhrases.title, .strong)]
    for ability in story.abilities.prefix(AbilityPhrases.limit) {
      let name = TextWidth.cut(ForeignText.safe("\(ability.id) \(ability.quantization)"), to: width - 4)
      let isLoss = ability.firsts.isEmpty
      lines.append("\(style.paint(isLoss ? "!" : "★", isLoss ? .warning : .good)) \(style.paint(name, .strong))")
      for words in ability.words { lines += wrapped(ForeignText.safe(words, limit: 500), indent: 2) }
    }
    if story.abilities.count > AbilityPhrases.limit {
      lines.append("  and \(story.abilities.count - AbilityPhrases.limit) more: `hubwatch digest --json` has them all")
    }
    return lines
  }

  private func tools(_ story: Story) -> [String] {
    let lines = ToolLine.all(story).flatMap { line in
      let mark = line.isTrouble ? style.paint("!", .warning) : style.paint("·", .faint)
      let name = TextWidth.cut(ForeignText.safe(line.name), to: width - 4)
      let words = ForeignText.safe(line.words, limit: 500)
      var pieces = wrapped(words, indent: 2, lead: TextWidth.columns(name) + 2)
      if let first = pieces.first { pieces[0] = "\(mark) \(style.paint(name, .strong))  \(first.dropFirst(2))" }
      return pieces
    }
    return lines.isEmpty ? [] : ["", style.paint(ToolLine.title, .strong)] + lines
  }

  private func names(_ entries: [Story.Entry], of count: Int) -> String {
    let shown = entries.prefix(3).map { ForeignText.safe($0.id) }.joined(separator: ", ")
    return count > 3 ? "\(shown) and \(count - 3) more" : shown
  }

  private func health(_ story: Story) -> String {
    guard story.gaps.isEmpty else {
      return story.gaps.prefix(5).map { gap in
        style.paint("Trouble: \(ForeignText.safe(gap, limit: 300))", .warning)
      }.joined(separator: "\n")
    }
    let text = story.lastCycleAt.map { "all well, last cycle ended \(Phrases.time($0))" } ?? "no cycle ran in this time"
    return style.paint("Health: \(text).", .faint)
  }

  /// Breaks a line at blanks, each piece indented; `lead` columns of the first one are taken by something else.
  private func wrapped(_ text: String, indent: Int, lead: Int = 0) -> [String] {
    let prefix = String(repeating: " ", count: indent)
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      let room = width - indent - (lines.isEmpty ? lead : 0)
      if !line.isEmpty, TextWidth.columns(line) + 1 + TextWidth.columns(String(word)) > room {
        lines.append(prefix + line)
        line = ""
      }
      line += line.isEmpty ? String(word) : " \(word)"
    }
    return line.isEmpty ? lines : lines + [prefix + line]
  }
}
