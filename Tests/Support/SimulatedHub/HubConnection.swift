import Glibc

/// One connection to a simulated hub: reads requests and writes answers, one after the other.
struct HubConnection {
  let core: HubCore
  /// Whether it came to the port that stands for another host.
  let isOther: Bool

  /// The longest head of a request, in bytes.
  private static let headLimit = 65_536

  /// Serves until the client goes, or an answer ends the connection.
  func serve(_ connection: Int32) {
    var yes: Int32 = 1
    setsockopt(connection, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
    var input: [UInt8] = []
    var head = ByteBuffer(capacity: 2048)
    var body = ByteBuffer(capacity: 1 << 14)
    while let request = Self.read(connection, &input) {
      head.truncate(to: 0)
      body.truncate(to: 0)
      let answer =
        isOther ? core.answerElsewhere(request, &head, &body) : core.answer(request, &head, &body)
      if answer.ending == .cut { return }
      guard Self.send(connection, head.written, more: body.count > 0), Self.send(connection, body.written) else {
        return
      }
      switch answer.ending {
      case .complete: continue
      case .cut, .cutAfterBody: return
      case .zeros(let count): if !Self.fill(connection, 0, count) { return }
      case .blanks(let count): if !Self.fill(connection, UInt8(ascii: " "), count) { return }
      case .endless: return _ = Self.fill(connection, UInt8(ascii: " "), .max)
      }
    }
  }

  private static func send(_ connection: Int32, _ bytes: UnsafeRawBufferPointer, more: Bool = false) -> Bool {
    guard let base = bytes.baseAddress else { return true }
    var sent = 0
    while sent < bytes.count {
      let flags = more ? Int32(MSG_MORE) : 0
      let count = Glibc.send(connection, base + sent, bytes.count - sent, flags)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }

  /// Sends one byte many times.
  private static func fill(_ connection: Int32, _ byte: UInt8, _ count: Int64) -> Bool {
    let chunk = [UInt8](repeating: byte, count: 1 << 16)
    var left = count
    while left > 0 {
      let part = Int(min(left, Int64(chunk.count)))
      guard chunk.withUnsafeBytes({ send(connection, UnsafeRawBufferPointer(rebasing: $0[..<part])) }) else {
        return false
      }
      left -= Int64(part)
    }
    return true
  }

  private static func read(_ connection: Int32, _ input: inout [UInt8]) -> SimulatedRequest? {
    let end: [UInt8] = [13, 10, 13, 10]
    while true {
      if let range = input.firstRange(of: end) {
        defer { input.removeFirst(range.upperBound) }
        return SimulatedRequest(input[..<range.lowerBound])
      }
      guard input.count < headLimit else { return nil }
      let start = input.count
      input.append(contentsOf: repeatElement(0, count: 8192))
      let count = input.withUnsafeMutableBytes { bytes in
        bytes.baseAddress.map { recv(connection, $0 + start, 8192, 0) } ?? 0
      }
      input.removeLast(8192 - max(0, count))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return nil }
    }
  }
}
