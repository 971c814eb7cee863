import Domain
import Foundation
import Glibc

/// Tells systemd how the daemon is: datagrams to the socket in `NOTIFY_SOCKET` (sd_notify(3)).
///
/// Without systemd it does nothing.
public struct ServiceNotifier: Sendable {
  private let address: String?
  /// How often systemd wants to hear `WATCHDOG=1`, in seconds; nil when it does not.
  public let watchdogSeconds: Double?

  /// - Parameter environment: `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID` are read.
  public init(environment: [String: String]) {
    address = environment["NOTIFY_SOCKET"].flatMap { $0.isEmpty ? nil : $0 }
    let isForUs = environment["WATCHDOG_PID"].map { Int32($0) == getpid() } ?? true
    watchdogSeconds = environment["WATCHDOG_USEC"].flatMap { Double($0) }.flatMap { microseconds in
      isForUs && microseconds > 0 ? microseconds / 1e6 : nil
    }
  }

  /// One datagram of `KEY=VALUE` lines, such as `["READY=1", "STATUS=idle"]`.
  ///
  /// A status may hold foreign names: line ends in it become blanks, so that it cannot add keys. A lost
  /// datagram is systemd's to notice; there is nobody else to tell.
  ///
  /// - Parameter waits: whether it may take a moment when systemd has much to read. What is only for show does not wait.
  /// - Returns: false when it was lost.
  @discardableResult
  public func send(_ lines: [String], waits: Bool = true) -> Bool {
    guard let address else { return true }
    let path = Array(address.utf8)
    var name = sockaddr_un()
    guard path.count < MemoryLayout.size(ofValue: name.sun_path) else { return false }
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    // A systemd that hangs is no reason to hang, too.
    var limit = timeval(tv_sec: Self.longestWait, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    name.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &name.sun_path) { buffer in
      buffer.copyBytes(from: path)
      // An abstract address is written with `@` in place of its leading NUL.
      if path.first == UInt8(ascii: "@") { buffer[0] = 0 }
    }
    let message = lines.map { line in String(line.map { $0.isNewline ? " " : $0 }) }.joined(separator: "\n")
    let bytes = Array(message.utf8)
    let offset = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
    let length = socklen_t(offset + path.count)
    let flags = Int32(MSG_NOSIGNAL) | (waits ? 0 : Int32(MSG_DONTWAIT))
    return withUnsafePointer(to: &name) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        sendto(descriptor, bytes, bytes.count, flags, address, length) == bytes.count
      }
    }
  }

  /// Seconds that a message may take.
  private static let longestWait = 2
}
