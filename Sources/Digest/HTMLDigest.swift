import Console
import Domain
import Foundation

/// The digest as one HTML file that needs nothing else: no script, no image, no font of anybody; light or dark as the
/// reader has it.
public struct HTMLDigest: Sendable {
  private let phrases: Phrases
  private let again: String
  /// Whether it is a part of the page, whose links lead to its own views.
  private let isOnPage: Bool

  /// - Parameters:
  ///   - endpoint: the hub's address, for links.
  ///   - again: the command that tells the same time again.
  public init(endpoint: String, again: String = "hubwatch digest") {
    (phrases, self.again, isOnPage) = (Phrases(endpoint: endpoint), again, false)
  }

  /// The digest as a part of the page.
  package init() { (phrases, again, isOnPage) = (Phrases(endpoint: ""), "hubwatch digest", true) }

  /// Its sections without a document around them.
  package func fragments(_ story: Story) -> (summary: String, sections: [HTML], footer: [HTML]) {
    (Phrases.summary(story), sections(story), footer(story))
  }

  /// The whole document.
  ///
  /// - Parameter trends: the section of a weekly digest; nil on other days.
  public func render(_ story: Story, trends: Trends? = nil) -> String {
    let title = "hubwatch · \(Phrases.time(story.until))"
    let head = HTML.element(
      .head, [],
      [
        .element(.meta, [.named("charset", "utf-8")]),
        .element(.meta, [.named("http-equiv", "Content-Security-Policy"), .named("content", Self.policy)]),
        .element(.meta, [.named("name", "viewport"), .named("content", "width=device-width, initial-scale=1")]),
        .element(.meta, [.named("name", "color-scheme"), .named("content", "light dark")]),
        .element(.title, text: title), .style(HTMLStyle.sheet),
      ])
    var intro: [HTML] = [.element(.h1, text: title), .element(.p, text: Phrases.summary(story))]
    if let device = story.device {
      intro.append(.element(.p, [.className("faint")], text: "Measured against: \(device)"))
    }
    var main = sections(story)
    if let trends, !trends.charts.isEmpty {
      main.append(.element(.section, [], [.element(.h2, text: Phrases.weeksTitle)] + TrendsHTML.figures(trends)))
    }
    let body = HTML.element(
      .body, [],
      [.element(.header, [], intro), .element(.main, [], main), .element(.footer, [], footer(story))])
    return HTML.document([head, body])
  }

  /// Nothing may be loaded; only the style sheet in the file counts.
  private static let policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
  /// Entries of one section; the rest is counted.
  private static let limit = 40
  /// On the page so many of them are seen before one asks for more.
  private static let glance = 6

  private func sections(_ story: Story) -> [HTML] {
    var sections: [HTML] = []
    func add(_ title: String, _ items: [HTML]) {
      guard !items.isEmpty else { return }
      let shown = isOnPage ? Self.glance : items.count
      var parts: [HTML] = [.element(.h2, text: title), .element(.ul, [], Array(items.prefix(shown)))]
      if items.count > shown {
        let rest: [HTML] = [.element(.summary, text: "Show more"), .element(.ul, [], Array(items.dropFirst(shown)))]
        parts.append(.element(.details, [], rest))
      }
      sections.append(.element(.section, [], parts))
    }
    add(
      Phrases.worthTitle,
      Phrases.worthALook(story).map { entry in
        .element(
          .li, [], [name(entry), .text(" "), .element(.span, [.className("faint")], text: Phrases.glance(entry))])
      })
    add(Phrases.needsTitle, story.needs.map { .element(.li, [.className("warning")], text: $0) })
    for section in Phrases.sections {
      let entries = story.families.filter { section.places.contains($0.place) }
      var items = entries.prefix(Self.limit).map(item)
      let rest = Phrases.hidden(section, of: story, shown: Self.limit)
      if rest > 0 { items.append(more(Phrases.more(rest, of: section.places, again: again))) }
      add(Phrases.title(section, story), items)
    }
    add(
      AbilityPhrases.title,
      story.abilities.prefix(Self.limit).map { ability in
        let words = ability.words.map { HTML.element(.p, text: $0) }
        return .element(
          .li, [.className(ability.firsts.isEmpty ? "warning" : "good")],
          [.element(.strong, text: "\(ability.id) \(ability.quantization)")] + words)
      }
        + (story.abilities.count > Self.limit
          ? [more(Phrases.more(story.abilities.count - Self.limit, of: [], again: "\(again) --json"))] : []))
    add(
      ToolLine.title,
      ToolLine.all(story).map { line in
        let name = HTML.element(.strong, text: line.name)
        let linked = line.link.map { HTML.element(.a, [.href($0)], [name]) } ?? name
        return .element(.li, line.isTrouble ? [.className("warning")] : [], [linked, .text(" \(line.words)")])
      })
    return sections
  }

  private func name(_ entry: Story.Entry) -> HTML {
    .element(
      .a, [isOnPage ? .path("/models/\(entry.id)") : .href(phrases.page(entry))], [.element(.strong, text: entry.id)])
  }

  private func more(_ words: String) -> HTML { .element(.li, [.className("faint")], text: words) }

  private func item(_ entry: Story.Entry) -> HTML {
    var parts = [name(entry)]
    let facts = entry.place == .tooBig ? Phrases.shortfall(entry) : Phrases.facts(entry).joined(separator: " · ")
    if !facts.isEmpty { parts.append(.element(.p, text: facts)) }
    for reason in entry.reasons.prefix(3) { parts.append(.element(.p, [.className("reason")], text: reason)) }
    if entry.place == .gated { parts.append(.element(.p, text: "accept its terms on its page")) }
    if let turn = Phrases.turn(entry) { parts.append(.element(.p, [.className("faint")], text: turn)) }
    if let again = Phrases.again(entry) { parts.append(.element(.p, [.className("faint")], text: again)) }
    if let kin = Phrases.kin(entry) { parts.append(.element(.p, [.className("faint")], text: kin)) }
    if let sample = entry.sample, !sample.isEmpty {
      parts.append(.element(.blockquote, [], [.text(ForeignText.oneLine(sample, limit: 300))]))
    }
    if let path = entry.path { parts.append(.element(.p, [], [.element(.code, text: path)])) }
    return .element(.li, [.className(Self.mark(entry.place))], parts)
  }

  private static func mark(_ place: Story.Place) -> StaticString {
    switch place {
    case .passed: "good"
    case .failed, .blocked, .broken: "bad"
    case .suspect, .gated, .fetching: "warning"
    default: "plain"
    }
  }

  private func footer(_ story: Story) -> [HTML] {
    var lines: [HTML] = []
    if let scrub = story.scrub { lines.append(.element(.p, text: Phrases.scrub(scrub))) }
    for gap in story.gaps.prefix(10) { lines.append(.element(.p, [.className("warning")], text: "Trouble: \(gap)")) }
    if story.gaps.isEmpty {
      lines.append(.element(.p, text: Phrases.health(story)))
    }
    return lines
  }
}
