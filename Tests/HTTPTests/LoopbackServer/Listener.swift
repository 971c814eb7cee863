import Glibc

/// Listening sockets on loopback.
enum Listener {
  /// A socket on a free port of 127.0.0.1, and the port.
  static func ipv4(backlog: Int32 = 256) -> (descriptor: Int32, port: Int)? {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        bind(descriptor, pointer, length) == 0 && listen(descriptor, backlog) == 0
          && getsockname(descriptor, pointer, &length) == 0
      }
    }
    return isBound ? (descriptor, Int(UInt16(bigEndian: address.sin_port))) : nil
  }

  /// A socket on a port of ::1; nil when that cannot be had.
  static func ipv6(port: Int) -> Int32? {
    let descriptor = socket(AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    var only: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &only, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in6()
    address.sin6_family = sa_family_t(AF_INET6)
    address.sin6_addr = in6addr_loopback
    address.sin6_port = UInt16(port).bigEndian
    let isBound = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        bind(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_in6>.size)) == 0 && listen(descriptor, 256) == 0
      }
    }
    if !isBound { Glibc.close(descriptor) }
    return isBound ? descriptor : nil
  }

  /// A connection to a port of 127.0.0.1; nil when nobody listens there.
  static func connection(to port: Int, waits: Bool = true) -> Int32? {
    let kind = Int32(SOCK_STREAM.rawValue) | (waits ? 0 : Int32(SOCK_NONBLOCK.rawValue))
    let descriptor = socket(AF_INET, kind, 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    address.sin_port = UInt16(port).bigEndian
    let code = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    if code == 0 || !waits { return descriptor }
    Glibc.close(descriptor)
    return nil
  }
}

/// A port on 127.0.0.1 whose queue of connections is full, so that no further one comes about and none is refused.
public final class DeafPort: Sendable {
  /// The port.
  public let port: Int
  private let descriptors: [Int32]

  /// Takes a port and fills its queue.
  public init() {
    guard let (listener, port) = Listener.ipv4(backlog: 0) else { preconditionFailure("no free port on loopback") }
    self.port = port
    descriptors = [listener] + (0..<4).compactMap { _ in Listener.connection(to: port, waits: false) }
  }

  deinit { for descriptor in descriptors { close(descriptor) } }
}

/// Carries bytes to and fro between two connections.
enum Tunnel {
  /// Returns when one side has ended.
  static func run(between client: Int32, and port: Int) {
    guard let server = Listener.connection(to: port) else { return }
    LoopbackServer.spawn {
      carry(from: server, to: client)
      // Whoever still reads from the other side learns that nothing more comes.
      shutdown(client, Int32(SHUT_RDWR))
    }
    carry(from: client, to: server)
    shutdown(server, Int32(SHUT_RDWR))
  }

  private static func carry(from source: Int32, to target: Int32) {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = recv(source, &buffer, buffer.count, 0)
      guard count > 0, LoopbackServer.write(target, Array(buffer[..<count])) else { return }
    }
  }
}
