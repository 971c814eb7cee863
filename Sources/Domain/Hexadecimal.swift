/// Lower-case hexadecimal digits, the spelling of every hash in git, LFS and the hub's API.
public enum Hexadecimal {
  /// The digits of `bytes`, two a byte.
  public static func string(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Whether `text` is exactly `count` lower-case hexadecimal digits.
  public static func isHexadecimal(_ text: some StringProtocol, count: Int) -> Bool {
    let utf8 = text.utf8
    return utf8.withContiguousStorageIfAvailable { $0.count == count && $0.allSatisfy(isDigit) }
      ?? (utf8.count == count && utf8.allSatisfy(isDigit))
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    byte &- UInt8(ascii: "0") < 10 || byte &- UInt8(ascii: "a") < 6
  }
}
