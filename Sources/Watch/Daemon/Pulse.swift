import CLinux
import Synchronization

/// What the daemon does and when something last came of it. Written by whoever works, read by the one who tells systemd.
public final class Pulse: Sendable {
  private struct Work {
    var lanes: Lanes
    var worked: Double
    var extraPatience = 0.0
  }

  private struct State {
    /// Since when the loop has been called without an answer.
    var calledAt: Double?
    var writes = 0
    var works: [String: Work] = [:]
  }

  private let state = Mutex(State())
  private let clock: @Sendable () -> Double
  private let writes: @Sendable () -> Int

  /// - Parameters:
  ///   - clock: seconds on a clock that never goes back.
  ///   - writes: a number that grows when something is written down.
  public init(clock: @escaping @Sendable () -> Double = Uptime.seconds, writes: @escaping @Sendable () -> Int = { 0 }) {
    self.clock = clock
    self.writes = writes
  }

  /// Calls the loop, unless the last call is still open.
  func call(_ call: () -> Void) {
    let now = clock()
    let isOpen = state.withLock { state in
      defer { state.calledAt = state.calledAt ?? now }
      return state.calledAt != nil
    }
    if !isOpen { call() }
  }

  /// The loop has answered.
  func tick() { state.withLock { $0.calledAt = nil } }

  /// A piece of work begins that needs these lanes.
  func begin(_ name: String, _ lanes: Lanes) {
    let now = clock()
    state.withLock { $0.works[name] = Work(lanes: lanes, worked: now) }
  }

  /// It has ended.
  func end(_ name: String) { state.withLock { _ = $0.works.removeValue(forKey: name) } }

  /// Something has happened.
  ///
  /// - Parameters:
  ///   - lanes: to what is at work there; everywhere when there are none.
  ///   - extraPatience: seconds that the next thing may take beyond what is usual.
  public func beat(_ lanes: Lanes = [], extraPatience: Double = 0) {
    let now = clock()
    state.withLock { state in
      for (name, work) in state.works where lanes.isEmpty || !work.lanes.isDisjoint(with: lanes) {
        state.works[name]?.worked = now
        state.works[name]?.extraPatience = extraPatience
      }
    }
  }

  /// The signs of the loop and of what is at work.
  func signs() -> HealthJudge.Signs {
    let (now, written) = (clock(), writes())
    return state.withLock { state in
      if written != state.writes {
        state.writes = written
        for name in state.works.keys { state.works[name]?.worked = now }
      }
      var signs = HealthJudge.Signs()
      signs.loopSilence = state.calledAt.map { now - $0 } ?? 0
      signs.works = state.works.sorted { $0.key < $1.key }.map { name, work in
        HealthJudge.Signs.Work(name: name, silence: now - work.worked, extraPatience: work.extraPatience)
      }
      return signs
    }
  }
}

/// A clock that goes on while the machine sleeps, and never goes back.
public enum Uptime {
  private static let start = ContinuousClock.now

  /// Seconds since some moment of this process.
  public static let seconds: @Sendable () -> Double = { (ContinuousClock.now - start) / .seconds(1) }

  /// Seconds since the machine was started.
  static func boot() -> Double { Double(hubwatch_boot_time()) / 1e9 }
}
