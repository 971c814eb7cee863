import Foundation
import Glibc

/// What time is for the daemon; tests give it another.
public struct DaemonClock: Sendable {
  /// The moment.
  public var now: @Sendable () -> Scheduler.Moment
  /// Calls back at a number of boot seconds, or before when a clock was set. What was asked for before no longer counts.
  public var wake: @Sendable (_ boot: Double, _ call: @escaping @Sendable () -> Void) -> Void

  /// A clock.
  public init(
    now: @escaping @Sendable () -> Scheduler.Moment,
    wake: @escaping @Sendable (_ boot: Double, _ call: @escaping @Sendable () -> Void) -> Void
  ) {
    self.now = now
    self.wake = wake
  }

  /// The machine's clocks. Once a process.
  public static func system() -> DaemonClock {
    let alarm = Alarm()
    return DaemonClock(now: { .system }, wake: { alarm.set($0, $1) })
  }
}

extension Scheduler.Moment {
  /// Now, where this machine is.
  public static var system: Scheduler.Moment {
    var now = time(nil)
    var parts = tm()
    localtime_r(&now, &parts)
    // Days since 1970, by the local calendar: the same moment read as if it were UTC.
    let local = timegm(&parts)
    return Scheduler.Moment(
      boot: Uptime.boot(), day: Int(local / 86_400), second: Int(local % 86_400))
  }
}
