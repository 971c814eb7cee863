import Downloads

/// Places of the outbox at which a test may end the process.
public enum DeliveryCrashPoint: String, CrashPlace, CaseIterable {
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
}
