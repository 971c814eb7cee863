import FlyingFox
import FlyingSocks
import Foundation

/// The body of one answer, read and sent in bounded chunks, at the wanted pace and with the wanted mishap.
struct BodyStream: AsyncBufferedSequence {
  typealias Element = UInt8

  let body: Answer.Body
  let fault: Fault.Action?
  let bytesPerSecond: Int?
  let log: RequestLog
  /// The request's number in the log.
  let number: Int

  /// The most bytes that are in memory for one answer.
  static let chunk = 128 << 10

  func makeAsyncIterator() -> BodyReader { BodyReader(stream: self) }

  /// The connection is to be closed here; thrown so that the server drops it without the rest.
  struct Cut: Error {}
}

/// Reads one body from its beginning to its end.
struct BodyReader: AsyncBufferedIteratorProtocol {
  fileprivate let stream: BodyStream
  private var position: Int64 = 0
  private var hasStalled = false
  private let start = ContinuousClock.now

  fileprivate init(stream: BodyStream) { self.stream = stream }

  mutating func next() async throws -> UInt8? { try await nextBuffer(suggested: 1)?.first }

  mutating func nextBuffer(suggested count: Int) async throws -> [UInt8]? {
    let left = stream.body.count - position
    guard left > 0 else { return nil }
    var size = min(Int64(max(1, count)), Int64(BodyStream.chunk), left)
    if let rate = stream.bytesPerSecond {
      // Twenty chunks a second, so that the pace is even and a cut by the client lands near its mark.
      size = min(size, Int64(max(1, rate / 20)))
      try await Task.sleep(
        until: start + .seconds(Double(position) / Double(max(1, rate))), clock: .continuous)
    }
    switch stream.fault {
    case .cut(let offset):
      guard position < offset else { throw BodyStream.Cut() }
      size = min(size, offset - position)
    case .stall(let offset, let seconds) where !hasStalled:
      if position >= offset {
        hasStalled = true
        try await Task.sleep(for: .seconds(seconds))
      } else {
        size = min(size, offset - position)
      }
    default: break
    }
    var bytes = try read(Int(size))
    if case .wrongBytes(let offset, let count) = stream.fault {
      let (end, isFar) = offset.addingReportingOverflow(max(0, count))
      let wrong = (offset..<(isFar ? .max : end)).clamped(to: position..<position + size)
      for index in wrong { bytes[Int(index - position)] ^= 0xFF }
    }
    position += size
    await stream.log.sent(bytes.count, by: stream.number)
    return bytes
  }

  private func read(_ count: Int) throws(HubServerError) -> [UInt8] {
    switch stream.body {
    case .bytes(let bytes): Array(bytes[Int(position)..<Int(position) + count])
    case .file(let file, let range): try file.read(at: range.lowerBound + position, count: count)
    }
  }
}
