/// A text that must never be printed: the hub token.
public struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  private let text: String

  /// Wraps a secret; blanks and line ends around it are dropped. Nil when nothing is left.
  public init?(_ text: String) {
    var trimmed = Substring(text)
    while let first = trimmed.first, first.isWhitespace { trimmed.removeFirst() }
    while let last = trimmed.last, last.isWhitespace { trimmed.removeLast() }
    guard !trimmed.isEmpty else { return nil }
    self.text = String(trimmed)
  }

  /// The text itself, for the one place that sends it.
  public func revealed() -> String { text }

  public var description: String { "<secret>" }
  public var debugDescription: String { "<secret>" }
  public var customMirror: Mirror { Mirror(self, children: []) }
}
