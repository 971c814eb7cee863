/// A `Content-Range` header in bytes (RFC 9110, 14.4): `bytes 0-99/1234`, `bytes 0-99/*` or `bytes */1234`.
public struct ContentRange: Hashable, Sendable {
  /// The bytes that the body holds; nil in a 416.
  public let range: Range<Int64>?
  /// The whole size; nil when the server does not say.
  public let total: Int64?

  /// The header for a foreign string, or nil when it is malformed or contradicts itself.
  public init?(_ text: String) {
    let words = HTTPText.trimmed(text).split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 2, words[0].lowercased() == "bytes" else { return nil }
    let parts = words[1].split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    if parts[1] == "*" {
      total = nil
    } else {
      guard let number = HTTPText.number(parts[1]) else { return nil }
      total = number
    }
    guard parts[0] != "*" else {
      guard total != nil else { return nil }
      range = nil
      return
    }
    let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false)
    guard ends.count == 2, let first = HTTPText.number(ends[0]), let last = HTTPText.number(ends[1]),
      first <= last, last < total ?? .max
    else { return nil }
    range = first..<last + 1
  }

  /// Whether a body with this header is exactly the asked part of a file of this size.
  public func isExactly(_ asked: Range<Int64>, of size: Int64) -> Bool {
    range == asked && total == size
  }
}
