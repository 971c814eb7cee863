import Foundation

/// When a delivery is tried again, and when it is given up: pure arithmetic.
enum DeliveryPolicy {
  /// The first pause, in seconds; each is twice the one before.
  static let firstPause: TimeInterval = 60
  /// The longest pause of our own.
  static let longestPause: TimeInterval = 6 * 3600
  /// How long a message is tried after it was made.
  static let life: TimeInterval = 3 * 86_400
  /// How long it is kept after its end.
  static let keeping: TimeInterval = 30 * 86_400
  /// Digests that are remembered, whatever the clock says.
  static let remembered = 60

  /// The moment of the next try.
  ///
  /// - Parameters:
  ///   - attempts: tries so far, 1 or more.
  ///   - wished: seconds that the other side wants to be left alone; nil when it did not say.
  static func nextTry(after attempts: Int, wished: TimeInterval?, now: Date) -> Date {
    let own = min(longestPause, firstPause * pow(2, Double(min(max(attempts, 1), 30) - 1)))
    let asked = wished.map { $0.isFinite ? min(max(0, $0), 30 * 86_400) : 0 } ?? 0
    return now + max(own, asked)
  }

  /// Whether a message that cannot be sent before `next` is given up.
  static func isOver(createdAt: Date, next: Date) -> Bool { next > createdAt + life }

  /// Whether a message that waits is to be tried. A clock that was set back does not make it wait for what is past.
  static func isDue(_ state: DeliveryState, now: Date) -> Bool {
    guard let next = state.nextTryAt else { return true }
    return next <= now || state.changedAt > now
  }
}
