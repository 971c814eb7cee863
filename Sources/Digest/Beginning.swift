import Foundation

/// Where a digest begins, as a person says it.
public enum Beginning: Equatable {
  /// Where the last one ended that was marked as read.
  case last
  /// At the beginning of yesterday, here.
  case yesterday
  /// So long ago, or at the beginning of a day.
  case since(Since)
  /// At a moment: `2026-11-23T07:00:00Z`, with or without milliseconds.
  case moment(Date)

  /// Nil for any other text.
  public init?(_ text: String) {
    if text == "last" {
      self = .last
    } else if text == "yesterday" {
      self = .yesterday
    } else if let since = Since(text) {
      self = .since(since)
    } else if let moment = Self.exact(text) {
      self = .moment(moment)
    } else {
      return nil
    }
  }

  /// The moment that is meant; nil for everything since the first recording.
  public func moment(before now: Date, lastRead: Date?, calendar: Calendar = .current) -> Date? {
    switch self {
    case .last: lastRead
    case .yesterday: calendar.date(byAdding: .day, value: -1, to: calendar.startOfDay(for: now))
    case .since(let since): since.moment(before: now)
    case .moment(let moment): moment
    }
  }

  /// A moment in the form that `init` reads, to the millisecond, which is what the catalog keeps.
  public static func words(_ moment: Date) -> String {
    let milliseconds = (moment.timeIntervalSince1970 * 1000).rounded(.down)
    return Date(timeIntervalSince1970: (milliseconds + 0.5) / 1000)
      .formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
  }

  private static func exact(_ text: String) -> Date? {
    let parsed =
      (try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
      ?? (try? Date(text, strategy: .iso8601))
    // 25 o'clock would be one o'clock of the next day.
    guard let parsed, parsed.formatted(.iso8601).prefix(19) == text.prefix(19) else { return nil }
    return parsed
  }
}
