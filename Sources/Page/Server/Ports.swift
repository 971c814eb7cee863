import Foundation
import Glibc

/// Sockets that listen on this machine's own addresses, and on no other.
struct Ports {
  /// The port.
  let number: UInt16
  /// One socket, or two.
  let listeners: [Int32]

  /// - Parameter port: 0 for any that is free.
  /// - Throws: `PageServerError`.
  init(port: UInt16) throws(PageServerError) {
    let (first, bound) = try Self.listen(port: port, isIPv6: false)
    // A machine without IPv6, or with something else on that port there, still has the page.
    let second = try? Self.listen(port: bound, isIPv6: true).descriptor
    number = bound
    listeners = [first] + (second.map { [$0] } ?? [])
  }

  static func listen(port: UInt16, isIPv6: Bool) throws(PageServerError) -> (descriptor: Int32, port: UInt16) {
    func refuse(_ code: Int32) -> PageServerError { PageServerError(port: Int(port), reason: words(code)) }
    let descriptor = socket(isIPv6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw refuse(errno) }
    var yes: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    var bound = port
    let status: Int32
    if isIPv6 {
      setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &yes, socklen_t(MemoryLayout<Int32>.size))
      var address = sockaddr_in6()
      address.sin6_family = sa_family_t(AF_INET6)
      address.sin6_port = port.bigEndian
      address.sin6_addr = in6addr_loopback
      status = withUnsafeBytes(of: &address) { bind($0, descriptor) }
    } else {
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = port.bigEndian
      address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      status = withUnsafeBytes(of: &address) { bind($0, descriptor) }
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      _ = withUnsafeMutableBytes(of: &address) { bytes in
        bytes.baseAddress.map { getsockname(descriptor, $0.assumingMemoryBound(to: sockaddr.self), &length) }
      }
      bound = UInt16(bigEndian: address.sin_port)
    }
    guard status == 0, Glibc.listen(descriptor, 64) == 0 else {
      let code = errno
      close(descriptor)
      throw refuse(code)
    }
    return (descriptor, bound)
  }

  private static func bind(_ address: UnsafeRawBufferPointer, _ descriptor: Int32) -> Int32 {
    guard let start = address.baseAddress else { return -1 }
    return Glibc.bind(descriptor, start.assumingMemoryBound(to: sockaddr.self), socklen_t(address.count))
  }

  /// Programs that this one starts do not get it.
  static func keepToOurselves(_ descriptor: Int32) { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }

  private static func words(_ code: Int32) -> String { String(cString: strerror(code)) }

  /// Takes connections until the other end of `wake` is closed or nobody wants them any more.
  static func accept(_ listener: Int32, _ wake: Int32, _ take: (Int32) -> Bool) {
    defer {
      close(listener)
      close(wake)
    }
    while true {
      var waits = [
        pollfd(fd: listener, events: Int16(POLLIN), revents: 0), pollfd(fd: wake, events: Int16(POLLIN), revents: 0),
      ]
      guard poll(&waits, 2, -1) > 0 || errno == EINTR else { return }
      if waits[1].revents != 0 { return }
      guard waits[0].revents != 0 else { continue }
      let connection = Glibc.accept(listener, nil, nil)
      // Who has gone again before we came, and too many open files, are no reason to end.
      guard connection >= 0 else {
        usleep(errno == EMFILE || errno == ENFILE ? 50_000 : 100)
        continue
      }
      keepToOurselves(connection)
      if !take(connection) {
        close(connection)
        return
      }
    }
  }
}
