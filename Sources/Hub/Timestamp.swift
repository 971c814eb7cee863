import FoundationEssentials
import HTTP

/// The hub's dates: `2026-06-19T09:40:33.000Z`, the fraction optional.
enum Timestamp {
  static func date(_ text: String) -> Date? {
    let parts = text.utf8.split(separator: UInt8(ascii: "T"), omittingEmptySubsequences: false)
    guard text.utf8.count <= 40, parts.count == 2, parts[1].last == UInt8(ascii: "Z") else { return nil }
    let day = numbers(parts[0], separator: "-", widths: [4, 2, 2])
    let clock = parts[1].dropLast().split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard let day, (1...2).contains(clock.count),
      let time = numbers(clock[0], separator: ":", widths: [2, 2, 2]),
      let seconds = HTTPDate.seconds(
        year: day[0], month: day[1], day: day[2], hour: time[0], minute: time[1], second: time[2])
    else { return nil }
    guard clock.count == 2 else { return Date(timeIntervalSince1970: Double(seconds)) }
    let digits = clock[1]
    guard (1...9).contains(digits.count), digits.allSatisfy({ (48...57).contains($0) }),
      let fraction = Double("0." + String(decoding: digits, as: UTF8.self))
    else { return nil }
    return Date(timeIntervalSince1970: Double(seconds) + fraction)
  }

  private static func numbers(
    _ text: Substring.UTF8View, separator: Unicode.Scalar, widths: [Int]
  ) -> [Int64]? {
    let parts = text.split(separator: UInt8(ascii: separator), omittingEmptySubsequences: false)
    guard parts.map(\.count) == widths, parts.allSatisfy({ $0.allSatisfy { (48...57).contains($0) } }) else {
      return nil
    }
    return parts.compactMap { Int64(String(decoding: $0, as: UTF8.self)) }
  }
}
