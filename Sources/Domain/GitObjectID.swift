/// The name of an object in a git repository: 40 (SHA-1) or 64 (SHA-256) lower-case hexadecimal digits.
public struct GitObjectID: Hashable, Sendable, CustomStringConvertible {
  /// All digits.
  public let description: String

  /// The id for a foreign string, or nil when it is not a full hash.
  public init?(_ text: some StringProtocol) {
    guard Hexadecimal.isHexadecimal(text, count: 40) || Hexadecimal.isHexadecimal(text, count: 64) else { return nil }
    description = String(text)
  }

  /// The first 7 digits, as git abbreviates them.
  public var short: String { String(description.prefix(7)) }
}
