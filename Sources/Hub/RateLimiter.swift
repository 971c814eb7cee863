import HTTP

/// The hub's three quotas.
public enum RateBucket: String, Sendable, Codable, CaseIterable {
  /// `/api/…` but resolve-cache.
  case api
  /// `/…/resolve/…` and `/api/resolve-cache/…`.
  case resolvers
  /// Everything else on the hub.
  case pages
}

/// Keeps requests within the hub's quotas: a state machine without clock and without waiting.
///
/// `willSend` says when a request may go; `observed` learns from each answer. Below a tenth of the quota the rest
/// of the window is shared out evenly; at nothing left all wait for the next window. A 429 stops its bucket for
/// what `Retry-After` says, else to the next window, else for 1, 2, 4 … seconds. No wait is longer than 15
/// minutes, so that a wrong header or a wrong clock cannot stop hubwatch for good.
///
/// Times are seconds since 1970, because the state is stored between runs.
public struct RateLimiter: Sendable, Codable, Equatable {
  /// The longest wait, in seconds.
  public static let longestWait: Double = 900

  private struct State: Sendable, Codable, Equatable {
    var remaining: Int64?
    var quota: Int64?
    /// When the window ends.
    var reset: Double = 0
    /// When the next request may go.
    var earliest: Double = 0
    /// 429s in a row.
    var refusals = 0
  }

  private var states: [String: State] = [:]

  /// A limiter that knows nothing yet.
  public init() {}

  /// Asks for leave to send one request.
  ///
  /// - Returns: 0, and the request is counted; or the seconds after which to ask again, 900 at most.
  public mutating func willSend(_ bucket: RateBucket, now: Double) -> Double {
    var state = states[bucket.rawValue] ?? State()
    defer { states[bucket.rawValue] = state }
    // A time further away than any honest wait comes from another clock.
    if state.earliest > now + Self.longestWait { state.earliest = now + Self.longestWait }
    if state.reset > now + Self.longestWait { state.reset = now + Self.longestWait }
    if state.earliest > now { return state.earliest - now }
    guard let remaining = state.remaining else { return 0 }
    guard state.reset > now else {
      state.remaining = nil
      return 0
    }
    guard remaining > 0 else { return state.reset - now }
    if let quota = state.quota, Double(remaining) < Double(quota) * 0.1 {
      state.earliest = now + (state.reset - now) / Double(remaining)
    }
    state.remaining = remaining - 1
    return 0
  }

  /// Learns from an answer to a request of `bucket`, whatever its status.
  public mutating func observed(_ headers: HTTPHeaders, status: Int, bucket: RateBucket, now: Double) {
    learnQuota(headers, bucket: bucket, now: now)
    var state = states[bucket.rawValue] ?? State()
    let retryAfter = headers["Retry-After"].flatMap(RetryAfter.init).map { $0.wait(now: now) }
    switch status {
    case 429:
      let toReset = state.remaining == 0 && state.reset > now ? state.reset - now : nil
      let backoff = Double(1 << min(state.refusals, 10))
      let wait = min(Self.longestWait, retryAfter ?? toReset ?? backoff)
      state.earliest = max(state.earliest, now + wait)
      state.refusals += 1
    case 503:
      if let retryAfter { state.earliest = max(state.earliest, now + min(Self.longestWait, retryAfter)) }
    default:
      state.refusals = 0
    }
    states[bucket.rawValue] = state
  }

  private mutating func learnQuota(_ headers: HTTPHeaders, bucket: RateBucket, now: Double) {
    for item in headers.values("RateLimit-Policy").flatMap(RateLimitPolicyHeader.items) {
      guard let named = RateBucket(rawValue: item.bucket) else { continue }
      states[named.rawValue, default: State()].quota = item.quota
    }
    for item in headers.values("RateLimit").flatMap(RateLimitHeader.items) {
      guard let named = RateBucket(rawValue: item.bucket), let seconds = item.reset else { continue }
      let reset = now + min(Self.longestWait, Double(seconds))
      var state = states[named.rawValue] ?? State()
      // Answers overtake each other: within one window the smaller number is the newer one.
      let isSameWindow = abs(reset - state.reset) < 2
      state.remaining = isSameWindow ? min(state.remaining ?? item.remaining, item.remaining) : item.remaining
      state.reset = reset
      states[named.rawValue] = state
    }
  }
}
