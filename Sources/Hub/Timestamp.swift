import FoundationEssentials
import HTTP

/// The hub's dates: `2026-06-19T09:40:33.000Z`, the fraction of one to nine digits optional.
enum Timestamp {
  static func date(_ text: UnsafeRawBufferPointer) -> Date? {
    guard (20...30).contains(text.count), text[text.count - 1] == UInt8(ascii: "Z"),
      text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"), text[10] == UInt8(ascii: "T"),
      text[13] == UInt8(ascii: ":"), text[16] == UInt8(ascii: ":"),
      let year = number(text, 0, 4), let month = number(text, 5, 2), let day = number(text, 8, 2),
      let hour = number(text, 11, 2), let minute = number(text, 14, 2), let second = number(text, 17, 2),
      let seconds = HTTPDate.seconds(
        year: year, month: month, day: day, hour: hour, minute: minute, second: second)
    else { return nil }
    guard text.count > 20 else { return Date(timeIntervalSince1970: Double(seconds)) }
    let places = text.count - 21
    guard text[19] == UInt8(ascii: "."), places > 0, let digits = number(text, 20, places) else { return nil }
    let unit = (0..<places).reduce(1.0) { unit, _ in unit * 10 }
    return Date(timeIntervalSince1970: Double(seconds) + Double(digits) / unit)
  }

  /// The number that `count` digits from `start` on are.
  private static func number(_ text: UnsafeRawBufferPointer, _ start: Int, _ count: Int) -> Int64? {
    var value: Int64 = 0
    for place in start..<start + count {
      let digit = text[place] &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      value = value * 10 + Int64(digit)
    }
    return value
  }
}
