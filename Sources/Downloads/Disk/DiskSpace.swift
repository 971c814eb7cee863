import Domain
import Glibc

/// Room on a file system.
struct DiskSpace {
  /// Bytes that an ordinary user can still write.
  let free: ByteCount
  /// All bytes of the file system.
  let total: ByteCount

  /// The room below `path`; nil when the file system does not say.
  init?(_ path: String) {
    var info = statvfs()
    guard statvfs(path, &info) == 0 else { return nil }
    func bytes(_ blocks: fsblkcnt_t) -> ByteCount {
      let (bytes, overflow) = Int64(clamping: blocks).multipliedReportingOverflow(by: Int64(clamping: info.f_frsize))
      return ByteCount(overflow ? .max : bytes)
    }
    free = bytes(info.f_bavail)
    total = bytes(info.f_blocks)
  }

  /// Bytes that may be written before the floor is reached; negative below it.
  func usable(above floor: DiskFloor) -> ByteCount { ByteCount(free.bytes - floor.bytes(ofDisk: total).bytes) }
}
