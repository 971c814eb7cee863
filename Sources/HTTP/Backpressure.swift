import Synchronization

/// Holds back the transfers that share it while what they brought cannot be put away as fast as it comes.
///
/// A transfer that is held rests at its next piece; the other end notices by its window, and no byte is lost.
public final class Backpressure: Sendable {
  private let held = Atomic(false)

  /// How long a held transfer sleeps before it looks again.
  private static let pause: Duration = .milliseconds(10)

  /// Holds nobody back.
  public init() {}

  /// Whether transfers are held back.
  public var isHeld: Bool { held.load(ordering: .relaxed) }

  /// Holds them back, or lets them go on.
  public func hold(_ isHeld: Bool) { held.store(isHeld, ordering: .relaxed) }

  /// How long a transfer has to rest; nil when it may go on.
  var rest: Duration? { isHeld ? Self.pause : nil }
}
