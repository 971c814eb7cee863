import Foundation

/// Moments of the `repo` tables: whole milliseconds since 1970.
enum Moment {
  static func milliseconds(_ date: Date) -> Int64 {
    Int64((min(max(date.timeIntervalSince1970, -1e12), 1e12) * 1000).rounded(.down))
  }

  static func milliseconds(_ date: Date?) -> Int64? { date.map { milliseconds($0) } }

  static func date(_ milliseconds: Int64) -> Date { Date(timeIntervalSince1970: Double(milliseconds) / 1000) }

  static func date(_ milliseconds: Int64?) -> Date? { milliseconds.map { date($0) } }
}
