import Synchronization

/// A request on its way to the loop's thread, and the task that waits for its end.
struct TransferOrder: Sendable {
  let id: UInt64
  let request: HTTPRequest
  let sink: any BodySink
  let usesProxy: Bool
  let cancellation: CancellationFlag
  let continuation: CheckedContinuation<HTTPHead, any Error>
}

/// Whether the waiting task was cancelled, which may happen before the loop has heard of the order.
final class CancellationFlag: Sendable {
  private let flag = Atomic(false)

  var isSet: Bool { flag.load(ordering: .acquiring) }
  func set() { flag.store(true, ordering: .releasing) }
}

/// Readings of two steady clocks.
struct LoopClock {
  private let clock = SuspendingClock()
  private let start: SuspendingClock.Instant
  private let wakefulClock = ContinuousClock()
  private let wakefulStart: ContinuousClock.Instant

  init() {
    start = clock.now
    wakefulStart = wakefulClock.now
  }

  /// A clock that stops while the machine sleeps.
  var now: Duration { start.duration(to: clock.now) }
  /// A clock that goes on then.
  var wakefulNow: Duration { wakefulStart.duration(to: wakefulClock.now) }
}
