import Domain

/// How many bytes a second downloads may take, by the time of day.
///
/// Written as rates separated by commas, each with or without the hours in which it holds:
/// `08:00-23:00 5M, 20M` is 5 MB/s by day and 20 MB/s by night. The first that holds counts; where none does, there is
/// no limit. Hours may go over midnight.
public struct BandwidthTimetable: Sendable, Equatable, LosslessStringConvertible {
  private struct Entry: Equatable {
    /// Minutes since midnight; nil for the whole day.
    var hours: (start: Int, end: Int)?
    /// Bytes a second; 0 is no limit.
    var rate: ByteCount
    var text: String

    static func == (left: Entry, right: Entry) -> Bool { left.text == right.text }
  }

  private let entries: [Entry]

  /// No limit at any time.
  public static let unlimited = BandwidthTimetable(entries: [])

  private init(entries: [Entry]) { self.entries = entries }

  /// One rate at all times.
  public init(_ rate: ByteCount) {
    entries = rate.bytes > 0 ? [Entry(hours: nil, rate: rate, text: "\(rate.bytes) B")] : []
  }

  /// The timetable of a text; nil when it does not read.
  public init?(_ text: String) {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    guard (1...24).contains(parts.count) else { return nil }
    var entries: [Entry] = []
    for part in parts {
      let words = part.split(separator: " ").map(String.init)
      guard let first = words.first else { return nil }
      let hours = Self.hours(first)
      let rest = hours == nil ? words : Array(words.dropFirst())
      guard let rate = Quantity.size(rest.joined(separator: " ")), !rest.isEmpty else { return nil }
      entries.append(Entry(hours: hours, rate: rate, text: words.joined(separator: " ")))
    }
    let isNoLimit = entries.count == 1 && entries[0].hours == nil && entries[0].rate.bytes == 0
    self.entries = isNoLimit ? [] : entries
  }

  /// The text; `0` without any limit.
  public var description: String { entries.isEmpty ? "0" : entries.map(\.text).joined(separator: ", ") }

  /// Bytes a second at a minute after midnight, local time; nil for no limit.
  public func rate(atMinute minute: Int) -> Int64? {
    let entry = entries.first { entry in
      guard let (start, end) = entry.hours else { return true }
      return start <= end ? (start..<end).contains(minute) : minute >= start || minute < end
    }
    return entry.flatMap { $0.rate.bytes > 0 ? $0.rate.bytes : nil }
  }

  /// `08:00-23:00` in minutes; nil for anything else.
  private static func hours(_ text: String) -> (start: Int, end: Int)? {
    let ends = text.split(separator: "-", omittingEmptySubsequences: false).map(minute)
    guard ends.count == 2, let start = ends[0], let end = ends[1], start != end else { return nil }
    return (start, end)
  }

  private static func minute(_ text: Substring) -> Int? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ (1...2).contains($0.utf8.count) && $0.allSatisfy(\.isNumber) }),
      let hour = Int(parts[0]), let minute = Int(parts[1]), (0...24).contains(hour), (0...59).contains(minute),
      hour < 24 || minute == 0
    else { return nil }
    return hour * 60 + minute
  }
}
