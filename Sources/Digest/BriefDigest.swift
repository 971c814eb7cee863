import Console
import Domain
import Foundation

/// The digest in a few lines, as values: for messages that have a form of their own. Its texts are on one line each and
/// without control and bidirectional characters; whatever else a form gives a meaning is still to be escaped.
public struct BriefDigest: Sendable, Equatable {
  /// One thing.
  public struct Line: Sendable, Equatable {
    /// Its name; empty for a line that is only words.
    public var name: String
    /// Its page.
    public var link: String?
    /// What is said of it.
    public var words: String
  }
  /// What belongs together.
  public struct Section: Sendable, Equatable {
    /// Its heading.
    public var title: String
    /// The first of it.
    public var lines: [Line]
    /// How many more there are.
    public var more: Int
  }

  /// `3 ready to try, 12 new`: what a person sees first.
  public var headline: String
  /// One line about everything.
  public var summary: String
  /// The sections that a person wants to see in a few lines.
  public var sections: [Section] = []
  /// What is the matter.
  public var troubles: [String]
  /// Whether the person has to do something.
  public var needsPerson: Bool

  /// Things that a section names.
  private static let limit = 5

  /// The story in brief.
  ///
  /// - Parameter endpoint: the hub's address, for links.
  public init(_ story: Story, endpoint: String) {
    let phrases = Phrases(endpoint: endpoint)
    needsPerson = !story.needs.isEmpty
    troubles = story.gaps.prefix(3).map { Self.plain($0) }
    guard Self.hasNews(story) else {
      headline = "nothing new"
      let since = story.since.map { " since \(Phrases.time($0))" } ?? ""
      let state = story.lastCycleAt == nil ? "no cycle ran in this time" : "0 models polled, all well"
      summary = "Nothing new\(since): \(state)."
      return
    }
    headline = Self.headline(story)
    summary = Self.plain(Phrases.summary(story))
    func add(_ title: String, _ lines: [Line], more: Int = 0) {
      guard !lines.isEmpty || more > 0 else { return }
      sections.append(
        Section(title: title, lines: Array(lines.prefix(Self.limit)), more: max(0, lines.count - Self.limit) + more))
    }
    add(Phrases.needsTitle, story.needs.map { Line(name: "", words: Self.plain($0)) })
    for (title, places) in [
      ("Ready to try", Set([Story.Place.passed])), ("Suspect or failed", [.suspect, .failed, .blocked]),
    ] {
      add(
        title,
        story.families.filter { places.contains($0.place) }.map { entry in
          let facts = entry.place == .passed ? Phrases.facts(entry) : Array(entry.reasons.prefix(1))
          return Line(
            name: Self.plain(entry.id), link: phrases.page(entry), words: Self.plain(facts.joined(separator: ", ")))
        }, more: places.reduce(0) { $0 + (story.unnamed[$1.rawValue] ?? 0) })
    }
    add(
      Phrases.worthTitle,
      Phrases.worthALook(story).map {
        Line(name: Self.plain($0.id), link: phrases.page($0), words: Self.plain(Phrases.glance($0)))
      })
    add(
      AbilityPhrases.title,
      story.abilities.map {
        Line(name: Self.plain("\($0.id) \($0.quantization)"), words: Self.plain($0.words.joined(separator: "; ")))
      })
    add(
      ToolLine.title,
      ToolLine.all(story).map { Line(name: Self.plain($0.name), link: $0.link, words: Self.plain($0.words)) })
  }

  /// Whether there is anything to tell.
  public static func hasNews(_ story: Story) -> Bool {
    story.counts.polled > 0 || story.wentOn > 0 || !story.families.isEmpty || !story.needs.isEmpty
      || !story.abilities.isEmpty
      || !story.tools.isEmpty || !story.gaps.isEmpty || (story.scrub?.troubles ?? 0) > 0
  }

  private static func headline(_ story: Story) -> String {
    var parts: [String] = []
    if story.counts.passed > 0 { parts.append("\(story.counts.passed) ready to try") }
    if story.counts.new > 0 { parts.append("\(story.counts.new) new") }
    if story.counts.failed > 0 { parts.append("\(story.counts.failed) failed") }
    if !story.needs.isEmpty { parts.append("\(story.needs.count) for you to do") }
    if parts.isEmpty, !story.tools.isEmpty { parts.append("new versions of tools") }
    if parts.isEmpty, !story.gaps.isEmpty { parts.append("trouble") }
    return parts.isEmpty ? "no new models" : parts.joined(separator: ", ")
  }

  private static func plain(_ text: String) -> String { ForeignText.oneLine(text, limit: 300) }
}
