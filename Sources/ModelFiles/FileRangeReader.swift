import Domain
import Glibc

/// Reads ranges of a local file with `pread`.
public final class FileRangeReader: RangeReader {
  /// Bytes of the file when it was opened.
  public let size: Int64
  private let descriptor: Int32
  private let path: String

  /// Opens a regular file.
  ///
  /// - Throws: `ModelFileError.unreadable`.
  public init(path: String) throws(ModelFileError) {
    self.path = path
    (descriptor, size) = try openForReading(path)
  }

  deinit { close(descriptor) }

  /// Reads exactly the bytes of `range`.
  ///
  /// - Throws: `ModelFileError` when the range lies outside, or the file shrank or cannot be read.
  public func read(_ range: Range<Int64>) async throws -> [UInt8] {
    guard range.lowerBound >= 0, range.upperBound <= size else {
      throw ModelFileError(.truncated, file: path, "has \(size) bytes; \(range) lies beyond")
    }
    return try readBytes(descriptor, count: range.count, from: Int(range.lowerBound), file: path)
  }
}

/// Reads bytes of an open file, all of them.
///
/// - Throws: `unreadable` when the file has become shorter, or the disk fails.
func readBytes(_ descriptor: Int32, count: Int, from start: Int, file path: String) throws(ModelFileError) -> [UInt8] {
  var bytes = [UInt8](repeating: 0, count: count)
  var done = 0
  while done < bytes.count {
    let got = bytes.withUnsafeMutableBytes {
      pread(descriptor, $0.baseAddress.map { $0 + done }, $0.count - done, start + done)
    }
    if got < 0, errno == EINTR { continue }
    guard got > 0 else {
      throw ModelFileError(
        .unreadable, file: path, "could not be read: \(got == 0 ? "it shrank" : systemReason())")
    }
    done += got
  }
  return bytes
}

/// Opens a regular file and tells its size.
func openForReading(_ path: String) throws(ModelFileError) -> (descriptor: Int32, size: Int64) {
  // O_NONBLOCK: opening a named pipe must not hang; it has no effect on regular files.
  let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
  guard descriptor >= 0 else {
    throw ModelFileError(.unreadable, file: path, "could not be opened: \(systemReason())")
  }
  var status = stat()
  guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
    close(descriptor)
    throw ModelFileError(.unreadable, file: path, "is not a regular file")
  }
  return (descriptor, Int64(status.st_size))
}

/// What `errno` says.
func systemReason() -> String { String(cString: strerror(errno)) }
