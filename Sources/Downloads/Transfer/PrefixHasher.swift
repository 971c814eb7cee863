import Checksums
import Domain
import Glibc

/// The running hash of a file that arrives in pieces: it follows the bytes that are there from the start on without a
/// gap, so that it is nearly done when the last piece comes.
actor PrefixHasher {
  private let target: PartialFile
  private let executor = BlockingExecutor("hubwatch.hash")
  private var checksum: Checksum
  private var position: Int64 = 0
  private var forgotten: Int64 = 0
  private var buffer = [UInt8](repeating: 0, count: PrefixHasher.pieceBytes)

  /// Small enough to stay in the processor's cache between the read and the hash.
  private static let pieceBytes = 256 << 10
  /// Bytes after which what was hashed is taken out of memory.
  private static let forgetBytes: Int64 = 32 << 20
  private static let lagBytes: Int64 = 512 << 20

  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  /// - Throws: `ChecksumError`.
  init(_ target: PartialFile) throws(ChecksumError) {
    self.target = target
    checksum = try Checksum(for: target.file.hash, size: target.file.size)
  }

  /// Hashes what has arrived since the last call.
  ///
  /// - Throws: `DownloadError` when it cannot be read back; `CancellationError`.
  func advance() throws {
    var end = target.prefix
    while position < end {
      try Task.checkCancellation()
      let wanted = Int(min(Int64(buffer.count), end - position))
      let count = pread(target.descriptor, &buffer, wanted, off_t(position))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw DownloadError.system("read", target.path, count < 0 ? errno : EIO) }
      buffer.withUnsafeBytes { checksum.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
      position += Int64(count)
      if position - forgotten >= Self.forgetBytes {
        // What was still on its way to the disk the last time is taken, too.
        target.forgetPages(max(0, forgotten - Self.lagBytes)..<position)
        forgotten = position
      }
      if position == end { end = target.prefix }
    }
  }

  /// The hash of the whole file, all of which is there; nil when it is not.
  func finish() throws -> ContentHash? {
    try advance()
    guard position == target.file.size else { return nil }
    return checksum.finish()
  }

  /// Begins again at the first byte.
  ///
  /// - Parameter fromDisk: whether what memory holds of the file is to be dropped first.
  func restart(fromDisk: Bool) throws {
    checksum = try Checksum(for: target.file.hash, size: target.file.size)
    (position, forgotten) = (0, 0)
    if fromDisk { target.forgetPages(0..<target.file.size) }
  }
}
