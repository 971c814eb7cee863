import Checksums
import Domain
import Glibc

/// Hashes a file that already lies under its name.
enum BlobCheck {
  /// The hash of the file at `path`, of the kind that `expected` has.
  ///
  /// - Parameter isCancelled: asked now and then; outside of a task somebody else has to know.
  /// - Throws: `DownloadError` when it cannot be read, `CancellationError`.
  static func hash(
    of path: String, expected: ModelFile, isCancelled: () -> Bool = { Task.isCancelled }
  ) throws -> ContentHash {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw DownloadError.system("open", path, errno) }
    defer { close(descriptor) }
    let checksum = try Checksum(for: expected.hash, size: expected.size)
    try feed(checksum, from: descriptor, path: path, upTo: expected.size, isCancelled: isCancelled)
    return checksum.finish()
  }

  /// Feeds the first `end` bytes of an open file into a hash.
  ///
  /// - Throws: `DownloadError` when the file is shorter or cannot be read; `CancellationError`, since a big
  ///   file takes minutes.
  static func feed(
    _ checksum: Checksum, from descriptor: Int32, path: String, upTo end: Int64,
    isCancelled: () -> Bool = { Task.isCancelled }
  ) throws {
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    var position: Int64 = 0
    while position < end {
      if isCancelled() { throw CancellationError() }
      let wanted = Int(min(Int64(buffer.count), end - position))
      let count = buffer.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, wanted, off_t(position)) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw DownloadError.system("read", path, count < 0 ? errno : EIO) }
      buffer.withUnsafeBytes { checksum.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
      position += Int64(count)
    }
  }
}
