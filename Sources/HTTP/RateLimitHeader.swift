/// One item of a `RateLimit` header: `"api";r=499;t=140`.
///
/// Source of the format: the hub's documentation on rate limits, after the IETF draft on RateLimit fields.
public struct RateLimitHeader: Hashable, Sendable {
  /// The bucket's name.
  public let bucket: String
  /// Requests that are left in this window.
  public let remaining: Int64
  /// Seconds to the next window; nil when the server does not say.
  public let reset: Int64?

  /// All items of a header that make sense; others are left out.
  public static func items(_ text: String) -> [RateLimitHeader] {
    HTTPText.split(text, at: UInt8(ascii: ",")).compactMap { item in
      let parameters = RateLimitParameters(item)
      guard let bucket = parameters.names.last, let remaining = parameters.numbers["r"] else { return nil }
      return RateLimitHeader(bucket: bucket, remaining: remaining, reset: parameters.numbers["t"])
    }
  }
}

/// One item of a `RateLimit-Policy` header: `"fixed window";"api";q=500;w=300`.
public struct RateLimitPolicyHeader: Hashable, Sendable {
  /// The bucket's name.
  public let bucket: String
  /// Requests that a window allows, 1 or more.
  public let quota: Int64
  /// The window's length in seconds; nil when the server does not say.
  public let window: Int64?

  /// All items of a header that make sense; others are left out.
  public static func items(_ text: String) -> [RateLimitPolicyHeader] {
    HTTPText.split(text, at: UInt8(ascii: ",")).compactMap { item in
      let parameters = RateLimitParameters(item)
      guard let bucket = parameters.names.last, let quota = parameters.numbers["q"], quota > 0 else {
        return nil
      }
      return RateLimitPolicyHeader(bucket: bucket, quota: quota, window: parameters.numbers["w"])
    }
  }
}

/// The words and the `key=number` pairs of one item.
private struct RateLimitParameters {
  var names: [String] = []
  var numbers: [String: Int64] = [:]

  init(_ item: String) {
    for part in HTTPText.split(item, at: UInt8(ascii: ";")) where !part.isEmpty {
      let pair = part.split(separator: "=", maxSplits: 1).map { HTTPText.trimmed($0) }
      if part.hasPrefix("\"") || pair.count != 2 {
        names.append(HTTPText.unquoted(part))
      } else if let number = HTTPText.number(pair[1]) {
        numbers[pair[0].lowercased()] = number
      }
    }
  }
}
