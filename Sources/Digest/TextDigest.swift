import Console
import Domain
import Foundation

/// The digest for a terminal.
public struct TextDigest: Sendable {
  private let phrases: Phrases
  private let screen: ScreenText
  private let again: String
  private var width: Int { screen.width }
  private var style: Style { screen.style }

  /// - Parameters:
  ///   - endpoint: the hub's address, for links.
  ///   - width: columns; 60 is enough.
  ///   - style: colours, or none.
  ///   - again: the command that tells the same time again; with the names of places behind it, it shows all of them.
  public init(endpoint: String, width: Int, style: Style, again: String = "hubwatch digest") {
    self.again = again
    phrases = Phrases(endpoint: endpoint)
    screen = ScreenText(width: max(40, min(width, 100)), style: style)
  }

  /// The most lines that a digest has.
  static let screen = 60

  /// The whole digest, at most 60 lines, without a final line end. Where nothing happened and all is well, one line.
  ///
  /// - Parameter trends: the section of a weekly digest; nil on other days.
  public func render(_ story: Story, trends: Trends? = nil) -> String {
    let title = "hubwatch · \(Phrases.time(story.until))"
    if Phrases.isQuiet(story), trends == nil { return style.paint("\(title): nothing new.", .heading) }
    var head = [style.paint(title, .heading)] + screen.wrapped(Phrases.summary(story), indent: 0)
    if let device = story.device {
      let name = TextWidth.cut("Measured against: \(ForeignText.safe(device))", to: width)
      head.append(style.paint(name, .faint))
    }
    if !story.needs.isEmpty {
      head += ["", style.paint(Phrases.needsTitle, .strong)]
      for need in story.needs.prefix(3) {
        let lines = screen.wrapped(ForeignText.safe(need, limit: 300), indent: 2).prefix(3)
        head += lines.enumerated().map {
          $0.offset == 0 ? style.paint("!", .warning) + $0.element.dropFirst(1) : $0.element
        }
      }
      if story.needs.count > 3 { head.append("  and \(story.needs.count - 3) more: `\(again) --json`") }
    }
    let counted = self.counted(story)
    var foot = counted.isEmpty ? [] : [""] + counted
    foot.append("")
    if let scrub = story.scrub, scrub.files + scrub.troubles > 0 {
      foot += screen.wrapped(Phrases.scrub(scrub), indent: 0).map {
        style.paint($0, scrub.troubles > 0 ? .warning : .faint)
      }
    }
    foot += health(story)
    var sections = sections(story)
    if let trends { sections.append(weeks(trends)) }
    let body = ScreenSection.fitted(sections, room: Self.screen - head.count - foot.count).flatMap(\.lines)
    return (head + body + foot).joined(separator: "\n")
  }

  private func sections(_ story: Story) -> [ScreenSection] {
    let worth = Phrases.worthALook(story).map { entry in
      let line = screen.headline("·", .faint, ForeignText.safe(entry.id), ForeignText.safe(Phrases.glance(entry)))
      return ScreenSection.Block(full: [line], brief: line)
    }
    var sections = [
      ScreenSection(
        title: style.paint(Phrases.worthTitle, .strong), weight: 2, blocks: worth, more: { _ in [] },
        collapsed: { collapsed(Phrases.worthTitle, $0, again) })
    ]
    let lines = EntryLines(phrases: phrases, screen: screen)
    let above = Set(Phrases.worthALook(story).map(\.id))
    for section in Phrases.sections where !section.isCounted {
      var entries = story.families.filter { section.places.contains($0.place) }
      // Where there are many, those that stand above need not be named again.
      if entries.count > section.limit { entries.removeAll { above.contains($0.id) } }
      // What no screen shows need not be put into lines.
      let blocks = entries.prefix(section.limit).map { lines.block($0) }
      let title = Phrases.title(section, story)
      let command = Phrases.command(section.places, again: again)
      sections.append(
        ScreenSection(
          title: style.paint(title, .strong), weight: section.weight, blocks: blocks,
          unnamed: Phrases.hidden(section, of: story, shown: 0) - blocks.reduce(0) { $0 + $1.models },
          more: { screen.wrapped(Phrases.more($0, of: section.places, again: again), indent: 2) },
          collapsed: { collapsed(title, $0, command) }, shown: section.limit, isBrief: section.isBrief))
    }
    return sections + [abilities(story), tools(story)]
  }

  /// What is left of a section for which there is no room.
  private func collapsed(_ title: String, _ count: Int, _ command: String) -> String {
    let words = "\(title): \(Phrases.count(count)), see `\(command)`"
    return style.paint(TextWidth.cut(words, to: width), .strong)
  }

  /// What a screen only counts: few are named, of many the command is.
  private func counted(_ story: Story) -> [String] {
    Phrases.sections.filter(\.isCounted).flatMap { section -> [String] in
      let count = Phrases.hidden(section, of: story, shown: 0)
      guard count > 0 else { return [] }
      let entries = story.families.filter { section.places.contains($0.place) }
      let names = entries.flatMap { [$0.id] + $0.otherMembers }
      let isNamed = names.count == count && count <= 3
      let words =
        isNamed
        ? names.map { ForeignText.safe($0, limit: 100) }.joined(separator: ", ")
        : "\(Phrases.count(count)), `\(Phrases.command(section.places, again: again))`"
      return screen.wrapped("\(section.title): \(words)", indent: 0).map { style.paint($0, .faint) }
    }
  }

  private func abilities(_ story: Story) -> ScreenSection {
    let blocks = story.abilities.prefix(AbilityPhrases.limit).map { ability in
      let name = ForeignText.safe("\(ability.id) \(ability.quantization)")
      let words = ability.words.map { ForeignText.safe($0, limit: 500) }
      let isLoss = ability.firsts.isEmpty
      let (mark, meaning): (String, Style.Meaning) = isLoss ? ("!", .warning) : ("★", .good)
      let full = [screen.headline(mark, meaning, name, "")] + words.flatMap { screen.wrapped($0, indent: 2) }
      return ScreenSection.Block(full: full, brief: screen.headline(mark, meaning, name, words.first ?? ""))
    }
    let hidden = max(0, story.abilities.count - AbilityPhrases.limit)
    return ScreenSection(
      title: style.paint(AbilityPhrases.title, .strong), weight: 2, blocks: blocks, unnamed: hidden,
      more: { screen.wrapped(Phrases.more($0, of: [], again: "\(again) --json"), indent: 2) },
      collapsed: { collapsed(AbilityPhrases.title, $0, "\(again) --json") }, shown: AbilityPhrases.limit)
  }

  private func tools(_ story: Story) -> ScreenSection {
    let all = ToolLine.all(story)
    let most = 16
    let blocks = all.prefix(most).map { line in
      let (mark, meaning): (String, Style.Meaning) = line.isTrouble ? ("!", .warning) : ("·", .faint)
      let name = TextWidth.cut(ForeignText.safe(line.name), to: width - 4)
      let words = ForeignText.safe(line.words, limit: 500)
      var pieces = screen.wrapped(words, indent: 2, lead: TextWidth.columns(name) + 2)
      if let first = pieces.first {
        pieces[0] = "\(style.paint(mark, meaning)) \(style.paint(name, .strong))  \(first.dropFirst(2))"
      }
      return ScreenSection.Block(full: pieces, brief: screen.headline(mark, meaning, name, words))
    }
    return ScreenSection(
      title: style.paint(ToolLine.title, .strong), blocks: blocks, unnamed: max(0, all.count - most),
      more: { screen.wrapped("and \($0) more: `hubwatch tools`", indent: 2) },
      collapsed: { collapsed(ToolLine.title, $0, "hubwatch tools") }, shown: most)
  }

  /// The weekly section: a line a chart, of what matters most in it.
  private func weeks(_ trends: Trends) -> ScreenSection {
    let lines = TrendsText(width: width, style: style).glance(trends)
    return ScreenSection(
      title: style.paint(Phrases.weeksTitle, .strong), weight: 2,
      blocks: lines.map { ScreenSection.Block(full: [$0], brief: $0) },
      more: { screen.wrapped("and \($0) more: `hubwatch trends`", indent: 2) },
      collapsed: { collapsed(Phrases.weeksTitle, $0, "hubwatch trends") })
  }

  private func health(_ story: Story) -> [String] {
    guard story.gaps.isEmpty else {
      let shown = story.gaps.prefix(3).flatMap { gap in
        screen.wrapped("Trouble: \(ForeignText.oneLine(gap, limit: 300))", indent: 0).prefix(4)
      }
      let rest = story.gaps.count - 3
      return (shown + (rest > 0 ? ["and \(rest) more: `hubwatch status`"] : [])).map { style.paint($0, .warning) }
    }
    return screen.wrapped(Phrases.health(story), indent: 0).map { style.paint($0, .faint) }
  }
}
