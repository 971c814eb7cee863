import HTTP
import Synchronization

/// Takes exactly one range of a file into memory, and refuses any other answer before its first byte.
final class RangeSink: BodySink {
  /// An answer that is not the asked range.
  struct Refusal: Error {
    let reason: String
  }

  private let range: Range<Int64>
  private let size: Int64
  private let state = Mutex(State())

  private struct State {
    var isAccepted = false
    var bytes: [UInt8] = []
  }

  init(range: Range<Int64>, of size: Int64) {
    self.range = range
    self.size = size
  }

  func receive(head: HTTPHead) throws {
    switch head.status {
    case 206:
      guard head.contentRange?.isExactly(range, of: size) == true else {
        throw Refusal(reason: "another range than was asked for")
      }
    case 200:
      guard range == 0..<size else { throw Refusal(reason: "the whole file instead of a range") }
    // The body of a failure is of no use; the client judges by the head.
    default: return
    }
    state.withLock { state in
      state.isAccepted = true
      state.bytes.reserveCapacity(Int(min(Int64(range.count), 64 << 20)))
    }
  }

  func receive(bytes chunk: UnsafeRawBufferPointer) throws {
    try state.withLock { state in
      guard state.isAccepted else { return }
      guard state.bytes.count + chunk.count <= range.count else {
        throw Refusal(reason: "more bytes than asked")
      }
      state.bytes.append(contentsOf: chunk)
    }
  }

  /// What has arrived of the range.
  var body: [UInt8] { state.withLock(\.bytes) }
}
