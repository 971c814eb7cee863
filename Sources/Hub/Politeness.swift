/// What is known of the hub's patience, kept from run to run.
public struct Politeness: Sendable, Codable, Equatable {
  /// The quotas of the hub's buckets.
  public var limiter: RateLimiter
  /// Hosts that are left alone for a while.
  public var breaker: CircuitBreaker

  /// Nothing known.
  public init(limiter: RateLimiter = RateLimiter(), breaker: CircuitBreaker = CircuitBreaker()) {
    self.limiter = limiter
    self.breaker = breaker
  }

  private enum CodingKeys: String, CodingKey { case limiter, breaker }

  /// Reads what was stored, also the bare limiter of an older hubwatch.
  public init(from decoder: any Decoder) throws {
    let row = try decoder.container(keyedBy: CodingKeys.self)
    guard let limiter = try row.decodeIfPresent(RateLimiter.self, forKey: .limiter) else {
      self.init(limiter: try RateLimiter(from: decoder))
      return
    }
    self.init(
      limiter: limiter, breaker: try row.decodeIfPresent(CircuitBreaker.self, forKey: .breaker) ?? CircuitBreaker())
  }
}
