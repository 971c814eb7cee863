/// Tells that the machine, or this process, has slept: a state machine without a clock of its own.
///
/// After a sleep of more than a minute no connection is believed to be alive, and no name to mean what it meant: the
/// laptop may be in another network.
struct SleepWatch {
  /// A pause that is longer than planned by this much was a sleep.
  static let gap: Duration = .seconds(60)

  private var due: Duration?

  /// Looks at the clock.
  ///
  /// - Parameter now: a clock that goes on while the machine sleeps.
  /// - Returns: whether it has slept since the last look.
  mutating func hasSlept(now: Duration) -> Bool {
    defer { due = nil }
    return due.map { now - $0 > Self.gap } ?? false
  }

  /// The next look will be at this moment at the latest.
  mutating func willLook(at moment: Duration) { due = moment }
}
