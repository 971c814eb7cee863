import Console
import Domain

/// The lines of one entry on a screen.
struct EntryLines {
  let phrases: Phrases
  let screen: ScreenText
  private var style: Style { screen.style }

  /// What a section shows of an entry, in full and as one line.
  func block(_ entry: Story.Entry) -> ScreenSection.Block {
    let others = entry.otherMembers.count
    return ScreenSection.Block(full: full(entry), brief: brief(entry), models: 1 + others)
  }

  /// `· org/name +3  Q4_K_M · needs 5.90 GiB`
  ///
  /// - Parameter isListed: whether the others of the family follow, and the whole id is wanted.
  func brief(_ entry: Story.Entry, isListed: Bool = false) -> String {
    let (mark, meaning) = Self.mark(entry.place)
    let others = isListed ? 0 : entry.otherMembers.count
    let page = phrases.page(entry)
    // A page that can be opened at once says more than a name.
    let isLink = !isListed && entry.place == .gated && TextWidth.columns("\(page) +\(others)") <= screen.width - 2
    return screen.headline(
      mark, meaning, ForeignText.safe(isLink ? page : entry.id), others: others, isLink ? "" : short(entry))
  }

  /// What one line has room for.
  private func short(_ entry: Story.Entry) -> String {
    let words: [String?] =
      switch entry.place {
      case .failed, .suspect, .blocked, .broken, .fetching, .noWeights, .pickleOnly, .notQuantized, .gone, .leftOut:
        [entry.reasons.first]
      case .tooBig: [Phrases.facts(entry, isShort: true).joined(separator: " "), entry.card]
      case .gated, .waiting: [entry.architecture, entry.parameters.map(Phrases.parameters)]
      case .passed, .unsupported, .downloaded, .fits: [facts(entry)]
      }
    let text = words.compactMap(\.self).filter { !$0.isEmpty }.joined(separator: entry.place == .tooBig ? ": " : " · ")
    return ForeignText.oneLine(text, limit: 300)
  }

  private func full(_ entry: Story.Entry) -> [String] {
    let (mark, meaning) = Self.mark(entry.place)
    var lines = [screen.headline(mark, meaning, ForeignText.safe(entry.id), "")]
    let reasons = entry.reasons.prefix(3).map { ForeignText.oneLine($0, limit: 300) }
    switch entry.place {
    case .tooBig, .gated, .noWeights, .pickleOnly, .notQuantized, .gone, .waiting, .leftOut:
      return [brief(entry)]
    case .fits: lines = [brief(entry)] + reasons.flatMap { screen.wrapped($0, indent: 2) }
    case .failed, .unsupported:
      lines = [screen.headline(mark, meaning, ForeignText.safe(entry.id), ForeignText.safe(facts(entry)))]
      for reason in reasons { lines += screen.wrapped(reason, indent: 2) }
    case .passed, .suspect, .downloaded:
      lines += screen.wrapped(ForeignText.safe(Phrases.facts(entry).joined(separator: " · ")), indent: 2)
      for reason in reasons { lines += screen.wrapped(reason, indent: 2) }
    case .fetching, .blocked, .broken: for reason in reasons { lines += screen.wrapped(reason, indent: 2) }
    }
    if let again = Phrases.again(entry) { lines += screen.wrapped(again, indent: 2) }
    if entry.place != .fits, let kin = Phrases.kin(entry) { lines += screen.wrapped(kin, indent: 2) }
    if entry.place == .passed || entry.place == .suspect {
      if let sample = entry.sample, !sample.isEmpty {
        let quote = TextWidth.cut("“\(ForeignText.oneLine(sample, limit: 200))”", to: screen.width - 2)
        lines.append("  " + style.paint(quote, .faint))
      }
      lines += path(entry)
    }
    return lines
  }

  private func facts(_ entry: Story.Entry) -> String { Phrases.facts(entry, isShort: true).joined(separator: " · ") }

  private func path(_ entry: Story.Entry) -> [String] {
    guard let path = entry.path else { return [] }
    // A path that is broken in two cannot be copied.
    let text = "  " + ForeignText.safe(path)
    let line =
      TextWidth.columns(text) <= screen.width ? text : "  `hubwatch path \(ForeignText.safe(entry.id))`"
    return [style.paint(TextWidth.cut(line, to: screen.width), .faint)]
  }

  private static func mark(_ place: Story.Place) -> (String, Style.Meaning) {
    switch place {
    case .passed: ("✓", .good)
    case .failed, .blocked, .broken: ("✗", .bad)
    case .suspect, .gated, .fetching: ("!", .warning)
    default: ("·", .faint)
    }
  }
}
