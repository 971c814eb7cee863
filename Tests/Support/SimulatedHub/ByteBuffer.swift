import Glibc

/// A growing buffer that answers are written into without making strings: a listing of a thousand rows is a few
/// thousand copies of memory.
struct ByteBuffer: ~Copyable {
  private(set) var count = 0
  private var capacity: Int
  private var bytes: UnsafeMutablePointer<UInt8>

  init(capacity: Int = 1 << 16) {
    self.capacity = capacity
    bytes = .allocate(capacity: capacity)
  }

  deinit { bytes.deallocate() }

  /// What was written, for as long as nothing more is.
  var written: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: bytes, count: count) }

  /// A copy of what was written.
  var array: [UInt8] { [UInt8](written) }

  /// Forgets everything after the first `count` bytes.
  mutating func truncate(to count: Int) { self.count = min(self.count, count) }

  private mutating func room(for more: Int) {
    guard count + more > capacity else { return }
    capacity = max(capacity * 2, count + more)
    let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
    larger.update(from: bytes, count: count)
    bytes.deallocate()
    bytes = larger
  }

  @inline(__always)
  mutating func put(_ text: StaticString) {
    let length = text.utf8CodeUnitCount
    room(for: length)
    memcpy(bytes + count, text.utf8Start, length)
    count += length
  }

  @inline(__always)
  mutating func put(byte: UInt8) {
    room(for: 1)
    bytes[count] = byte
    count += 1
  }

  mutating func put(_ more: UnsafeRawBufferPointer) {
    guard let base = more.baseAddress, !more.isEmpty else { return }
    room(for: more.count)
    memcpy(bytes + count, base, more.count)
    count += more.count
  }

  /// Repeats what was written at a place before.
  mutating func again(_ range: Range<Int>) {
    precondition(range.upperBound <= count)
    room(for: range.count)
    memcpy(bytes + count, bytes + range.lowerBound, range.count)
    count += range.count
  }

  mutating func put(_ more: [UInt8]) { more.withUnsafeBytes { put($0) } }

  mutating func put(string text: String) {
    var text = text
    text.withUTF8 { put(UnsafeRawBufferPointer($0)) }
  }

  /// A whole number, without leading zeros.
  mutating func put(number: Int) {
    room(for: 20)
    var rest = number.magnitude
    var digits = 1
    var bound: UInt = 10
    while digits < 19, rest >= bound {
      digits += 1
      bound *= 10
    }
    if number < 0 {
      bytes[count] = UInt8(ascii: "-")
      count += 1
    }
    for place in (0..<digits).reversed() {
      bytes[count + place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
    count += digits
  }

  /// The lowest `digits` hexadecimal digits of a number.
  mutating func put(hexadecimal number: UInt64, digits: Int) {
    room(for: digits)
    var rest = number
    for place in (0..<digits).reversed() {
      let digit = UInt8(truncatingIfNeeded: rest & 15)
      bytes[count + place] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit
      rest >>= 4
    }
    count += digits
  }

  /// A number in base 36.
  mutating func put(base36 number: Int) {
    var rest = number
    var length = 1
    while rest >= 36 {
      rest /= 36
      length += 1
    }
    room(for: length)
    rest = number
    for place in (0..<length).reversed() {
      let digit = UInt8(truncatingIfNeeded: rest % 36)
      bytes[count + place] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit
      rest /= 36
    }
    count += length
  }

  /// `2026-06-19T09:40:33.000Z`.
  mutating func put(date seconds: Int) {
    let (date, time) = seconds.quotientAndRemainder(dividingBy: 86400)
    let day = CivilDay(daysSince1970: date)
    room(for: 24)
    put(two: day.year / 100)
    put(two: day.year % 100)
    put("-")
    put(two: day.month)
    put("-")
    put(two: day.day)
    put("T")
    put(two: time / 3600)
    put(":")
    put(two: time / 60 % 60)
    put(":")
    put(two: time % 60)
    put(".000Z")
  }

  private mutating func put(two number: Int) {
    room(for: 2)
    bytes[count] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / 10)
    bytes[count + 1] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number % 10)
    count += 2
  }

  /// A text as a JSON string.
  mutating func put(quoted text: String) {
    put("\"")
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        put("\\")
        put(byte: byte)
      case 0..<32:
        put("\\u00")
        put(hexadecimal: UInt64(byte), digits: 2)
      default: put(byte: byte)
      }
    }
    put("\"")
  }
}

/// A day of the Gregorian calendar.
///
/// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`; days from 1970 on.
struct CivilDay {
  let year: Int
  let month: Int
  let day: Int

  init(daysSince1970 days: Int) {
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  /// 0 is Sunday.
  static func weekday(daysSince1970 days: Int) -> Int { (days + 4) % 7 }
}
