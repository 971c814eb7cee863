import Synchronization

/// Keeps a body in memory; the client has capped its size.
final class BodyBuffer: BodySink {
  private let bytes = Mutex<[UInt8]>([])

  func receive(head: HTTPHead) {
    // A hint, and no more than that: the length is the server's claim.
    let expected = Int(min(head.contentLength ?? 0, 1 << 20))
    bytes.withLock { $0.reserveCapacity(expected) }
  }

  func receive(bytes chunk: UnsafeRawBufferPointer) {
    bytes.withLock { $0.append(contentsOf: chunk) }
  }

  /// What has arrived.
  var body: [UInt8] { bytes.withLock { $0 } }
}
