import Synchronization

/// What all transfers that share it may take of the line.
///
/// Bytes are taken when they have arrived, and a transfer that took more than there was rests until the debt is paid.
public final class BandwidthBudget: Sendable {
  private struct State {
    /// Bytes that may be taken; negative while there is debt.
    var credit = 0.0
    var refilled: Duration?
  }

  private let rate: @Sendable () -> Int64?
  private let state = Mutex(State())

  /// The most that a rested line may take at once, in seconds of its rate.
  private static let burst = 0.1

  /// - Parameter rate: the bytes a second at this moment; nil for no limit. Asked at every use, so that it may follow
  ///   the time of day.
  public init(rate: @escaping @Sendable () -> Int64?) { self.rate = rate }

  /// Whether there is a limit at this moment.
  public var isLimited: Bool { rate() != nil }

  /// Takes bytes that have arrived.
  ///
  /// - Returns: whether the line has to rest.
  func take(_ bytes: Int, now: Duration) -> Bool {
    guard let rate = rate() else { return false }
    return state.withLock { state in
      refill(&state, rate: rate, now: now)
      state.credit -= Double(bytes)
      return state.credit < 0
    }
  }

  /// How long the line has to rest from `now` on; nil when it may go on.
  func rest(now: Duration) -> Duration? {
    guard let rate = rate() else { return nil }
    return state.withLock { state in
      refill(&state, rate: rate, now: now)
      return state.credit < 0 ? .seconds(-state.credit / Double(max(1, rate))) : nil
    }
  }

  private func refill(_ state: inout State, rate: Int64, now: Duration) {
    defer { state.refilled = now }
    guard let last = state.refilled, now > last else { return }
    state.credit = min(state.credit + Double(rate) * ((now - last) / .seconds(1)), Double(rate) * Self.burst)
  }
}
