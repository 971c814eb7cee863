import Foundation
import Glibc

/// The other end of sd_notify: a datagram socket as systemd would hold it.
public final class NotifySocket: Sendable {
  /// What belongs into `NOTIFY_SOCKET`.
  public let path: String
  private let descriptor: Int32

  /// Binds a socket file, or with a leading `@` an abstract address.
  public init(path: String) throws {
    self.path = path
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    var name = sockaddr_un()
    name.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    withUnsafeMutableBytes(of: &name.sun_path) { buffer in
      buffer.copyBytes(from: bytes.prefix(buffer.count - 1))
      if bytes.first == UInt8(ascii: "@") { buffer[0] = 0 }
    }
    let length = socklen_t(2 + bytes.count)
    let status = withUnsafePointer(to: &name) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
    }
    guard status == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
  }

  deinit { close(descriptor) }

  /// The next datagram; nil when none comes within the time.
  ///
  /// It looks now and then instead of blocking: tests share few threads.
  public func receive(withinSeconds limit: Int = 60) async throws -> String? {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let end = ContinuousClock.now + .seconds(limit)
    while ContinuousClock.now < end {
      let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
      if count >= 0 { return String(decoding: buffer[..<count], as: UTF8.self) }
      try await Task.sleep(for: .milliseconds(20))
    }
    return nil
  }
}
