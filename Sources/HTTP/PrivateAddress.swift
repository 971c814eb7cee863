import Glibc

/// Addresses that no public server has: loopback, private, link-local, unspecified and multicast.
///
/// Sources: RFC 6890 and RFC 4193. IPv4 inside of IPv6 (`::ffff:0:0/96`, `64:ff9b::/96`) is judged as IPv4.
enum PrivateAddress {
  /// Whether the bytes of an IPv4 (4) or IPv6 (16) address are such an address; any other count is.
  static func contains(_ bytes: [UInt8]) -> Bool {
    switch bytes.count {
    case 4:
      switch (bytes[0], bytes[1]) {
      case (0, _), (10, _), (127, _), (169, 254), (172, 16...31), (192, 168), (100, 64...127), (224..., _):
        true
      case (192, 0): bytes[2] == 0
      default: false
      }
    case 16:
      if bytes.prefix(10).allSatisfy({ $0 == 0 }), bytes[10] == 255, bytes[11] == 255 {
        contains(Array(bytes.suffix(4)))
      } else if bytes.prefix(12).elementsEqual([0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0]) {
        contains(Array(bytes.suffix(4)))
      } else if bytes.prefix(12).allSatisfy({ $0 == 0 }) {
        true
      } else {
        bytes[0] & 0xfe == 0xfc || bytes[0] == 0xff || (bytes[0] == 0xfe && bytes[1] & 0x80 == 0x80)
      }
    default: true
    }
  }

  /// Whether a socket address is such an address; families other than IPv4 and IPv6 are.
  static func contains(_ address: UnsafePointer<sockaddr>) -> Bool {
    let raw = UnsafeRawPointer(address)
    switch Int32(address.pointee.sa_family) {
    case AF_INET:
      var inner = raw.loadUnaligned(as: sockaddr_in.self).sin_addr
      return contains(withUnsafeBytes(of: &inner) { Array($0) })
    case AF_INET6:
      var inner = raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr
      return contains(withUnsafeBytes(of: &inner) { Array($0) })
    default: return true
    }
  }
}
