import Glibc
import Synchronization

/// A port on 127.0.0.1 could not be had.
public struct SocketError: Error, CustomStringConvertible {
  public let description: String
}

/// Listens on 127.0.0.1: one thread accepts, and one more serves each connection, so that no thread of Swift's
/// own pool ever blocks. It stops when it is released.
final class ServerSocket: Sendable {
  let port: UInt16
  private let descriptor: Int32
  private let shared = Shared()

  /// What the threads share, so that they need not keep the socket alive.
  private final class Shared: Sendable {
    struct State {
      var connections: Set<Int32> = []
      var isStopped = false
      var isServing = false
    }
    let state = Mutex(State())
  }

  init(port wanted: UInt16) throws(SocketError) {
    signal(SIGPIPE, SIG_IGN)
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var yes: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = wanted.bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        bind(descriptor, pointer, length) == 0 && listen(descriptor, 256) == 0
          && getsockname(descriptor, pointer, &length) == 0
      }
    }
    guard isBound else {
      let reason = String(cString: strerror(errno))
      close(descriptor)
      throw SocketError(description: "port \(wanted) of 127.0.0.1 cannot be had: \(reason)")
    }
    self.descriptor = descriptor
    port = UInt16(bigEndian: address.sin_port)
  }

  /// Begins to accept. `work` runs on a thread of its own for each connection, and need not close it.
  func serve(_ work: @escaping @Sendable (Int32) -> Void) {
    let (shared, descriptor) = (shared, descriptor)
    shared.state.withLock { $0.isServing = true }
    Self.spawn {
      while true {
        let connection = accept(descriptor, nil, nil)
        guard connection >= 0 else {
          // This thread alone closes the listener, so that its number cannot mean another one meanwhile.
          guard shared.state.withLock(\.isStopped) else { continue }
          close(descriptor)
          return
        }
        // Nothing that a test starts inherits it.
        _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
        let isOpen = shared.state.withLock { state in
          if !state.isStopped { state.connections.insert(connection) }
          return !state.isStopped
        }
        guard isOpen else {
          close(connection)
          continue
        }
        Self.spawn {
          work(connection)
          shared.state.withLock { _ = $0.connections.remove(connection) }
          close(connection)
        }
      }
    }
  }

  deinit {
    let isServing = shared.state.withLock { state in
      state.isStopped = true
      for connection in state.connections { shutdown(connection, Int32(SHUT_RDWR)) }
      return state.isServing
    }
    if isServing { shutdown(descriptor, Int32(SHUT_RDWR)) } else { close(descriptor) }
  }

  private static func spawn(_ work: @escaping @Sendable () -> Void) {
    final class Box: Sendable {
      let work: @Sendable () -> Void
      init(_ work: @escaping @Sendable () -> Void) { self.work = work }
    }
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().work()
        return nil
      }, Unmanaged.passRetained(Box(work)).toOpaque())
    precondition(code == 0, "no thread")
    pthread_detach(thread)
  }
}
