import BenchSupport
import Glibc

/// Sockets on 127.0.0.1.
enum Loopback {
  /// A port that nobody listens on.
  static func freePort() throws -> Int {
    let (descriptor, port) = try listener()
    close(descriptor)
    return port
  }

  /// Whether somebody accepts connections there.
  static func answers(_ port: Int) -> Bool {
    guard let descriptor = try? connection(to: port) else { return false }
    close(descriptor)
    return true
  }

  /// A listening socket and its port.
  static func listener() throws -> (descriptor: Int32, port: Int) {
    let descriptor = try made()
    var address = address(of: 0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) | listen(descriptor, 64) | getsockname(descriptor, $0, &length)
      }
    }
    guard code == 0 else { throw Child.Failure(description: "no free port on loopback") }
    return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
  }

  /// A connected socket.
  static func connection(to port: Int) throws -> Int32 {
    let descriptor = try made()
    var address = address(of: port)
    let code = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard code == 0 else {
      close(descriptor)
      throw Child.Failure(description: "nobody listens on port \(port)")
    }
    return descriptor
  }

  private static func made() throws -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw Child.Failure(description: "no socket") }
    return descriptor
  }

  private static func address(of port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    address.sin_port = UInt16(port).bigEndian
    return address
  }
}
