import HTTP

/// How often and how long one request may still be tried again.
struct Patience {
  private let options: HubClient.Options
  private var answers = 0
  private var breaks = 0
  private var spent: Double = 0

  init(options: HubClient.Options) { self.options = options }

  /// Seconds to wait after a status of 400 and above; nil when another try makes no sense.
  mutating func waitAfterAnswer(_ kind: HubError.Kind, head: HTTPHead, now: Double) -> Double? {
    answers += 1
    guard answers <= options.retries else { return nil }
    switch kind {
    case .rateLimited, .serverError:
      // Where the hub's quota says more, the rate limiter holds the next try back itself.
      let asked = head.headers["Retry-After"].flatMap(RetryAfter.init).map { $0.wait(now: now) }
      return max(jitter(answers), min(RateLimiter.longestWait, asked ?? 0))
    default: return nil
    }
  }

  /// Seconds to wait after a connection that did not come about or broke; nil after the last try.
  mutating func waitAfterBrokenConnection() -> Double? {
    breaks += 1
    return breaks < options.connectionTries ? jitter(breaks) : nil
  }

  /// Whether so many seconds are still left; they are taken.
  mutating func spend(_ seconds: Double) -> Bool {
    guard spent + seconds <= options.longestWait else { return false }
    spent += seconds
    return true
  }

  /// Full jitter: anything from 0 to the exponential bound.
  private func jitter(_ attempt: Int) -> Double {
    options.jitter(0...options.baseDelay * Double(1 << min(attempt - 1, 10)))
  }
}
