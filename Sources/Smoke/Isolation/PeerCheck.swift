import CLinux
import Foundation
import Glibc

/// Who may ask the service.
///
/// It may read what every member of the group hubwatch may, and tells of a file only whether it is a sound model; the user
/// hubwatch owns these files. So it need not ask which file is meant, only who is asking.
enum PeerCheck {
  /// On a local socket, lets the user hubwatch, this process's own user and root pass; on anything else there is no peer.
  ///
  /// - Throws: `SmokeError` for anybody else.
  static func require(on descriptor: Int32) throws(SmokeError) {
    let peer = hubwatch_peer_user(descriptor)
    guard peer >= 0, peer != 0, peer != Int64(geteuid()) else { return }
    let known = getpwnam("hubwatch").map { Int64($0.pointee.pw_uid) }
    let map = (try? String(contentsOfFile: "/proc/self/uid_map", encoding: .utf8)) ?? ""
    guard isKnown(peer, hubwatch: known, map: map) else {
      throw SmokeError("the service answers only the user hubwatch")
    }
  }

  /// The user that the kernel names in place of one that this process's user namespace does not have.
  static let nobody: Int64 = 65_534

  /// Whether a peer is hubwatch. Where the namespace does not have that user (`PrivateUsers=yes`), the kernel cannot name it; that
  /// it came through a socket of mode 0600 has to be enough.
  static func isKnown(_ peer: Int64, hubwatch: Int64?, map: String) -> Bool {
    guard let hubwatch else { return false }
    if peer == hubwatch { return true }
    let isMapped = map.split(separator: "\n").contains { line in
      let numbers = line.split(separator: " ").compactMap { Int64($0) }
      guard numbers.count == 3 else { return false }
      return hubwatch >= numbers[0] && hubwatch - numbers[0] < numbers[2]
    }
    return !isMapped && peer == nobody
  }
}
