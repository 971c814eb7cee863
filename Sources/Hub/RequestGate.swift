import HTTP

/// The one owner of the rate limiter's state: every request to the hub passes here.
actor RequestGate {
  private var limiter: RateLimiter
  private let clock: HubClock

  init(limiter: RateLimiter, clock: HubClock) {
    self.limiter = limiter
    self.clock = clock
  }

  /// 0, and the request is counted; or the seconds after which to ask again.
  func ask(_ bucket: RateBucket) -> Double { limiter.willSend(bucket, now: clock.now()) }

  func observed(_ head: HTTPHead, bucket: RateBucket) {
    limiter.observed(head.headers, status: head.status, bucket: bucket, now: clock.now())
  }

  var state: RateLimiter { limiter }
}
