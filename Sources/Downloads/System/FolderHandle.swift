import CLinux
import Foundation
import Glibc

/// An open folder: what is done in it happens in this very folder, whatever somebody puts in its path meanwhile.
final class FolderHandle: Sendable {
  /// For messages.
  let path: String
  let descriptor: Int32

  private init(_ path: String, _ descriptor: Int32) {
    self.path = path
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// Opens a folder that a person named; it may be reached over symbolic links.
  ///
  /// - Throws: `DownloadError`.
  convenience init(_ path: String) throws(DownloadError) {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system("open", path, errno) }
    self.init(path, descriptor)
  }

  /// Opens a folder in this one, which must be a folder and no symbolic link; makes it when it is missing.
  ///
  /// - Throws: `DownloadError`.
  func folder(_ name: String) throws(DownloadError) -> FolderHandle {
    let below = "\(path)/\(name)"
    guard mkdirat(descriptor, name, 0o755) == 0 || errno == EEXIST else { throw .system("mkdir", below, errno) }
    let next = openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard next >= 0 else { throw .system("open", below, errno) }
    return FolderHandle(below, next)
  }

  /// Opens folders one below the other, as `folder` does each.
  ///
  /// - Throws: `DownloadError`.
  func folder(_ names: [String]) throws(DownloadError) -> FolderHandle {
    var handle = self
    for name in names { handle = try handle.folder(name) }
    return handle
  }

  /// Makes a symbolic link, in the place of whatever file has its name.
  ///
  /// - Throws: `DownloadError`.
  func link(_ name: String, to target: String) throws(DownloadError) {
    if symlinkat(target, descriptor, name) == 0 { return }
    guard errno == EEXIST else { throw .system("symlink", "\(path)/\(name)", errno) }
    guard names().contains(name) else {
      // The name is taken, and nobody has it: this file system does not tell A from a.
      throw DownloadError(
        .inconsistent("another file's name differs only in its case, which this file system does not tell apart"),
        "\(path)/\(name)")
    }
    guard unlinkat(descriptor, name, 0) == 0, symlinkat(target, descriptor, name) == 0 else {
      throw .system("symlink", "\(path)/\(name)", errno)
    }
  }

  /// Where a symbolic link leads; nil when there is none of this name.
  func target(_ name: String) -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { buffer in
      guard let base = buffer.baseAddress else { return nil }
      let count = readlinkat(descriptor, name, base, buffer.count)
      return count > 0 ? String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
    }
  }

  /// Names in it.
  private func names() -> [String] { (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] }

  /// Moves a file into this folder under a name that is not taken.
  ///
  /// - Returns: 0, or the errno.
  func receive(_ from: String, as name: String) -> Int32 {
    let code = hubwatch_rename_new_in(from, descriptor, name)
    // A file system that cannot refuse a taken name by itself.
    guard code == EINVAL || code == ENOSYS else { return code }
    return renameat(AT_FDCWD, from, descriptor, name) == 0 ? 0 : errno
  }

  /// Writes the folder's entries to disk, so that a name in it survives a power failure.
  ///
  /// - Throws: `DownloadError`.
  func synchronize() throws(DownloadError) {
    guard fsync(descriptor) == 0 else { throw .system("fsync", path, errno) }
  }
}
