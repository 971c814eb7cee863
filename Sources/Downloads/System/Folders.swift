import Foundation
import Glibc

/// Makes folders.
enum Folders {
  /// The folder of a path.
  static func parent(_ path: String) -> String { URL(fileURLWithPath: path).deletingLastPathComponent().path }

  /// Makes sure that a folder is one, and that nobody else may put anything into it.
  ///
  /// - Throws: `DownloadError`.
  static func expectOurs(_ path: String) throws(DownloadError) {
    var info = stat()
    guard lstat(path, &info) == 0 else { throw .system("stat", path, errno) }
    guard info.st_mode & S_IFMT == S_IFDIR else { throw DownloadError(.storage("it is no folder"), path) }
    guard info.st_uid == geteuid() else {
      throw DownloadError(.storage("it belongs to another user\(owner(above: path))"), path)
    }
    guard info.st_mode & 0o022 == 0 || chmod(path, 0o700) == 0 else { throw .system("chmod", path, errno) }
  }

  /// Who owns the nearest folder of a path that there is, and its mode, for a message: ` (/srv belongs to root, mode
  /// 0755)`.
  static func owner(above path: String) -> String {
    var (place, info) = (path, stat())
    while stat(place, &info) != 0 || (place == path && info.st_mode & S_IFMT != S_IFDIR) {
      guard place != "/", !place.isEmpty else { return "" }
      place = parent(place)
    }
    let mode = String(info.st_mode & 0o7777, radix: 8)
    return " (\(place) belongs to \(userName(info.st_uid)), mode 0\(mode); we are \(userName(geteuid())))"
  }

  private static func userName(_ id: uid_t) -> String {
    var (record, found) = (passwd(), UnsafeMutablePointer<passwd>?.none)
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { buffer in
      guard let base = buffer.baseAddress, getpwuid_r(id, &record, base, buffer.count, &found) == 0, found != nil else {
        return "user \(id)"
      }
      return String(cString: record.pw_name)
    }
  }

  /// A path itself, or the nearest folder above it that there is.
  static func nearest(_ path: String) -> String {
    var (place, info) = (path, stat())
    while stat(place, &info) != 0, place != "/", !place.isEmpty { place = parent(place) }
    return place
  }

  /// The last name of a path.
  static func name(_ path: String) -> String { URL(fileURLWithPath: path).lastPathComponent }

  /// Makes a folder and those above it.
  static func make(_ path: String, mode: Int = 0o755) throws(DownloadError) {
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: mode])
    } catch {
      throw .system("mkdir", path, errno == 0 ? EACCES : errno)
    }
  }
}

/// Files of a few lines that are there whole or not at all.
enum SmallFile {
  /// How temporary names end: the process number stands before it.
  static let suffix = ".tmp"

  /// Writes a file by way of a temporary name on the same file system.
  static func write(_ text: String, to path: String, by temporary: String) throws(DownloadError) {
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
    guard descriptor >= 0 else { throw .system("open", temporary, errno) }
    let bytes = Array(text.utf8)
    let isWritten = Glibc.write(descriptor, bytes, bytes.count) == bytes.count && fsync(descriptor) == 0
    let code = errno
    close(descriptor)
    guard isWritten else {
      unlink(temporary)
      throw .system("write", temporary, code)
    }
    guard rename(temporary, path) == 0 else { throw .system("rename", path, errno) }
    try syncFolder(Folders.parent(path))
  }
}
