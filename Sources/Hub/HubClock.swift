import Glibc

/// The time and the waiting that a client uses, so that tests need neither.
public struct HubClock: Sendable {
  /// Seconds since 1970.
  public let now: @Sendable () -> Double
  /// Waits so many seconds; throws `CancellationError` when the task is cancelled.
  public let sleep: @Sendable (Double) async throws -> Void

  /// A clock out of its two functions.
  public init(now: @escaping @Sendable () -> Double, sleep: @escaping @Sendable (Double) async throws -> Void) {
    self.now = now
    self.sleep = sleep
  }

  /// The system's own.
  public static let system = HubClock(
    now: {
      var time = timespec()
      clock_gettime(CLOCK_REALTIME, &time)
      return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    },
    sleep: { try await Task.sleep(for: .seconds($0)) })
}
