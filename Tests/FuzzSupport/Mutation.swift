/// Damage that knows what headers are made of: lengths, counts, numbers in text.
public enum Mutation {
  /// Numbers at which arithmetic breaks.
  public static let edges: [UInt64] = [
    0, 1, 2, 3, 7, 8, 31, 32, 127, 255, 256, 4096, 65_535, 1 << 20, 1 << 24, 1 << 31, UInt64(UInt32.max), 1 << 40,
    1 << 62, UInt64(Int64.max), UInt64(Int64.max) - 31, 1 << 63, .max,
  ]

  /// One to four damages of `bytes`; `other` is another input, of which pieces may be taken.
  ///
  /// - Parameter limit: no more bytes come out.
  public static func apply(
    _ bytes: [UInt8], _ other: [UInt8], limit: Int = 1 << 16, _ random: inout some RandomNumberGenerator
  ) -> [UInt8] {
    var bytes = bytes
    for _ in 0...Int.random(in: 0...3, using: &random) where !bytes.isEmpty { damage(&bytes, other, &random) }
    return bytes.count > limit ? Array(bytes.prefix(limit)) : bytes
  }

  /// One damage, somewhere in the first `within` bytes.
  public static func damage(
    _ bytes: inout [UInt8], _ other: [UInt8], within: Int = .max, _ random: inout some RandomNumberGenerator
  ) {
    guard !bytes.isEmpty else { return }
    let place = Int.random(in: 0..<max(1, min(bytes.count, within)), using: &random)
    switch Int.random(in: 0..<8, using: &random) {
    case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 1: bytes[place] = .random(in: 0...255, using: &random)
    case 2:
      // A length or a count, of four or eight bytes.
      let edge = edges.randomElement(using: &random) ?? 0
      for index in 0..<(Bool.random(using: &random) ? 8 : 4) where place + index < bytes.count {
        bytes[place + index] = UInt8(truncatingIfNeeded: edge >> UInt64(8 * index))
      }
    case 3: bytes.removeLast(bytes.count - place)
    case 4:
      let length = Int.random(in: 1...min(64, bytes.count - place), using: &random)
      bytes.removeSubrange(place..<place + length)
    case 5:
      let length = Int.random(in: 1...min(64, bytes.count - place), using: &random)
      bytes.insert(contentsOf: bytes[place..<place + length], at: place)
    case 6 where !other.isEmpty:
      let from = Int.random(in: 0..<other.count, using: &random)
      let length = Int.random(in: 1...min(128, other.count - from), using: &random)
      bytes.replaceSubrange(place..<min(bytes.count, place + length), with: other[from..<from + length])
    default: replaceNumber(&bytes, from: place, &random)
    }
  }

  /// Puts another number in the place of the next one that is written in digits.
  private static func replaceNumber(_ bytes: inout [UInt8], from: Int, _ random: inout some RandomNumberGenerator) {
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    guard let start = bytes[from...].firstIndex(where: digits.contains) else { return }
    let end = bytes[start...].firstIndex { !digits.contains($0) } ?? bytes.count
    let texts = ["0", "-1", "1.5", "1e400", "null", "[]", "\"7\"", "true"]
    let text =
      Bool.random(using: &random)
      ? String(edges.randomElement(using: &random) ?? 0) : texts.randomElement(using: &random) ?? "0"
    bytes.replaceSubrange(start..<end, with: text.utf8)
  }
}
