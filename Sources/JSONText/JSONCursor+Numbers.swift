/// A number as JSON writes it.
public enum JSONNumber: Sendable, Hashable {
  /// Without fraction and exponent, and within `Int64`.
  case int(Int64)
  /// Any other.
  case double(Double)
}

extension JSONCursor {
  /// Longer numbers are no numbers. A `Double` written out in full has at most 1,077 significant bytes after its
  /// leading zeros, but nobody writes it so.
  private static let longestNumber = 1024

  /// Reads a whole number without fraction and exponent.
  ///
  /// - Throws: `wrongType` for another number and other kinds.
  public mutating func readInt() throws(JSONError) -> Int64 {
    let start = try numberStart()
    guard case .int(let value) = try readNumber() else { throw JSONError(.wrongType, at: start) }
    return value
  }

  /// Reads a number, whole or not.
  ///
  /// - Throws: `wrongType` for other kinds, `badNumber`.
  public mutating func readDouble() throws(JSONError) -> Double {
    _ = try numberStart()
    switch try readNumber() {
    case .int(let value): return Double(value)
    case .double(let value): return value
    }
  }

  private mutating func numberStart() throws(JSONError) -> Int {
    guard try kind() == .number else { throw JSONError(.wrongType, at: position) }
    return position
  }

  /// Reads the number that begins here.
  mutating func readNumber() throws(JSONError) -> JSONNumber {
    let start = position
    let isNegative = bytes[position] == UInt8(ascii: "-")
    if isNegative { position += 1 }
    guard position < count else { throw JSONError(.truncated, at: count) }
    if limits.allowsNonFinite, let value = try nonFinite() { return .double(isNegative ? -value : value) }

    var magnitude: UInt64 = 0
    var isExact = true
    let whole = digits(into: &magnitude, isExact: &isExact)
    guard whole > 0 else { throw unexpected() }
    guard whole == 1 || bytes[position - whole] != UInt8(ascii: "0") else { throw JSONError(.badNumber, at: start) }
    var scale = 0
    var isWhole = true
    if position < count, bytes[position] == UInt8(ascii: ".") {
      position += 1
      isWhole = false
      let places = digits(into: &magnitude, isExact: &isExact)
      guard places > 0 else { throw unexpected() }
      scale = -places
    }
    if position < count, bytes[position] | 0x20 == UInt8(ascii: "e") {
      position += 1
      isWhole = false
      scale += try exponent()
    }
    guard position - start <= Self.longestNumber else { throw JSONError(.badNumber, at: start) }
    if isWhole, isExact, let value = Self.whole(magnitude, isNegative: isNegative) { return .int(value) }
    // Clinger's exact case: both factors are whole numbers that Double holds without rounding.
    if isExact, magnitude < 1 << 53, (-22...22).contains(scale) {
      let power = Self.powers[abs(scale)]
      let value = scale < 0 ? Double(magnitude) / power : Double(magnitude) * power
      return .double(isNegative ? -value : value)
    }
    let text = String(decoding: UnsafeRawBufferPointer(rebasing: bytes[start..<position]), as: UTF8.self)
    guard let value = Double(text), value.isFinite || limits.allowsNonFinite else {
      throw JSONError(.badNumber, at: start)
    }
    return .double(value)
  }

  private static let powers: [Double] = (0...22).map { (0..<$0).reduce(1.0) { power, _ in power * 10 } }

  private static func whole(_ magnitude: UInt64, isNegative: Bool) -> Int64? {
    guard isNegative else { return Int64(exactly: magnitude) }
    return magnitude == 0 ? nil : Int64(exactly: magnitude).map { -$0 } ?? (magnitude == 1 << 63 ? .min : nil)
  }

  /// Passes over digits and appends them to a number.
  ///
  /// - Returns: how many there were.
  private mutating func digits(into magnitude: inout UInt64, isExact: inout Bool) -> Int {
    let start = position
    while position < count {
      let digit = bytes[position] &- UInt8(ascii: "0")
      guard digit < 10 else { break }
      let (product, isTooMuch) = magnitude.multipliedReportingOverflow(by: 10)
      let (sum, overflows) = product.addingReportingOverflow(UInt64(digit))
      if isTooMuch || overflows { isExact = false }
      magnitude = sum
      position += 1
    }
    return position - start
  }

  /// The exponent behind an `e`; beyond ±100,000 it is only told that it is far away.
  private mutating func exponent() throws(JSONError) -> Int {
    let isNegative = position < count && bytes[position] == UInt8(ascii: "-")
    if isNegative || (position < count && bytes[position] == UInt8(ascii: "+")) { position += 1 }
    let start = position
    var value = 0
    while position < count {
      let digit = bytes[position] &- UInt8(ascii: "0")
      guard digit < 10 else { break }
      value = min(100_000, value * 10 + Int(digit))
      position += 1
    }
    guard position > start else { throw unexpected() }
    return isNegative ? -value : value
  }

  private mutating func nonFinite() throws(JSONError) -> Double? {
    switch bytes[position] {
    case UInt8(ascii: "I"):
      try word("Infinity")
      return .infinity
    case UInt8(ascii: "N") where position == 0 || bytes[position - 1] != UInt8(ascii: "-"):
      try word("NaN")
      return .nan
    default: return nil
    }
  }
}
