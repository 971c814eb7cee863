/// The hub's own key of a repository, which survives a rename: 12 bytes, of which the first four are the seconds at
/// which it was made.
public struct HubObjectID: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// How many bytes a key has.
  public static let byteCount = 12

  private let high: UInt32
  private let low: UInt64

  /// The key for 24 lower-case hexadecimal digits, or nil for any other text.
  public init?(_ text: String) {
    var text = text
    guard let key = text.withUTF8({ Self(digits: UnsafeRawBufferPointer($0)) }) else { return nil }
    self = key
  }

  /// The key for 24 lower-case hexadecimal digits in UTF-8, or nil for anything else.
  public init?(digits: UnsafeRawBufferPointer) {
    guard digits.count == Self.byteCount * 2 else { return nil }
    var words: (UInt64, UInt64) = (0, 0)
    for (index, digit) in digits.enumerated() {
      let value: UInt8
      switch digit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit &- UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit &- UInt8(ascii: "a") &+ 10
      default: return nil
      }
      if index < 8 { words.0 = words.0 << 4 | UInt64(value) } else { words.1 = words.1 << 4 | UInt64(value) }
    }
    (high, low) = (UInt32(truncatingIfNeeded: words.0), words.1)
  }

  /// The key for 12 bytes, or nil for any other number of them.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    high = bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    low = bytes.dropFirst(4).reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// Its bytes, the first first.
  public var bytes: [UInt8] {
    var bytes: [UInt8] = []
    append(to: &bytes)
    return bytes
  }

  /// Puts its bytes behind others.
  public func append(to bytes: inout [UInt8]) {
    withUnsafeBytes(of: high.bigEndian) { bytes.append(contentsOf: $0) }
    withUnsafeBytes(of: low.bigEndian) { bytes.append(contentsOf: $0) }
  }

  /// The 24 digits.
  public var description: String { Hexadecimal.string(bytes) }

  public static func < (left: HubObjectID, right: HubObjectID) -> Bool {
    (left.high, left.low) < (right.high, right.low)
  }
}
