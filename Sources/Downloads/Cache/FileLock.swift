import Domain
import Foundation
import Glibc

/// An exclusive `flock` on a file, held until it is released or the process ends.
///
/// The Python client takes the same locks under `.locks` of the cache, so that both can work in one cache.
final class FileLock: Sendable {
  private let descriptor: Int32

  /// Takes the lock without waiting; nil when somebody else holds it.
  ///
  /// - Throws: `DownloadError` when the file cannot be made.
  static func attempt(_ path: String) throws(DownloadError) -> FileLock? {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw .system("mkdir", folder, errno == 0 ? EACCES : errno)
    }
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .system("open", path, errno) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      close(descriptor)
      if code == EWOULDBLOCK { return nil }
      throw .system("flock", path, code)
    }
    return FileLock(descriptor)
  }

  private init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { Self.release(descriptor) }

  /// Unlocks and closes a file.
  ///
  /// Closing alone would leave the lock to a child process that is being made right now: until it runs its own
  /// program, it has a copy of every descriptor.
  static func release(_ descriptor: Int32) {
    _ = flock(descriptor, LOCK_UN)
    close(descriptor)
  }
}
