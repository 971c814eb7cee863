/// When the next cycle is due: a pure value, told the time by its owner.
///
/// Times are seconds on any clock that never goes back.
public struct Schedule: Sendable, Equatable {
  /// Seconds between the starts of two cycles.
  public private(set) var interval: Double
  /// Cycles in a row that did not reach the hub.
  public private(set) var failures = 0
  private var lastStart: Double?
  /// When the next cycle begins.
  public private(set) var due: Double

  /// A schedule whose first cycle is due at once.
  public init(interval: Double, now: Double) {
    self.interval = interval
    due = now
  }

  /// Seconds until the next cycle; 0 when it is due.
  public func wait(now: Double) -> Double { max(0, due - now) }

  /// Takes over another interval; what is due by it is due at once.
  public mutating func change(interval: Double) {
    guard interval != self.interval else { return }
    if failures == 0, let lastStart { due = lastStart + interval }
    self.interval = interval
  }

  /// What kept the last cycle from its work is gone: the next one is due at once.
  public mutating func hurry(now: Double) { due = min(due, now) }

  /// A cycle begins. However many were missed while the machine slept, it is one.
  public mutating func begin(now: Double) { lastStart = now }

  /// A cycle ended.
  ///
  /// After a success the next one follows `interval` after the start, at once when the cycle took longer. A hub
  /// that was not reached is tried again sooner: after a minute, then two, four … up to the interval.
  ///
  /// - Parameter jitter: 0 ..< 1, so that many daemons do not knock at one moment; up to a tenth is added.
  public mutating func end(reachedHub: Bool, jitter: Double, now: Double) {
    if reachedHub {
      failures = 0
      due = max(now, (lastStart ?? now) + interval * (1 + jitter / 10))
    } else {
      failures += 1
      let backoff = 60.0 * Double(1 << min(failures - 1, 16))
      due = now + min(backoff, interval) * (1 + jitter / 10)
    }
  }
}
