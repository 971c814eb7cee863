/// A `Retry-After` header (RFC 9110, 10.2.3).
public enum RetryAfter: Hashable, Sendable {
  /// So many seconds from now.
  case seconds(Int64)
  /// At a moment, in seconds since 1970.
  case date(Int64)

  /// The header for a foreign string, or nil when it is neither form.
  public init?(_ text: String) {
    if let number = HTTPText.number(HTTPText.trimmed(text)) {
      self = .seconds(number)
    } else if let moment = HTTPDate.seconds(text) {
      self = .date(moment)
    } else {
      return nil
    }
  }

  /// Seconds to wait, 0 or more, when it is `now` seconds since 1970.
  public func wait(now: Double) -> Double {
    switch self {
    case .seconds(let count): Double(count)
    case .date(let moment): max(0, Double(moment) - now)
    }
  }
}
