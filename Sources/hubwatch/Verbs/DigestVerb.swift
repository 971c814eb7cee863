import ArgumentParser
import Catalog
import Console
import Digest
import Domain
import Foundation
import Settings
import Watch

/// The story over coffee.
struct DigestVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "digest", abstract: "Tells what is new, what fits, what was fetched and what passed.",
    discussion: """
      One screen, and where it says "and 212 more: `hubwatch digest fits`", that command lists them all, a line a model.
      On Mondays, and when it covers six days or more, it also tells how things went week by week.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable { case text, markdown, html, json }

  @OptionGroup var common: CommonOptions
  @Argument(help: "Lists every model of these places instead: passed, failed, fits, tooBig, gated, waiting …")
  var places: [Story.Place] = []
  @Option(
    help: "last (since the last --mark-read), yesterday, 12h, 7d or 2w ago, a date such as 2026-11-23, or a moment.")
  var since = "last"
  @Option(help: "text, markdown, html (one file, complete in itself) or json.") var format = Format.text
  @Flag(help: "The same as --format json.") var json = false
  @Flag(name: .customLong("mark-read"), help: "Begin the next digest where this one ends.") var markRead = false
  @Flag(
    help: """
      Write the digest of the day into the outbox, once, for the ways of digest.to; print it where they say so. It covers \
      the time since the last one, whatever was read. `hubwatch deliver` or the daemon sends it.
      """) var deliver = false

  func validate() throws {
    guard Beginning(since) != nil else {
      throw ValidationError(
        "--since takes last, yesterday, 12h, 7d, 2w, a date such as 2026-11-23 or a moment such as 2026-11-23T07:00:00Z"
      )
    }
    guard places.isEmpty || (!markRead && [.text, .json].contains(json ? .json : format)) else {
      throw ValidationError("places are listed as text or JSON, and reading some of a digest marks nothing as read")
    }
    guard !deliver || (since == "last" && format == .text && !json && !markRead) else {
      throw ValidationError("--deliver goes with no other option: the configuration says what is written, and how")
    }
  }

  func work() async throws -> Domain.ExitCode {
    let loaded = try LoadedSettings(environment: common.environment)
    if deliver { return try await post(loaded) }
    let handover = Handover(loaded.places, common)
    if let code = try await handover.askSystem(.digest(wish), patience: Self.patience) { return code }
    // Nobody is to read what then cannot be marked as read.
    let claim = markRead ? try handover.claim() : nil
    let now = Date()
    let catalog = try Catalog.ifPresent(folder: loaded.places.state)
    var story = Story(until: now)
    var trends: Trends?
    var end = now
    if let catalog {
      // What is written down from here on is for the next digest, whatever the clock says.
      end = try catalog.lastMoment() ?? now
      let start = try Beginning(since)?.moment(before: now, lastRead: ReadMark.moment(in: catalog))
      let isWeekly = try places.isEmpty && Self.isWeekly(since: start ?? catalog.firstRecording(), until: now)
      // Beside each other: both read much, and neither waits for the other.
      async let weeks = isWeekly ? Trends(try catalog.trends(weeks: 26, until: now), until: now) : nil
      let circumstances = try await Circumstances(loaded, catalog, now: now)
      story = try StoryTeller(catalog: catalog, cacheRoot: loaded.places.cache, circumstances: circumstances)
        .story(since: start, until: end, whole: places.isEmpty ? nil : Set(places))
      story.until = now
      trends = try await weeks
    } else {
      common.note("Nothing has been recorded yet; `hubwatch poll` begins.")
    }
    try tell(story, trends, endpoint: loaded.settings.hub.endpoint)
    guard let claim else { return .done }
    let read = try catalog.flatMap { try ReadMark.moment(in: $0) }.map { max($0, end) } ?? end
    return try await handover.perform(.markRead(until: read.timeIntervalSince1970), with: claim) {
      try Catalog.opened(folder: loaded.places.state).setMark(ReadMark.name, String(read.timeIntervalSince1970))
      return .done
    }
  }

  /// Seconds in which a daemon has to say a word.
  private static let patience = 120.0

  private var wish: DigestWish {
    var wish = DigestWish()
    wish.places = places.map(\.rawValue)
    (wish.since, wish.format, wish.marksRead) = (since, (json ? .json : format).rawValue, markRead)
    wish.width = common.terminal.width
    return wish
  }

  private func tell(_ story: Story, _ trends: Trends?, endpoint: String) throws {
    let terminal = common.terminal
    let again = again(story)
    switch json ? .json : format {
    case .text where !places.isEmpty:
      let listing = PlaceListing(endpoint: endpoint, width: terminal.width, style: terminal.style)
      try common.print(listing.render(story, of: Set(places)))
    case .text:
      let digest = TextDigest(endpoint: endpoint, width: terminal.width, style: terminal.style, again: again)
      try common.print(digest.render(story, trends: trends))
    case .markdown: try common.print(MarkdownDigest(endpoint: endpoint, again: again).render(story, trends: trends))
    case .html: try common.print(HTMLDigest(endpoint: endpoint, again: again).render(story, trends: trends))
    case .json: try common.print(JSONOutput.document(story))
    }
  }

  /// The command that tells the same time again, also after this digest was marked as read.
  private func again(_ story: Story) -> String {
    let isMoving = since == "last" ? markRead : Since(since) != nil && CivilDay.beginning(since) == nil
    guard isMoving, let start = story.since else {
      return since == "last" ? "hubwatch digest" : "hubwatch digest --since \(since)"
    }
    return "hubwatch digest --since \(Beginning.words(start))"
  }

  /// Whether a digest tells trends, too: on Mondays, and when it covers six days or more.
  ///
  /// - Parameter since: the beginning of what it covers; nil when nothing has been recorded.
  static func isWeekly(since: Date?, until: Date, calendar: Calendar = .current) -> Bool {
    let monday = 2
    guard let since else { return false }
    return calendar.component(.weekday, from: until) == monday || until.timeIntervalSince(since) >= 6 * 86_400
  }
}

extension Story.Place: ExpressibleByArgument {}
