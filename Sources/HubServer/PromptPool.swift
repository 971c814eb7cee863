import FlyingFox
import FlyingSocks
import Foundation

/// The server's own pool, but for answers that leave at once.
///
/// An answer is written in two pieces, head and body, and TCP holds the second back until the first is acknowledged, which
/// a client does only after 40 ms when it has nothing to say (Nagle's algorithm against delayed acknowledgements,
/// RFC 896 and RFC 1122 section 4.2.3.2).
struct PromptPool: AsyncSocketPool {
  private let pool: any AsyncSocketPool = HTTPServer.defaultPool()

  func prepare() async throws { try await pool.prepare() }

  func run() async throws { try await pool.run() }

  func suspendSocket(_ socket: Socket, untilReadyFor events: Socket.Events) async throws {
    // It waits for a connection or a request. One that was reset takes no options; its next read tells so.
    if events.contains(.read) {
      try? socket.setValue(true, for: BoolSocketOption(level: Int32(IPPROTO_TCP), name: TCP_NODELAY))
    }
    try await pool.suspendSocket(socket, untilReadyFor: events)
  }
}
