import Hub
import Synchronization

/// A clock on which waiting takes no time: whoever sleeps moves it forward.
public final class VirtualClock: Sendable {
  private let time: Mutex<Double>

  /// A clock that begins at so many seconds since 1970.
  public init(at seconds: Double) { time = Mutex(seconds) }

  /// Seconds since 1970.
  public var now: Double { time.withLock { $0 } }

  /// Moves it forward; never back.
  public func advance(by seconds: Double) { time.withLock { $0 += max(0, seconds) } }

  /// The same clock for a `HubClient`.
  public var hubClock: HubClock {
    HubClock(
      now: { self.now },
      sleep: { seconds in
        try Task.checkCancellation()
        self.advance(by: seconds)
      })
  }
}
