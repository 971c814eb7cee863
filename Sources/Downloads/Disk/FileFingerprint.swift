import Glibc

/// What the file system says of a file without reading it: whoever changes the file changes this.
///
/// Another size, time of change or number means that the file is to be read again before it is trusted.
enum FileFingerprint {
  /// Size, time and number of the regular file behind a path, links followed; nil when there is none.
  static func of(_ path: String) -> String? {
    var info = stat()
    guard stat(path, &info) == 0, info.st_mode & S_IFMT == S_IFREG else { return nil }
    return "\(info.st_size) \(info.st_mtim.tv_sec).\(info.st_mtim.tv_nsec) \(info.st_ino)"
  }
}
