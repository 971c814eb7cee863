/// A git commit of a repository: 40 lower-case hexadecimal digits.
public struct CommitHash: Hashable, Sendable, CustomStringConvertible {
  /// The 40 digits.
  public let description: String

  /// The commit for a foreign string, or nil when it is not a full hash.
  public init?(_ text: String) {
    guard Hexadecimal.isHexadecimal(text, count: 40) else { return nil }
    description = text
  }

  /// The first 12 digits, for people.
  public var short: String { String(description.prefix(12)) }
}
