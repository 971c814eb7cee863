import CLinux
import Foundation
import Glibc

/// Who may use the control socket: the daemon's own user and root, and a group where the socket's folder was given to one.
///
/// systemd makes the folder (`RuntimeDirectory=`): with `RuntimeDirectoryMode=0750` its group may pass, and with it the
/// socket's; with any other mode it is the owner's alone. Beside the socket's mode, which the kernel looks at, the
/// other end of every connection is asked who it is.
struct ControlAccess: Equatable {
  /// The group that may use it; nil for none.
  var group: UInt32?

  /// The mode of the socket.
  var mode: mode_t { group == nil ? 0o600 : 0o660 }

  /// The access that a folder's mode grants.
  init(folder: String) {
    var info = stat()
    guard stat(folder, &info) == 0, info.st_mode & 0o077 == 0o050 else { return }
    group = info.st_gid
  }

  /// Whether the other end of a connection may ask.
  func admits(_ descriptor: Int32) -> Bool {
    let user = hubwatch_peer_user(descriptor)
    if user == 0 || user == Int64(geteuid()) { return true }
    guard let group else { return false }
    if hubwatch_peer_has_group(descriptor, group) == 1 { return true }
    // In a user namespace (PrivateUsers=yes) the kernel cannot name most users and groups. Then it is enough that it
    // let them pass the socket's mode.
    return user == Self.nobody && !Self.knowsEverybody
  }

  private static let nobody: Int64 = 65_534

  /// Whether this process's user namespace has all users.
  private static var knowsEverybody: Bool {
    let map = (try? String(contentsOfFile: "/proc/self/uid_map", encoding: .utf8)) ?? ""
    return map.split(separator: "\n").contains { line in
      line.split(separator: " ").compactMap { Int64($0) }.last ?? 0 > nobody
    }
  }
}
