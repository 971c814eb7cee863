import Digest
import Foundation
import Settings

/// What a digest is made of.
public struct DigestContent: Sendable {
  /// What happened.
  public var story: Story
  /// The section of a weekly digest; nil on other days.
  public var trends: Trends?

  /// A story, perhaps with trends.
  public init(story: Story, trends: Trends? = nil) {
    self.story = story
    self.trends = trends
  }
}

/// Writes the digest of every day once, and sees that it goes out.
///
/// The time that a digest covers begins where the one before has ended, whatever a person has read meanwhile, and however
/// long the machine has slept.
public struct DigestPost: Sendable {
  private let state: String
  private let settings: Settings.Digest
  private let composer: DigestComposer
  private let calendar: Calendar
  private let end: @Sendable (_ now: Date) async throws -> Date
  private let content: @Sendable (_ since: Date?, _ end: Date, _ now: Date) async throws -> DigestContent
  private let sender: @Sendable (DeliveryChannelName) -> any DeliveryChannel

  /// - Parameters:
  ///   - state: the state folder; the outbox lies in it.
  ///   - settings: when, and by which ways.
  ///   - composer: makes the messages.
  ///   - calendar: Gregorian, with the time zone of the person.
  ///   - end: where a digest ends that is written now: at the last moment of what is known. What is written down later is
  ///     then for the next digest, whatever happens to the machine's clock.
  ///   - content: what happened after `since` until `end`, told now.
  ///   - sender: the ways.
  public init(
    state: String, settings: Settings.Digest, composer: DigestComposer, calendar: Calendar = Self.localCalendar,
    end: @escaping @Sendable (_ now: Date) async throws -> Date = { $0 },
    content: @escaping @Sendable (_ since: Date?, _ end: Date, _ now: Date) async throws -> DigestContent,
    sender: @escaping @Sendable (DeliveryChannelName) -> any DeliveryChannel
  ) {
    self.state = state
    self.settings = settings
    self.composer = composer
    self.calendar = calendar
    self.end = end
    self.content = content
    self.sender = sender
  }

  /// Where this machine is, now.
  public static var localCalendar: Calendar {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .autoupdatingCurrent
    return calendar
  }

  /// The next moment after `date` at which a digest is due, by the clock on the wall.
  public func nextDue(after date: Date) -> Date? {
    calendar.nextDate(
      after: date, matching: DateComponents(hour: settings.time.minute / 60, minute: settings.time.minute % 60),
      matchingPolicy: .nextTime)
  }

  /// Writes the digest of the day into the outbox, unless it is too early for it, or it is there already.
  ///
  /// - Returns: whether one was written.
  /// - Throws: `OutboxError`, and what `content` throws; then the next call goes on.
  public func writeIfDue(at now: Date) async throws -> Bool {
    let parts = calendar.dateComponents([.hour, .minute], from: now)
    guard (parts.hour ?? 0) * 60 + (parts.minute ?? 0) >= settings.time.minute else { return false }
    return try await write(at: now)
  }

  /// The same, whatever the time of the day: a timer has decided that it is time.
  public func write(at now: Date) async throws -> Bool {
    guard !settings.channels.isEmpty else { return false }
    let outbox = try Outbox(state: state)
    let lock = try await Self.patiently(outbox)
    defer { withExtendedLifetime(lock) {} }
    let records = try outbox.digests()
    // A digest that was cut off is finished first, so that only the last one can be unfinished.
    if let last = records.last { try await finish(last, nil, records.dropLast(), outbox) }
    let day = day(of: now)
    guard !records.contains(where: { $0.day == day }) else { return false }
    let end = try await end(now).timeIntervalSince1970
    var record = DigestRecord(
      day: day, sequence: (records.last?.sequence ?? 0) + 1, since: Self.since(records, end: end), end: end,
      writtenAt: Date(timeIntervalSince1970: now.timeIntervalSince1970.rounded(.down)), channels: settings.channels)
    let content = try await told(record, records, outbox)
    if settings.isQuiet, !BriefDigest.hasNews(content.story) { record.channels = [] }
    guard try outbox.add(record) else { return false }
    DeliveryCrashPoint.afterPlan.pass()
    try await finish(record, content, records[...], outbox)
    return true
  }

  /// Tries what waits in the outbox.
  ///
  /// - Returns: when to try again; nil when nothing waits.
  /// - Throws: `OutboxError.unusable`.
  public func deliver(at now: Date) async throws -> Date? {
    let round = try await round(at: now)
    return round.isBusy ? now + DeliveryPolicy.firstPause : round.nextTryAt
  }

  /// The same, with all that was done.
  ///
  /// - Parameter channels: the ways to try.
  public func round(
    at now: Date, channels: Set<DeliveryChannelName> = Set(DeliveryChannelName.allCases)
  ) async throws -> DeliveryRound {
    guard let outbox = try Outbox.ifPresent(state: state) else { return DeliveryRound() }
    return try await outbox.deliver(channels, at: now, through: sender)
  }

  /// The ways that need no network.
  public static let localChannels: Set<DeliveryChannelName> = [.stdout, .file]

  /// Where the time of a digest begins: at the end of the last one that was written; when moments were set back since then,
  /// at the last end that is not ahead.
  static func since(_ records: [DigestRecord], end: Double) -> Double? {
    guard let last = records.last else { return nil }
    if last.end <= end { return last.end }
    return records.map(\.end).filter { $0 <= end }.max() ?? last.since.flatMap { $0 <= end ? $0 : nil }
  }

  private func day(of date: Date) -> String { DatedName.name("%Y-%m-%d", at: date, calendar: calendar) }

  /// Makes the messages of a digest that are not there.
  private func finish(
    _ record: DigestRecord, _ known: DigestContent?, _ earlier: ArraySlice<DigestRecord>, _ outbox: Outbox
  ) async throws {
    var known = known
    for channel in record.channels where !outbox.has(channel, of: record.day) {
      let content: DigestContent
      if let known { content = known } else { content = try await told(record, Array(earlier), outbox) }
      known = content
      let entry = OutboxEntry(
        day: record.day, createdAt: record.writtenAt,
        content: try composer.message(content, record, channel, calendar: calendar))
      _ = try outbox.add(entry, channel)
      DeliveryCrashPoint.afterEntry.pass()
    }
  }

  /// The story of a digest, with what has become of those before it and of units.
  private func told(
    _ record: DigestRecord, _ earlier: [DigestRecord], _ outbox: Outbox
  ) async throws -> DigestContent {
    let now = record.writtenAt
    var content = try await content(
      record.since.map { Date(timeIntervalSince1970: $0) }, Date(timeIntervalSince1970: record.end), now)
    // By the clock on the wall; one that was set back tells rather once too often.
    let since = earlier.last.map(\.writtenAt).flatMap { $0 <= now ? $0 : nil }
    let report = try OutboxReport(outbox, at: now)
    let failures = UnitFailure.recent(state: state, at: now)
    let isNew = { (failure: UnitFailure) in since.map { failure.at >= $0 } ?? true }
    content.story.tell(
      report.complaints(since: since) + failures.filter(isNew).map(\.trouble),
      of: report.troubles + failures.map(\.trouble))
    return content
  }

  /// The lock for writing, after ten seconds at most.
  private static func patiently(_ outbox: Outbox) async throws -> OutboxLock {
    for _ in 0..<100 {
      if let lock = try outbox.writingLock() { return lock }
      try await Task.sleep(for: .milliseconds(100))
    }
    throw OutboxError.busy(outbox.folder.path)
  }
}
