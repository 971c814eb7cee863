import HTTP

/// The one owner of what is known of the hub's patience: every request to the hub passes here.
actor RequestGate {
  private var politeness: Politeness
  private let clock: HubClock
  /// Seconds by which the hub's clock is ahead of ours.
  private(set) var clockSkew: Double?

  init(politeness: Politeness, clock: HubClock) {
    self.politeness = politeness
    self.clock = clock
  }

  /// 0, and the request is counted; or the seconds after which to ask again.
  func ask(_ bucket: RateBucket) -> Double { politeness.limiter.willSend(bucket, now: clock.now()) }

  func observed(_ head: HTTPHead, bucket: RateBucket) {
    if let date = head.headers["Date"].flatMap(HTTPDate.seconds) { clockSkew = Double(date) - clock.now() }
    politeness.limiter.observed(head.headers, status: head.status, bucket: bucket, now: clock.now())
  }

  /// Seconds for which a host is left alone; nil when it may be asked.
  func pause(of host: String) -> Double? { politeness.breaker.pause(of: host, now: clock.now()) }

  func succeeded(_ host: String) { politeness.breaker.succeeded(host) }

  func failed(_ host: String) { politeness.breaker.failed(host, now: clock.now()) }

  var state: Politeness { politeness }
}
