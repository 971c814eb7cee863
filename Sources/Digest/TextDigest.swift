import Console
import Domain
import Foundation

/// The digest for a terminal.
public struct TextDigest: Sendable {
  private let phrases: Phrases
  private let width: Int
  private let style: Style
  private let again: String

  /// - Parameters:
  ///   - endpoint: the hub's address, for links.
  ///   - width: columns; 60 is enough.
  ///   - style: colours, or none.
  ///   - again: the command that shows everything of the same time.
  public init(endpoint: String, width: Int, style: Style, again: String = "hubwatch digest --json") {
    self.again = again
    phrases = Phrases(endpoint: endpoint)
    self.width = max(40, min(width, 100))
    self.style = style
  }

  /// The most lines that a digest has.
  static let screen = 60

  /// The whole digest, at most 60 lines, without a final line end.
  public func render(_ story: Story) -> String {
    var head = [style.paint("hubwatch · \(Phrases.time(story.until))", .heading)]
    head += wrapped(Phrases.summary(story), indent: 0)
    if let device = story.device {
      let name = TextWidth.cut("Measured against: \(ForeignText.safe(device))", to: width)
      head.append(style.paint(name, .faint))
    }
    let leftOut = self.leftOut(story)
    var foot = leftOut.isEmpty ? [] : [""] + leftOut
    foot.append("")
    if let scrub = story.scrub {
      foot += wrapped(Phrases.scrub(scrub), indent: 0).map { style.paint($0, scrub.troubles > 0 ? .warning : .faint) }
    }
    foot += health(story)
    if !story.needs.isEmpty {
      head += ["", style.paint(Phrases.needsTitle, .strong)]
      head += story.needs.map { style.paint("! ", .warning) + TextWidth.cut($0, to: width - 2) }
    }
    let room = Self.screen - head.count - foot.count
    let body = ScreenSection.fitted(sections(story), room: room).flatMap(\.lines)
    return (head + body + foot).joined(separator: "\n")
  }

  private func sections(_ story: Story) -> [ScreenSection] {
    var sections = [
      ScreenSection(
        title: style.paint(Phrases.worthTitle, .strong),
        blocks: Phrases.worthALook(story).map { ScreenSection.Block(full: [glance($0)], brief: glance($0)) },
        more: { _ in [] },
        collapsed: { collapsed(Phrases.worthTitle, $0, again) })
    ]
    for section in Phrases.sections {
      let entries = story.families.filter { section.places.contains($0.place) }
      // What no screen shows need not be put into lines.
      let blocks = entries.prefix(Phrases.sectionLimit).map(block)
      let hidden = entries.dropFirst(Phrases.sectionLimit).reduce(0) { $0 + 1 + $1.otherMembers.count }
      sections.append(
        ScreenSection(
          title: style.paint(section.title, .strong), weight: section.weight, blocks: blocks,
          unnamed: section.places.reduce(hidden) { $0 + (story.unnamed[$1.rawValue] ?? 0) },
          more: { wrapped(Phrases.more($0, of: section.places, again: again), indent: 2) },
          collapsed: { collapsed(section.title, $0, Phrases.command(section.places, again: again)) }))
    }
    return sections + [abilities(story), tools(story)]
  }

  /// What is left of a section for which there is no room.
  private func collapsed(_ title: String, _ count: Int, _ command: String) -> String {
    style.paint(TextWidth.cut("\(title): \(count), see `\(command)`", to: width), .strong)
  }

  /// One line of a family that deserves a look.
  private func glance(_ entry: Story.Entry) -> String {
    let words = TextWidth.cut(ForeignText.safe(Phrases.glance(entry)), to: width / 2)
    let room = max(10, width - 4 - TextWidth.columns(words))
    return "\(style.paint("·", .faint)) \(TextWidth.cut(ForeignText.safe(entry.id), to: room))  "
      + style.paint(words, .faint)
  }

  private func leftOut(_ story: Story) -> [String] {
    let entries = story.families.filter { $0.place == .leftOut }
    let count = entries.count + (story.unnamed[Story.Place.leftOut.rawValue] ?? 0)
    guard count > 0 else { return [] }
    let names = entries.prefix(3).map { ForeignText.safe($0.id, limit: 100) }
    let rest = count - names.count
    let lead = names.isEmpty ? "\(rest)" : " and \(rest) more"
    let tail = rest > 0 ? "\(lead): `hubwatch list --state leftOut`" : ""
    return wrapped("Left out by rule: \(names.joined(separator: ", "))\(tail)", indent: 0).map {
      style.paint($0, .faint)
    }
  }

  private func block(_ entry: Story.Entry) -> ScreenSection.Block {
    let lines = lines(entry)
    let others = entry.otherMembers.count
    return ScreenSection.Block(
      full: lines, brief: (lines.first ?? "") + (others > 0 ? " +\(others)" : ""), models: 1 + others)
  }

  private func lines(_ entry: Story.Entry) -> [String] {
    let mark: (String, Style.Meaning) =
      switch entry.place {
      case .passed: ("✓", .good)
      case .failed, .broken: ("✗", .bad)
      case .suspect, .gated, .waiting: ("!", .warning)
      default: ("·", .faint)
      }
    let name = TextWidth.cut(ForeignText.safe(entry.id), to: width - 10)
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
    if let path = entry.path {
      // A path that is broken in two cannot be copied.
      let text = "  " + ForeignText.safe(path)
      let line = TextWidth.columns(text) <= width ? text : "  `hubwatch path \(ForeignText.safe(entry.id))`"
      lines.append(style.paint(TextWidth.cut(line, to: width), .faint))
    }
    return lines
  }

  private func abilities(_ story: Story) -> ScreenSection {
    let blocks = story.abilities.prefix(AbilityPhrases.limit).map { ability in
      let name = TextWidth.cut(ForeignText.safe("\(ability.id) \(ability.quantization)"), to: width - 4)
      let isLoss = ability.firsts.isEmpty
      var lines = ["\(style.paint(isLoss ? "!" : "★", isLoss ? .warning : .good)) \(style.paint(name, .strong))"]
      for words in ability.words { lines += wrapped(ForeignText.safe(words, limit: 500), indent: 2) }
      return ScreenSection.Block(full: lines, brief: lines.first ?? name)
    }
    return ScreenSection(
      title: style.paint(AbilityPhrases.title, .strong), weight: 2, blocks: blocks,
      unnamed: max(0, story.abilities.count - AbilityPhrases.limit),
      more: { wrapped(Phrases.more($0, of: [], again: again), indent: 2) },
      collapsed: { collapsed(AbilityPhrases.title, $0, again) }, shown: AbilityPhrases.limit)
  }

  private func tools(_ story: Story) -> ScreenSection {
    let all = ToolLine.all(story)
    let most = 16
    let blocks = all.prefix(most).map { line in
      let mark = line.isTrouble ? style.paint("!", .warning) : style.paint("·", .faint)
      let name = TextWidth.cut(ForeignText.safe(line.name), to: width - 4)
      let words = ForeignText.safe(line.words, limit: 500)
      var pieces = wrapped(words, indent: 2, lead: TextWidth.columns(name) + 2)
      if let first = pieces.first { pieces[0] = "\(mark) \(style.paint(name, .strong))  \(first.dropFirst(2))" }
      return ScreenSection.Block(full: pieces, brief: pieces.first ?? name)
    }
    return ScreenSection(
      title: style.paint(ToolLine.title, .strong), blocks: blocks, unnamed: max(0, all.count - most),
      more: { wrapped("and \($0) more: `hubwatch tools` has them all", indent: 2) },
      collapsed: { collapsed(ToolLine.title, $0, "hubwatch tools") }, shown: most)
  }

  private func health(_ story: Story) -> [String] {
    guard story.gaps.isEmpty else {
      let shown = story.gaps.prefix(3).flatMap { gap in
        wrapped("Trouble: \(ForeignText.oneLine(gap, limit: 300))", indent: 0).prefix(4)
      }
      let rest = story.gaps.count - 3
      return (shown + (rest > 0 ? ["and \(rest) more: `hubwatch status`"] : [])).map { style.paint($0, .warning) }
    }
    let text = story.lastCycleAt.map { "all well, last cycle ended \(Phrases.time($0))" } ?? "no cycle ran in this time"
    return wrapped("Health: \(text).", indent: 0).map { style.paint($0, .faint) }
  }

  /// Breaks a line at blanks, each piece indented, and words that are too long for a line anywhere, but for addresses;
  /// `lead` columns of the first line are taken by something else.
  private func wrapped(_ text: String, indent: Int, lead: Int = 0) -> [String] {
    let prefix = String(repeating: " ", count: indent)
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      var rest = String(word)
      let room = width - indent - (lines.isEmpty ? lead : 0)
      if !line.isEmpty, TextWidth.columns(line) + 1 + TextWidth.columns(rest) > room {
        lines.append(prefix + line)
        line = ""
      }
      while line.isEmpty, TextWidth.columns(rest) > width - indent, !rest.hasPrefix("http") {
        var piece = ""
        while let next = rest.first, TextWidth.columns(piece + String(next)) <= width - indent {
          piece.append(rest.removeFirst())
        }
        guard !piece.isEmpty else { break }
        lines.append(prefix + piece)
      }
      line += line.isEmpty ? rest : " \(rest)"
    }
    return line.isEmpty ? lines : lines + [prefix + line]
  }
}
