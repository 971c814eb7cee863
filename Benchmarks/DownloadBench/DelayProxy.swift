import BenchSupport
import Glibc

/// Passes connections on and delivers every byte a fixed time after it came in, each way: latency on a machine whose
/// kernel has none to offer.
///
/// What is on its way is bounded per direction, far above the product of the rate and the delay. The handshake of TCP
/// is not delayed.
struct DelayProxy {
  /// Where it listens.
  let port: Int
  private let listener: Int32
  private let target: Int
  /// Nanoseconds.
  private let delay: UInt64
  private var flows: [Flow] = []

  /// One direction of a connection.
  private struct Flow {
    let source: Int32
    let sink: Int32
    var pieces: [Piece] = []
    var queued = 0
    var isEnded = false

    var wantsMore: Bool { !isEnded && queued < DelayProxy.queueLimit }
  }

  private struct Piece {
    let due: UInt64
    let bytes: [UInt8]
    var sent = 0
  }

  private static let queueLimit = 8 << 20
  private static let readSize = 256 << 10

  /// - Throws: `Child.Failure` when no port is free.
  init(target: Int, milliseconds: Int) throws {
    signal(SIGPIPE, SIG_IGN)
    self.target = target
    delay = UInt64(milliseconds) * 1_000_000
    (listener, port) = try Loopback.listener()
  }

  /// Passes on until the process is ended.
  mutating func run() throws -> Never {
    while true {
      let now = Self.now()
      var polled = [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)]
      var wait: UInt64 = 1_000_000_000
      for flow in flows {
        if flow.wantsMore { polled.append(pollfd(fd: flow.source, events: Int16(POLLIN), revents: 0)) }
        guard let due = flow.pieces.first?.due else { continue }
        if due <= now {
          polled.append(pollfd(fd: flow.sink, events: Int16(POLLOUT), revents: 0))
        } else {
          wait = min(wait, due - now)
        }
      }
      _ = poll(&polled, nfds_t(polled.count), Int32((wait + 999_999) / 1_000_000))
      if polled[0].revents != 0 { accept() }
      let ready = Set(polled.dropFirst().filter { $0.revents != 0 }.map(\.fd))
      for index in flows.indices {
        if flows[index].wantsMore, ready.contains(flows[index].source) { read(index) }
        write(index)
      }
      removeEnded()
    }
  }

  private mutating func accept() {
    let client = Glibc.accept(listener, nil, nil)
    guard client >= 0 else { return }
    guard let server = try? Loopback.connection(to: target) else {
      close(client)
      return
    }
    for descriptor in [client, server] {
      _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
      var on: Int32 = 1
      setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }
    flows.append(Flow(source: client, sink: server))
    flows.append(Flow(source: server, sink: client))
  }

  private mutating func read(_ index: Int) {
    var code: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: Self.readSize) { buffer, count in
      let read = recv(flows[index].source, buffer.baseAddress, buffer.count, 0)
      if read < 0 { code = errno }
      count = max(0, read)
    }
    if bytes.isEmpty {
      // A socket is a source and a sink, and may be ready only as the latter.
      flows[index].isEnded = code != EAGAIN
    } else {
      flows[index].pieces.append(Piece(due: Self.now() + delay, bytes: bytes))
      flows[index].queued += bytes.count
    }
  }

  private mutating func write(_ index: Int) {
    let now = Self.now()
    var done = 0
    defer { flows[index].pieces.removeFirst(done) }
    while done < flows[index].pieces.count, flows[index].pieces[done].due <= now {
      let piece = flows[index].pieces[done]
      let count = piece.bytes.withUnsafeBytes {
        send(flows[index].sink, $0.baseAddress.map { $0 + piece.sent }, $0.count - piece.sent, 0)
      }
      guard count > 0 else {
        // A sink that is gone takes nothing more; a full one takes it later.
        if errno != EAGAIN {
          flows[index].isEnded = true
          flows[index].queued = 0
          done = flows[index].pieces.count
        }
        return
      }
      flows[index].queued -= count
      flows[index].pieces[done].sent += count
      guard flows[index].pieces[done].sent == piece.bytes.count else { return }
      done += 1
    }
  }

  /// Closes a connection when one of its directions has ended and everything has been delivered.
  private mutating func removeEnded() {
    for index in stride(from: flows.count - 2, through: 0, by: -2) {
      let pair = flows[index...index + 1]
      guard pair.contains(where: { $0.isEnded && $0.pieces.isEmpty }) else { continue }
      close(flows[index].source)
      close(flows[index].sink)
      flows.removeSubrange(index...index + 1)
    }
  }

  private static func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
