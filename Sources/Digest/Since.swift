import Foundation

/// A beginning as a person says it: `12h`, `7d` or `2w` ago, or the day `2026-11-23`, here.
public struct Since: Equatable {
  private enum Beginning: Equatable {
    case ago(TimeInterval)
    case day(Date)
  }

  private let beginning: Beginning

  /// Nil for any other text.
  public init?(_ text: String) {
    let units: [Character: TimeInterval] = ["h": 3600, "d": 86_400, "w": 604_800]
    if let unit = text.last.flatMap({ units[$0] }), let count = Int(text.dropLast()), (1...10_000).contains(count) {
      beginning = .ago(Double(count) * unit)
    } else if let day = CivilDay.beginning(text) {
      beginning = .day(day)
    } else {
      return nil
    }
  }

  /// The moment that is meant.
  public func moment(before now: Date) -> Date {
    switch beginning {
    case .ago(let seconds): now.addingTimeInterval(-seconds)
    case .day(let day): day
    }
  }
}
