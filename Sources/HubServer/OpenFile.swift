import Foundation

/// A file that is open for reading at any offset, by any number of readers.
final class OpenFile: Sendable {
  private let descriptor: Int32
  private let path: String

  /// Opens `path`, which must not be a symbolic link.
  ///
  /// - Throws: `HubServerError.unreadable`.
  init(_ path: String) throws(HubServerError) {
    descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
    self.path = path
    guard descriptor >= 0 else { throw .unreadable(path: path, reason: String(cString: strerror(errno))) }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  /// Exactly `count` bytes from `offset`.
  ///
  /// - Throws: `HubServerError.unreadable` when the file is shorter by now, or the disk fails.
  func read(at offset: Int64, count: Int) throws(HubServerError) -> [UInt8] {
    var failure: String?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let got = pread(
          descriptor, buffer.baseAddress.map { $0 + filled }, count - filled, off_t(offset) + off_t(filled))
        if got < 0, errno == EINTR { continue }
        guard got > 0 else {
          failure = got == 0 ? "it became shorter" : String(cString: strerror(errno))
          return
        }
        filled += got
      }
    }
    if let failure { throw .unreadable(path: path, reason: failure) }
    return bytes
  }
}
