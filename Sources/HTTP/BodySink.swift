/// Takes an answer as it arrives.
///
/// Both functions run on the client's own thread, one call at a time and in order, and hold up every other
/// transfer of that client while they run: that is the back-pressure. An error that they throw aborts the
/// transfer and is thrown again by `HTTPClient.transfer`.
public protocol BodySink: AnyObject, Sendable {
  /// The head, once, before any byte of the body. The place to refuse a wrong status or range.
  func receive(head: HTTPHead) throws
  /// The next bytes of the body, at most 512 KiB, valid only during the call.
  func receive(bytes: UnsafeRawBufferPointer) throws
}
