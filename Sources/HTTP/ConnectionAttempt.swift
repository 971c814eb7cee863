import CCurl
import Glibc

/// A connection that curl has begun.
struct ConnectionAttempt {
  /// Of which family its address is; nil for neither IPv4 nor IPv6.
  let family: FamilyMemory.Family?
  private let descriptor: Int32
  private let address: [UInt8]

  init(_ descriptor: Int32, to address: UnsafePointer<curl_sockaddr>) {
    self.descriptor = descriptor
    family = FamilyMemory.Family(address.pointee.family)
    let length = min(Int(address.pointee.addrlen), MemoryLayout<sockaddr_storage>.size)
    self.address =
      hubwatch_curl_address(address).map { [UInt8](UnsafeRawBufferPointer(start: $0, count: length)) } ?? []
  }

  /// Whether the other side has answered. curl may have closed the descriptor, and somebody else opened it: only a peer at
  /// the same address counts.
  var isConnected: Bool {
    var peer = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let code = withUnsafeMutablePointer(to: &peer) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(descriptor, $0, &length) }
    }
    return code == 0 && withUnsafeBytes(of: &peer) { $0.prefix(address.count).elementsEqual(address) }
  }
}
