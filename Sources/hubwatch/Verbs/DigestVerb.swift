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
    commandName: "digest", abstract: "Tells what is new, what fits, what was fetched and what passed.")

  enum Format: String, ExpressibleByArgument, CaseIterable { case text, markdown, html, json }

  @OptionGroup var common: CommonOptions
  @Option(help: "last (since the last --mark-read), yesterday, or a date such as 2026-11-23.") var since = "last"
  @Option(help: "text, markdown, html (one file, complete in itself) or json.") var format = Format.text
  @Flag(help: "The same as --format json.") var json = false
  @Flag(name: .customLong("mark-read"), help: "Begin the next digest where this one ends.") var markRead = false
  @Flag(
    help: """
      Write the digest of the day into the outbox, once, for the ways of digest.to; print it where they say so. It covers \
      the time since the last one, whatever was read. `hubwatch deliver` or the daemon sends it.
      """) var deliver = false

  /// The mark that remembers how far a person has read.
  static let mark = "digest.read"

  func validate() throws {
    guard since == "last" || since == "yesterday" || Self.day(since) != nil else {
      throw ValidationError("--since takes last, yesterday or a date such as 2026-11-23")
    }
    guard !deliver || (since == "last" && format == .text && !json && !markRead) else {
      throw ValidationError("--deliver goes with no other option: the configuration says what is written, and how")
    }
  }

  func work() async throws -> Domain.ExitCode {
    let loaded = try LoadedSettings(environment: common.environment)
    if deliver { return try await post(loaded) }
    let handover = Handover(loaded.places, common)
    // Nobody is to read what then cannot be marked as read.
    let claim = markRead ? try handover.claim() : nil
    let now = Date()
    let catalog = try Catalog.ifPresent(folder: loaded.places.state)
    var story = Story(until: now)
    if let catalog {
      let circumstances = try await Circumstances(loaded, now: now)
      story = try StoryTeller(catalog: catalog, cacheRoot: loaded.places.cache, circumstances: circumstances)
        .story(since: try start(catalog, now: now), until: now)
    } else {
      common.note("Nothing has been recorded yet; `hubwatch poll` begins.")
    }
    let terminal = common.terminal
    let endpoint = loaded.settings.hub.endpoint
    switch json ? .json : format {
    case .text:
      let again = "hubwatch digest\(since == "last" ? "" : " --since \(since)") --json"
      let digest = TextDigest(endpoint: endpoint, width: terminal.width, style: terminal.style, again: again)
      try common.print(digest.render(story))
    case .markdown: try common.print(MarkdownDigest(endpoint: endpoint).render(story))
    case .html:
      var trends: Trends?
      if let catalog, Self.isWeekly(since: story.since, until: now) {
        trends = Trends(try catalog.trends(weeks: 26, until: now), until: now)
      }
      try common.print(HTMLDigest(endpoint: endpoint).render(story, trends: trends))
    case .json: try common.print(JSONOutput.document(story))
    }
    guard let claim else { return .done }
    return try await handover.perform(.markRead(until: now.timeIntervalSince1970), with: claim) {
      try Catalog.opened(folder: loaded.places.state).setMark(Self.mark, String(now.timeIntervalSince1970))
      return .done
    }
  }

  /// Whether a digest tells trends, too: on Mondays, and when it covers a week.
  static func isWeekly(since: Date?, until: Date, calendar: Calendar = .current) -> Bool {
    let monday = 2
    guard let since, calendar.component(.weekday, from: until) != monday else { return true }
    return until.timeIntervalSince(since) >= 6 * 86_400
  }

  private func start(_ catalog: Catalog, now: Date) throws -> Date? {
    switch since {
    case "last":
      return try catalog.mark(Self.mark).flatMap { Double($0) }.map { Date(timeIntervalSince1970: $0) }
    case "yesterday":
      let calendar = Calendar.current
      return calendar.date(byAdding: .day, value: -1, to: calendar.startOfDay(for: now))
    default: return Self.day(since)
    }
  }

  /// The beginning of a day, in local time.
  static func day(_ text: String) -> Date? {
    guard let match = text.wholeMatch(of: /([0-9]{4})-([0-9]{2})-([0-9]{2})/),
      let year = Int(match.1), let month = Int(match.2), let day = Int(match.3)
    else { return nil }
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .current
    let components = DateComponents(calendar: calendar, year: year, month: month, day: day)
    return components.isValidDate ? calendar.date(from: components) : nil
  }
}
