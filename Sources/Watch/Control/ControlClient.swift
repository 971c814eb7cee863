import CLinux
import Domain
import Foundation
import Glibc
import Synchronization

/// Asks the daemon that listens on a control socket.
public struct ControlClient: Sendable {
  /// The socket's file.
  public let path: String

  /// A client of the daemon that listens at `path`.
  public init(path: String) { self.path = path }

  /// The most bytes of a line that a daemon may say.
  private static let replyLimit = 16 << 20
  /// Seconds that a daemon gets to end what was taken back.
  private static let farewell = 10.0

  /// Asks, and hands on what is said until it is over. When the task is cancelled the request is taken back, and the end is
  /// still waited for, for a while.
  ///
  /// - Parameters:
  ///   - patience: seconds without a word after which the daemon counts as silent; nil for work that takes as long as it takes.
  ///   - hear: called for each reply but the last, in order, on a thread of its own.
  /// - Returns: how it ended.
  /// - Throws: `ControlError`.
  public func ask(
    _ request: ControlRequest, patience: Double? = nil, hear: @escaping @Sendable (ControlReply.Body) -> Void = { _ in }
  ) async throws -> ControlEnd {
    let conversation = try Conversation(path)
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        // A thread of its own, since it waits for as long as a download takes.
        let thread = Thread {
          continuation.resume(with: Result { try conversation.hold(request, patience: patience, hear: hear) })
        }
        thread.name = "control"
        thread.start()
      }
    } onCancel: {
      conversation.cancel()
    }
  }

  /// What the daemon does now.
  ///
  /// - Parameter patience: seconds that it has to say so.
  /// - Throws: `ControlError`.
  public func live(patience: Double = 2) async throws -> LiveReport {
    let report = Mutex<LiveReport?>(nil)
    _ = try await ask(ControlRequest(.live), patience: patience) { body in
      if case .live(let answer) = body { report.withLock { $0 = answer } }
    }
    guard let answer = report.withLock({ $0 }) else { throw ControlError.rubbish("no report") }
    return answer
  }

  /// A connection that several threads may know.
  private final class Conversation: Sendable {
    private let path: String
    private let connection: Int32
    private let bell: Int32
    private let isCancelled = Atomic(false)

    init(_ path: String) throws(ControlError) {
      self.path = path
      guard let address = SocketAddress(path: path) else { throw .absent(path) }
      defer { address.finish() }
      bell = hubwatch_bell()
      connection = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
      guard bell >= 0, connection >= 0, address.use({ connect(connection, $0, $1) }) == 0,
        fcntl(connection, F_SETFL, O_NONBLOCK) == 0
      else {
        let code = errno
        close(connection)
        close(bell)
        throw [EACCES, EPERM].contains(code) ? .refused(path) : .absent(path)
      }
    }

    deinit {
      close(connection)
      close(bell)
    }

    func cancel() {
      isCancelled.store(true, ordering: .relaxed)
      hubwatch_ring(bell)
    }

    func hold(
      _ request: ControlRequest, patience: Double?, hear: (ControlReply.Body) -> Void
    ) throws -> ControlEnd {
      var reader = LineReader(limit: ControlClient.replyLimit)
      var unsent = try ControlCoding.line(request)
      var (lastHeard, takenBackAt) = (Uptime.seconds(), Double?.none)
      while true {
        if takenBackAt == nil, isCancelled.load(ordering: .relaxed) {
          takenBackAt = Uptime.seconds()
          unsent += try ControlCoding.line(ControlRequest(.cancel))
        }
        let now = Uptime.seconds()
        var left = patience.map { $0 - (now - lastHeard) } ?? .infinity
        if let takenBackAt { left = min(left, ControlClient.farewell - (now - takenBackAt)) }
        guard left > 0 else {
          if takenBackAt != nil { throw CancellationError() }
          throw ControlError.silent(path, seconds: Int(now - lastHeard))
        }
        var events = [
          pollfd(fd: connection, events: Int16(POLLIN) | (unsent.isEmpty ? 0 : Int16(POLLOUT)), revents: 0),
          pollfd(fd: bell, events: Int16(POLLIN), revents: 0),
        ]
        _ = poll(&events, 2, left.isFinite ? Int32(min(left * 1000 + 1, 3_600_000)) : -1)
        if events[1].revents != 0 { hubwatch_hush(bell) }
        let happened = Int32(events[0].revents)
        if happened & POLLOUT != 0 {
          let count = unsent.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
          // A daemon that does not want to hear more may still have something to say.
          if count > 0 {
            unsent = Data(unsent.dropFirst(count))
          } else if ![EAGAIN, EINTR].contains(errno) {
            unsent = Data()
          }
        }
        guard happened & (POLLIN | POLLHUP | POLLERR) != 0 else { continue }
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        let count = recv(connection, &buffer, buffer.count, 0)
        if count < 0, [EAGAIN, EINTR].contains(errno) { continue }
        guard count > 0 else { throw ControlError.cutOff }
        reader.append(buffer[..<count])
        lastHeard = Uptime.seconds()
        if let end = try heard(&reader, hear) { return end }
      }
    }

    private func heard(_ reader: inout LineReader, _ hear: (ControlReply.Body) -> Void) throws -> ControlEnd? {
      do {
        while let line = try reader.next() {
          switch try ControlCoding.read(ControlReply.self, line).body {
          case .ended(let end): return end
          case let body: hear(body)
          }
        }
        return nil
      } catch let error as ControlError {
        throw error
      } catch {
        throw ControlError.rubbish("a line that cannot be read")
      }
    }
  }
}
