import Domain
import Glibc

/// Room on a file system.
enum DiskSpace {
  /// Bytes that an ordinary user can still write below `path`; nil when the file system does not say.
  static func free(_ path: String) -> ByteCount? {
    var info = statvfs()
    guard statvfs(path, &info) == 0 else { return nil }
    let (bytes, overflow) = Int64(clamping: info.f_bavail).multipliedReportingOverflow(
      by: Int64(clamping: info.f_frsize))
    return ByteCount(overflow ? .max : bytes)
  }
}
