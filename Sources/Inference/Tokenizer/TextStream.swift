/// Joins the bytes of tokens to text as they come, holding back characters that are not complete yet.
public struct TextStream {
  private var pending: [UInt8] = []

  /// An empty stream.
  public init() {}

  /// Adds bytes and returns the text that is complete; ill-formed bytes become U+FFFD.
  public mutating func append(_ bytes: [UInt8]) -> String {
    pending += bytes
    let held = Self.incompleteSuffix(pending)
    defer { pending.removeFirst(pending.count - held) }
    return String(decoding: pending.dropLast(held), as: UTF8.self)
  }

  /// What is left at the end, repaired.
  public mutating func finish() -> String {
    defer { pending = [] }
    return String(decoding: pending, as: UTF8.self)
  }

  /// Bytes at the end that begin a character whose rest may still come: 0 to 3.
  private static func incompleteSuffix(_ bytes: [UInt8]) -> Int {
    for length in 1...3 where length <= bytes.count {
      let byte = bytes[bytes.count - length]
      if byte & 0xC0 == 0x80 { continue }
      let needed = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
      return needed > length ? length : 0
    }
    return 0
  }
}
