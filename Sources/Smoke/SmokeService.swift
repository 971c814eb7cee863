import Foundation
import Glibc
import Synchronization

/// The service behind a local socket, which starts a process of its own for each connection.
enum SmokeService {
  /// Connects, sends the request, and collects the answer until the connection is closed. Cancelling closes it, upon which the
  /// process ends.
  ///
  /// A service that has as many processes as it may closes a new connection at once; then it is asked again for some
  /// seconds.
  static func ask(_ request: Data, at path: String) async -> ChildOutcome {
    for _ in 0..<attempts {
      let outcome = await converse(request, at: path)
      guard case .ended(_, let output) = outcome, output.isEmpty else { return outcome }
      do { try await Task.sleep(for: pause) } catch { return .cancelled }
    }
    return .notStarted("the service at \(path) is busy, or its process cannot begin (journalctl -u 'hubwatch-smoke@*')")
  }

  private static let attempts = 20
  private static let pause = Duration.milliseconds(500)

  private static func converse(_ request: Data, at path: String) async -> ChildOutcome {
    let connection = Connection()
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        // A thread of its own: it waits for as long as a test takes.
        let thread = Thread { continuation.resume(returning: connection.converse(request, at: path)) }
        thread.name = "smoke service"
        thread.start()
      }
    } onCancel: {
      connection.cancel()
    }
  }

  /// One conversation, in a thread of its own, that others may end.
  private final class Connection: Sendable {
    private let isCancelled = Atomic(false)

    /// How often it looks whether it was cancelled, in milliseconds.
    private static let patience: Int32 = 50

    func cancel() { isCancelled.store(true, ordering: .relaxed) }

    func converse(_ request: Data, at path: String) -> ChildOutcome {
      let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
      guard descriptor >= 0 else { return .notStarted(Self.reason()) }
      defer { close(descriptor) }
      guard var address = Self.address(path) else { return .notStarted("\(path) is too long for a socket") }
      let size = socklen_t(MemoryLayout.size(ofValue: address))
      let connected = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
      }
      guard connected == 0 else { return .notStarted("\(path) does not answer: \(Self.reason())") }
      guard fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0 else { return .notStarted(Self.reason()) }
      return exchange(descriptor, request)
    }

    private func exchange(_ descriptor: Int32, _ request: Data) -> ChildOutcome {
      var unsent = request[...]
      var output = Data()
      var piece = [UInt8](repeating: 0, count: 1 << 16)
      while !isCancelled.load(ordering: .relaxed) {
        var poller = pollfd(
          fd: descriptor, events: Int16(POLLIN) | (unsent.isEmpty ? 0 : Int16(POLLOUT)), revents: 0)
        guard poll(&poller, 1, Self.patience) > 0 else { continue }
        if !unsent.isEmpty, Int32(poller.revents) & POLLOUT != 0 {
          // MSG_NOSIGNAL: a service that has gone away is an answer, not the end of this process.
          let count = unsent.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
          if count > 0 { unsent = unsent.dropFirst(count) } else if !Self.isPassing { unsent = unsent.suffix(0) }
        }
        guard Int32(poller.revents) & (POLLIN | POLLHUP | POLLERR) != 0 else { continue }
        let count = recv(descriptor, &piece, piece.count, 0)
        if count < 0, Self.isPassing { continue }
        // The end, or a connection that the process's death has reset.
        guard count > 0 else { return .ended(.closed, output) }
        output += piece.prefix(count)
        guard output.count <= SmokeRequest.byteLimit else { return .tooMuchOutput }
      }
      return .cancelled
    }

    private static var isPassing: Bool { [EAGAIN, EINTR].contains(errno) }

    private static func reason() -> String { String(cString: strerror(errno)) }

    private static func address(_ path: String) -> sockaddr_un? {
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      let bytes = Array(path.utf8)
      // One byte stays zero, as the end of the name.
      guard !bytes.isEmpty, bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
      withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
      return address
    }
  }
}
