import CLinux
import Foundation
import Glibc

/// Makes folders.
enum Folders {
  /// The folder of a path.
  static func parent(_ path: String) -> String { URL(fileURLWithPath: path).deletingLastPathComponent().path }

  /// Makes a folder and those above it.
  static func make(_ path: String, mode: Int = 0o755) throws(DownloadError) {
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: mode])
    } catch {
      throw .system("mkdir", path, errno == 0 ? EACCES : errno)
    }
  }

  /// Makes folders below `root`, whose names come from the hub; none of them may be a symbolic link that leads
  /// elsewhere.
  ///
  /// - Returns: the path of the last.
  @discardableResult
  static func makeBeneath(_ root: String, _ names: [String]) throws(DownloadError) -> String {
    var path = root
    var descriptor = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system("open", root, errno) }
    defer { close(descriptor) }
    for name in names {
      path += "/\(name)"
      guard mkdirat(descriptor, name, 0o755) == 0 || errno == EEXIST else { throw .system("mkdir", path, errno) }
      let next = openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      guard next >= 0 else { throw .system("open", path, errno) }
      close(descriptor)
      descriptor = next
    }
    return path
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
      throw .write(temporary, code)
    }
    guard rename(temporary, path) == 0 else { throw .system("rename", path, errno) }
    try syncFolder(Folders.parent(path))
  }
}
