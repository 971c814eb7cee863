/// The hub's three quotas.
public enum HubBucket: String, Sendable, CaseIterable {
  case api, resolvers, pages
}

/// A request that a polite client would not have sent.
public struct HubViolation: Sendable, Hashable, CustomStringConvertible {
  /// Which request, counted from 1.
  public let request: Int
  /// Against which quota.
  public let bucket: HubBucket
  /// What had been announced.
  public let reason: String

  public var description: String { "request \(request) (\(bucket.rawValue)): \(reason)" }
}

/// Counts requests in fixed windows, and remembers what was announced.
struct QuotaBook {
  /// Requests that each window allows.
  var quotas: [HubBucket: Int]
  /// Seconds.
  let window: Int
  /// How many requests a client may have under way at once: all but the one that is answered with an announcement
  /// may have been sent before it was heard.
  let parallel: Int

  struct Window: Sendable {
    var start: Int
    var requests = 0
  }

  private struct State {
    var windows: [Window] = []
    /// The window whose last answer said that nothing is left.
    var emptyWindow: Int?
    var retryAt: Double = 0
    /// Requests that came since the last announcement and may not have heard it.
    var unheard = 0
  }

  private var states: [HubBucket: State] = [:]
  private(set) var violations: [HubViolation] = []

  init(quotas: [HubBucket: Int], window: Int, parallel: Int) {
    self.quotas = quotas
    self.parallel = max(1, parallel)
    self.window = max(1, window)
  }

  private func start(_ now: Double) -> Int { Int((now / Double(window)).rounded(.down)) * window }
  private func quota(_ bucket: HubBucket) -> Int { quotas[bucket] ?? 1_000_000 }

  /// Takes note of a request; whether it may be answered.
  mutating func admit(_ bucket: HubBucket, request: Int, now: Double) -> Bool {
    var state = states[bucket] ?? State()
    defer { states[bucket] = state }
    let start = start(now)
    if state.windows.last?.start != start {
      if state.windows.count >= 4096 { state.windows.removeFirst(2048) }
      state.windows.append(Window(start: start))
    }
    let last = state.windows.count - 1
    state.windows[last].requests += 1
    let reason: String
    if state.retryAt > now {
      reason = "Retry-After had \(state.retryAt - now) s to go"
    } else if state.emptyWindow == start {
      reason = "nothing was left in this window"
    } else {
      state.unheard = 0
      return state.windows[last].requests <= quota(bucket)
    }
    state.unheard += 1
    if state.unheard >= parallel {
      violations.append(HubViolation(request: request, bucket: bucket, reason: reason))
    }
    return false
  }

  /// Declares a window used up, whatever was counted.
  mutating func useUp(_ bucket: HubBucket, now: Double) { states[bucket, default: State()].emptyWindow = start(now) }

  /// Asks a bucket's clients to wait.
  mutating func hold(_ bucket: HubBucket, until time: Double) {
    states[bucket, default: State()].retryAt = max(states[bucket]?.retryAt ?? 0, time)
  }

  /// Seconds that a bucket's clients still have to wait because they were told to.
  func hold(_ bucket: HubBucket, now: Double) -> Double { max(0, (states[bucket]?.retryAt ?? 0) - now) }

  /// The `RateLimit` headers of an answer now, which are an announcement.
  mutating func announce(_ bucket: HubBucket, now: Double, _ head: inout ByteBuffer) {
    var state = states[bucket] ?? State()
    let start = start(now)
    let used = state.windows.last.flatMap { $0.start == start ? $0.requests : nil } ?? 0
    let left = state.emptyWindow == start ? 0 : max(0, quota(bucket) - used)
    if left == 0 { state.emptyWindow = start }
    states[bucket] = state
    head.put("RateLimit: \"")
    head.put(string: bucket.rawValue)
    head.put("\";r=")
    head.put(number: left)
    head.put(";t=")
    head.put(number: max(1, Int((Double(start + window) - now).rounded(.up))))
    head.put("\r\nRateLimit-Policy: \"fixed window\";\"")
    head.put(string: bucket.rawValue)
    head.put("\";q=")
    head.put(number: quota(bucket))
    head.put(";w=")
    head.put(number: window)
    head.put("\r\n")
  }

  /// How many requests each window saw, oldest first.
  func windows(_ bucket: HubBucket) -> [(start: Int, requests: Int)] {
    states[bucket, default: State()].windows.map { ($0.start, $0.requests) }
  }
}
