import Foundation
import Glibc
import Synchronization

/// Places of the outbox at which a test may end the process as a power failure would: between two steps whose order matters.
///
/// `HUBWATCH_CRASH_AT=afterHandOver:1` ends it with `_exit(137)` when the first message was taken by the other side.
public enum DeliveryCrashPoint: String, Sendable, CaseIterable {
  /// It is written down which time the digest covers; none of its messages is there.
  case afterPlan
  /// A message is in the outbox.
  case afterEntry
  /// A try has begun; nothing has left.
  case beforeSending
  /// It is written down that the message leaves; no byte of it has.
  case afterSendingNoted
  /// The other side has taken it; that is not written down.
  case afterHandOver
  /// It is written down that it has arrived.
  case afterSentNoted

  private static let wanted: (point: DeliveryCrashPoint, count: Int)? = {
    guard let text = ProcessInfo.processInfo.environment["HUBWATCH_CRASH_AT"] else { return nil }
    let parts = text.split(separator: ":")
    guard parts.count == 2, let point = DeliveryCrashPoint(rawValue: String(parts[0])), let count = Int(parts[1]) else {
      return nil
    }
    return (point, count)
  }()
  private static let passed = Atomic(0)

  /// Ends the process when this is where the environment says.
  func pass() {
    guard let wanted = Self.wanted, wanted.point == self,
      Self.passed.add(1, ordering: .relaxed).newValue == wanted.count
    else { return }
    _exit(137)
  }
}
