import Catalog
import Console
import Digest
import Domain
import FortnightSupport
import Foundation
import Settings
import TestSupport
import Testing

@testable import hubwatch

/// A digest as it is told in the morning, by the parts that the verb is made of.
struct Morning {
  /// The story, whose only measured number was replaced by one of ours.
  let story: Story
  /// The section of a week; nil on other days.
  let trends: Trends?
  /// The last moment that it is about.
  let end: Date

  private static let read = "digest.read"
  private static let hub = "https://huggingface.co"

  /// Tells what happened since the last one, and marks it as read.
  init(_ catalog: Catalog, _ loaded: LoadedSettings, at now: Date) async throws {
    let since = try catalog.mark(Self.read).flatMap { Double($0) }.map { Date(timeIntervalSince1970: $0) }
    end = try catalog.lastMoment() ?? now
    let circumstances = try await Circumstances(loaded, catalog, now: now)
    var story = try StoryTeller(
      catalog: catalog, cacheRoot: "/var/cache/hubwatch/hub", circumstances: circumstances
    ).story(since: since, until: end)
    story.until = now
    let endpoint = loaded.settings.hub.endpoint
    func ours(_ text: String) -> String { text.replacing(endpoint, with: Self.hub) }
    story.gaps = story.gaps.map(ours)
    for index in story.families.indices {
      story.families[index].reasons = story.families[index].reasons.map(ours)
      // How fast this machine is just now is nobody's golden truth; that it was measured is.
      if let speed = story.families[index].tokensPerSecond {
        #expect(speed > 0)
        story.families[index].tokensPerSecond = 42
      }
    }
    self.story = story
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    let isWeekly = try DigestVerb.isWeekly(since: since ?? catalog.firstRecording(), until: now, calendar: calendar)
    trends = isWeekly ? Trends(try catalog.trends(weeks: 26, until: now), until: now) : nil
    try catalog.setMark(Self.read, "\(max(since ?? end, end).timeIntervalSince1970)")
  }

  /// The story with three entries a place, for a file that somebody can read.
  var abridged: Story {
    var story = story
    story.families = Story.Place.allCases.flatMap { place in story.families.filter { $0.place == place }.prefix(3) }
    return story
  }

  /// For a terminal of some columns.
  func text(width: Int = 80) -> String {
    TextDigest(endpoint: Self.hub, width: width, style: .plain).render(story, trends: trends)
  }
  /// For a mail.
  var markdown: String { MarkdownDigest(endpoint: Self.hub).render(story, trends: trends) }
  /// For a browser.
  var html: String { HTMLDigest(endpoint: Self.hub).render(story, trends: trends) }
}
