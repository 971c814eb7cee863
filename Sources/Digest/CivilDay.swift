import Foundation

/// Days as a person writes them.
public enum CivilDay {
  /// The beginning of a day such as `2026-11-26`, in local time; nil for any other text, and for days that there are not.
  public static func beginning(_ text: String) -> Date? {
    guard let match = text.wholeMatch(of: /([0-9]{4})-([0-9]{2})-([0-9]{2})/),
      let year = Int(match.1), let month = Int(match.2), let day = Int(match.3)
    else { return nil }
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .current
    let components = DateComponents(calendar: calendar, year: year, month: month, day: day)
    return components.isValidDate ? calendar.date(from: components) : nil
  }
}
