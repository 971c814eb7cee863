import Foundation

/// A name with the date in it, as strftime(3) writes it: `%Y`, `%m`, `%d`, `%H`, `%M`, and `%%` for the sign itself.
public enum DatedName {
  /// Whether nothing else stands behind a percent sign.
  public static func isValid(_ name: String) -> Bool {
    var scalars = name.unicodeScalars.makeIterator()
    while let scalar = scalars.next() {
      guard scalar == "%" else { continue }
      guard let next = scalars.next(), "YmdHM%".unicodeScalars.contains(next) else { return false }
    }
    return true
  }

  /// The name at a moment.
  ///
  /// - Parameters:
  ///   - name: a valid one.
  ///   - date: the moment.
  ///   - calendar: Gregorian, with the time zone of the person.
  public static func name(_ name: String, at date: Date, calendar: Calendar) -> String {
    let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute], from: date)
    func digits(_ number: Int?, _ count: Int) -> String {
      let text = "\(number ?? 0)"
      return String(repeating: "0", count: max(0, count - text.count)) + text
    }
    var result = ""
    var scalars = name.unicodeScalars.makeIterator()
    while let scalar = scalars.next() {
      guard scalar == "%", let letter = scalars.next() else {
        result.unicodeScalars.append(scalar)
        continue
      }
      switch letter {
      case "Y": result += digits(parts.year, 4)
      case "m": result += digits(parts.month, 2)
      case "d": result += digits(parts.day, 2)
      case "H": result += digits(parts.hour, 2)
      case "M": result += digits(parts.minute, 2)
      default: result.unicodeScalars.append(letter)
      }
    }
    return result
  }
}
