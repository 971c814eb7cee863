/// Colours and weights of a terminal, or nothing at all where there is none.
public struct Style: Sendable {
  /// What a piece of text means; the style decides how that looks.
  public enum Meaning: Sendable {
    case heading, good, warning, bad, faint, strong
  }

  /// Whether escape sequences are written.
  public let isColoured: Bool

  /// A style that writes escape sequences, or one that does not.
  public init(isColoured: Bool) { self.isColoured = isColoured }

  /// Without escape sequences.
  public static let plain = Style(isColoured: false)

  /// `text` as `meaning` looks.
  public func paint(_ text: String, _ meaning: Meaning) -> String {
    guard isColoured else { return text }
    let code =
      switch meaning {
      case .heading: "1;36"
      case .good: "32"
      case .warning: "33"
      case .bad: "31"
      case .faint: "2"
      case .strong: "1"
      }
    return "\u{1B}[\(code)m\(text)\u{1B}[0m"
  }
}
