/// The three spellings of a date in HTTP (RFC 9110, 5.6.7), as seconds since 1970.
public enum HTTPDate {
  /// Seconds since 1970 for `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT` or
  /// `Sun Nov  6 08:49:37 1994`; nil for anything else.
  public static func seconds(_ text: String) -> Int64? {
    let words = HTTPText.trimmed(text).split(whereSeparator: { $0 == " " || $0 == "," || $0 == "-" })
    switch words.count {
    case 6:
      guard words[5] == "GMT", let year = HTTPText.number(words[3]) else { return nil }
      // A year of two digits (RFC 850) is the nearest one that is not far ahead; the web began in 1990.
      let full = words[3].utf8.count == 2 ? (year < 70 ? 2000 + year : 1900 + year) : year
      return seconds(year: full, month: words[2], day: words[1], time: words[4])
    case 5:
      guard let year = HTTPText.number(words[4]) else { return nil }
      return seconds(year: year, month: words[1], day: words[2], time: words[3])
    default: return nil
    }
  }

  /// Seconds since 1970 of a moment in UTC; nil outside of the years 1970 … 9999 or for an impossible date.
  public static func seconds(
    year: Int64, month: Int64, day: Int64, hour: Int64, minute: Int64, second: Int64
  ) -> Int64? {
    guard (1970...9999).contains(year), (1...12).contains(month), (0...23).contains(hour),
      (0...59).contains(minute), (0...60).contains(second)
    else { return nil }
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let place = Int(month) - 1
    let length = daysBefore[place + 1] - daysBefore[place] + (month == 2 && isLeap ? 1 : 0)
    guard (1...length).contains(day) else { return nil }
    let before = year - 1
    let leapDays = before / 4 - before / 100 + before / 400 - 477  // 477 leap days before 1970
    let days = (year - 1970) * 365 + leapDays + daysBefore[place] + (month > 2 && isLeap ? 1 : 0) + day - 1
    return days * 86_400 + hour * 3600 + minute * 60 + second
  }

  /// Days of a common year before each month, and of all of it.
  private static let daysBefore: [Int64] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365]

  private static func seconds(year: Int64, month: Substring, day: Substring, time: Substring) -> Int64? {
    let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let clock = time.split(separator: ":", omittingEmptySubsequences: false).map { HTTPText.number($0) }
    guard let month = names.firstIndex(of: String(month)), let day = HTTPText.number(day), clock.count == 3,
      let hour = clock[0], let minute = clock[1], let second = clock[2]
    else { return nil }
    return seconds(
      year: year, month: Int64(month) + 1, day: day, hour: hour, minute: minute, second: second)
  }
}
