import Glibc

/// A path of a local socket as the kernel takes it.
///
/// The kernel has room for 107 bytes. A longer path is reached through its folder, which stays open meanwhile.
struct SocketAddress {
  private let name: String
  private let folder: Int32

  /// - Returns: nil when the folder of a long path cannot be opened.
  init?(path: String) {
    guard path.utf8.count > Self.limit else {
      (name, folder) = (path, -1)
      return
    }
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard let last = parts.last, !last.isEmpty else { return nil }
    let descriptor = open(parts.dropLast().joined(separator: "/"), O_PATH_ | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    folder = descriptor
    name = "/proc/self/fd/\(descriptor)/\(last)"
    guard name.utf8.count <= Self.limit else {
      close(descriptor)
      return nil
    }
  }

  /// Ends the use of the folder.
  func finish() { if folder >= 0 { close(folder) } }

  private static let limit =
    MemoryLayout<sockaddr_un>.size - (MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2) - 1

  /// Gives the address to a system call.
  func use(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(name.utf8)) }
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
    }
  }
}

/// `O_PATH`, which the header shows to GNU sources only.
private let O_PATH_: Int32 = 0o10000000
