import Foundation

/// How one try to deliver a message has ended. Words hold no secret.
public enum DeliveryOutcome: Sendable, Equatable {
  /// It has arrived; with what the other side said.
  case sent(String)
  /// It has certainly not arrived; after so many seconds at the earliest it may be tried again.
  case tryAgain(String, after: TimeInterval? = nil)
  /// It will not be taken, however often it is tried.
  case refused(String)
  /// It was handed over, and nobody knows whether it has arrived.
  case uncertain(String)
}

/// A way by which messages go out.
public protocol DeliveryChannel: Sendable {
  /// Tries once.
  ///
  /// - Parameters:
  ///   - entry: the message.
  ///   - willHandOver: called right before the first byte of the message leaves; when it is false, nothing may leave.
  func send(_ entry: OutboxEntry, willHandOver: @escaping @Sendable () -> Bool) async -> DeliveryOutcome
}

extension DeliveryOutcome {
  /// For a message of another channel, or of another version.
  static let foreign = DeliveryOutcome.refused("the message is of another form than its channel")
  /// For a state that could not be written down.
  static let unnoted = DeliveryOutcome.tryAgain("its sending could not be noted down")
}
