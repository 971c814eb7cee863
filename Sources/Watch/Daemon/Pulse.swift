import Synchronization

/// What the daemon does and when something last came of it. Written by whoever works, read by the one who tells systemd.
public final class Pulse: Sendable {
  private struct State {
    var ticked: Double
    var worked: Double
    var writes = 0
    var isInCycle = false
    var extraPatience = 0.0
  }

  private let state: Mutex<State>
  private let clock: @Sendable () -> Double
  private let writes: @Sendable () -> Int

  /// - Parameters:
  ///   - clock: seconds on a clock that never goes back.
  ///   - writes: a number that grows when something is written down.
  public init(clock: @escaping @Sendable () -> Double = Uptime.seconds, writes: @escaping @Sendable () -> Int = { 0 }) {
    self.clock = clock
    self.writes = writes
    let now = clock()
    state = Mutex(State(ticked: now, worked: now))
  }

  /// The schedule was looked at.
  func tick() {
    let now = clock()
    state.withLock { $0.ticked = now }
  }

  /// A cycle begins or ends.
  func setInCycle(_ isInCycle: Bool) {
    let now = clock()
    state.withLock { state in
      state.isInCycle = isInCycle
      state.worked = now
      state.extraPatience = 0
    }
  }

  /// Something has happened.
  ///
  /// - Parameter extraPatience: seconds that the next thing may take beyond what is usual.
  public func beat(extraPatience: Double = 0) {
    let now = clock()
    state.withLock { state in
      state.worked = now
      state.extraPatience = extraPatience
    }
  }

  /// The signs of the loop and the cycle.
  func signs() -> HealthJudge.Signs {
    let (now, written) = (clock(), writes())
    return state.withLock { state in
      if written != state.writes {
        state.writes = written
        state.worked = now
      }
      var signs = HealthJudge.Signs()
      signs.loopSilence = now - state.ticked
      if state.isInCycle { signs.cycleSilence = now - state.worked }
      signs.extraPatience = state.extraPatience
      return signs
    }
  }
}

/// A clock that goes on while the machine sleeps, and never goes back.
public enum Uptime {
  private static let start = ContinuousClock.now

  /// Seconds since some moment of this process.
  public static let seconds: @Sendable () -> Double = { (ContinuousClock.now - start) / .seconds(1) }
}
