import Dispatch
import Synchronization

/// Asks systemd for more time while something takes long that must not be cut off: a migration at the start, the last
/// sync at the end. It asks only once that really takes long, and no longer than half an hour. On a queue of its own, for
/// what takes long may block the thread that began it.
public final class TimeoutExtension: Sendable {
  private let isOver = Mutex(false)
  private let queue = DispatchQueue(label: "hubwatch.patience")
  private let notifier: ServiceNotifier

  /// Each message asks for so many seconds from then on.
  private static let seconds = 30
  /// Seconds between two messages.
  private static let pause = 5.0
  private static let mostMessages = 360

  /// Begins.
  ///
  /// - Parameters:
  ///   - notifier: systemd, or nobody.
  ///   - delay: seconds until it is asked for the first time.
  public init(_ notifier: ServiceNotifier, after delay: Double) {
    self.notifier = notifier
    ask(in: delay, left: Self.mostMessages)
  }

  private func ask(in delay: Double, left: Int) {
    guard left > 0 else { return }
    queue.asyncAfter(deadline: .now() + delay) { [self] in
      guard !isOver.withLock({ $0 }) else { return }
      notifier.send(["EXTEND_TIMEOUT_USEC=\(Self.seconds * 1_000_000)"])
      ask(in: Self.pause, left: left - 1)
    }
  }

  /// Ends it.
  public func end() { isOver.withLock { $0 = true } }
}
