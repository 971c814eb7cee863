import CLinux
import Checksums
import Domain
import Glibc
import HTTP
import Synchronization

/// A file on its way: the bytes that have arrived, their running hash, and the journal that remembers them.
///
/// Bytes are written in file order. They are journaled only after they were synced, so that the journal is
/// never ahead of the disk.
final class PartialFile: BodySink {
  /// Journals that a number of bytes from the start is durable.
  typealias Journal = @Sendable (Int64) throws -> Void

  /// What only one owner at a time touches: the task that runs the download, or, while a transfer runs, the
  /// HTTP client's thread, which calls the sink one call after another.
  private struct State {
    var checksum: Checksum
    var offset: Int64
    var durable: Int64
    var lastSync: ContinuousClock.Instant
    var isBodyExpected = false
    /// The failed sync after which nothing of this file is believed any more.
    var failure: DownloadError?
  }

  /// The server sent the whole file where a part was asked for.
  struct RangeIgnored: Error {}

  /// Bytes after which the journal is brought up to date.
  static let syncBytes: Int64 = 64 << 20
  /// Time after which the journal is brought up to date.
  static let syncInterval: Duration = .seconds(2)

  let path: String
  private let file: ModelFile
  private let descriptor: Int32
  private let journal: Journal
  private let progress: @Sendable (Int64) -> Void
  private let synchronize: @Sendable (Int32) -> Int32
  private let state: Mutex<State>

  /// Opens what has arrived, or begins anew.
  ///
  /// - Parameters:
  ///   - path: the file in the partial folder.
  ///   - file: what it will be.
  ///   - trusted: bytes from the start that may be kept: all that a killed process of this boot wrote, or
  ///     what was durable before a reboot.
  ///   - journal: called after every sync.
  ///   - progress: called with the number of bytes on disk.
  ///   - synchronize: the system call that makes bytes durable; tests let it fail.
  /// - Throws: `DownloadError`.
  init(
    path: String, file: ModelFile, trusted: Int64, journal: @escaping Journal,
    progress: @escaping @Sendable (Int64) -> Void,
    synchronize: @escaping @Sendable (Int32) -> Int32 = { fdatasync($0) }
  ) throws {
    self.path = path
    self.file = file
    self.journal = journal
    self.progress = progress
    self.synchronize = synchronize
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw DownloadError.system("open", path, errno) }
    do {
      guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
        throw DownloadError(.inUse, file.path.description)
      }
      var (info, named) = (stat(), stat())
      guard fstat(descriptor, &info) == 0 else { throw DownloadError.system("stat", path, errno) }
      // Between our open and our lock its last writer may have given the file its final name: hands off then.
      guard stat(path, &named) == 0, named.st_ino == info.st_ino, named.st_dev == info.st_dev else {
        throw DownloadError(.inUse, file.path.description)
      }
      let kept = max(0, min(Int64(info.st_size), trusted, file.size))
      guard ftruncate(descriptor, off_t(kept)) == 0 else {
        throw DownloadError.system("ftruncate", path, errno)
      }
      try Self.reserve(descriptor, path, file.size)
      let checksum = try Checksum(for: file.hash, size: file.size)
      try BlobCheck.feed(checksum, from: descriptor, path: path, upTo: kept)
      state = Mutex(State(checksum: checksum, offset: kept, durable: kept, lastSync: .now))
      self.descriptor = descriptor
    } catch {
      FileLock.release(descriptor)
      throw error
    }
  }

  deinit { FileLock.release(descriptor) }

  /// Bytes that are there.
  var offset: Int64 { state.withLock { $0.offset } }

  private static func reserve(_ descriptor: Int32, _ path: String, _ size: Int64) throws(DownloadError) {
    guard size > 0 else { return }
    let code = hubwatch_reserve_blocks(descriptor, size)
    // A file system without reservation writes all the same; room was checked before.
    guard code == 0 || code == EOPNOTSUPP || code == ENOSYS else {
      if code == ENOSPC || code == EDQUOT {
        throw DownloadError(.noSpace(needed: ByteCount(size), free: ByteCount(0)), path)
      }
      throw .system("fallocate", path, code)
    }
  }

  func receive(head: HTTPHead) throws {
    let start = offset
    switch head.status {
    case 206:
      guard let range = head.contentRange, range.isExactly(start..<file.size, of: file.size) else {
        throw DownloadError(
          .inconsistent("the server sent another range than was asked for"), file.path.description)
      }
    case 200:
      // A whole body is only right at the start; at any other offset it would be written in the wrong place.
      guard start == 0 else { throw RangeIgnored() }
      if let length = head.contentLength, length != file.size {
        throw DownloadError(
          .inconsistent("the listing says \(file.size) bytes, the server \(length)"), file.path.description)
      }
      if head.headers["Content-Type"]?.lowercased().hasPrefix("text/html") == true {
        throw DownloadError(
          .inconsistent("a web page came instead of the file: a captive portal?"), file.path.description)
      }
    default:
      // Not a body of the file; the downloader looks at the status.
      return
    }
    state.withLock { $0.isBodyExpected = true }
  }

  func receive(bytes: UnsafeRawBufferPointer) throws {
    let done: Int64? = try state.withLock { state in
      if let failure = state.failure { throw failure }
      guard state.isBodyExpected else { return nil }
      guard Int64(bytes.count) <= file.size - state.offset else {
        throw DownloadError(
          .inconsistent("the server sent more bytes than the file has"), file.path.description)
      }
      var written = 0
      while written < bytes.count {
        let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
        let count = pwrite(descriptor, rest.baseAddress, rest.count, off_t(state.offset) + off_t(written))
        if count < 0, errno == EINTR { continue }
        guard count > 0 else {
          if errno == ENOSPC || errno == EDQUOT {
            throw DownloadError(
              .noSpace(needed: ByteCount(file.size - state.offset), free: ByteCount(0)), file.path.description
            )
          }
          throw DownloadError.system("write", path, errno)
        }
        written += count
      }
      state.checksum.update(bytes)
      state.offset += Int64(bytes.count)
      if state.offset - state.durable >= Self.syncBytes || .now - state.lastSync >= Self.syncInterval {
        try sync(&state)
      }
      return state.offset
    }
    if let done { progress(done) }
  }

  /// Ends a transfer: what has arrived becomes durable and is journaled.
  func settle() throws {
    try state.withLock { state in
      state.isBodyExpected = false
      if let failure = state.failure { throw failure }
      if state.offset > state.durable { try sync(&state) }
    }
  }

  private func sync(_ state: inout State) throws {
    guard synchronize(descriptor) == 0 else {
      let failure = DownloadError.system("fdatasync", path, errno)
      // The kernel drops what it could not write and reports that once: a second call would succeed over a
      // hole. What was not durable before is thrown away, and this object is of no more use.
      _ = ftruncate(descriptor, off_t(state.durable))
      state.offset = state.durable
      state.failure = failure
      throw failure
    }
    try journal(state.offset)
    state.durable = state.offset
    state.lastSync = .now
  }

  /// Throws away what has arrived.
  func restart() throws {
    try state.withLock { state in
      if let failure = state.failure { throw failure }
      guard ftruncate(descriptor, 0) == 0 else { throw DownloadError.system("ftruncate", path, errno) }
      try Self.reserve(descriptor, path, file.size)
      state.checksum = try Checksum(for: file.hash, size: file.size)
      (state.offset, state.durable) = (0, 0)
      try journal(0)
    }
  }

  /// The hash of the complete file. Once; `restart` begins a new one.
  func finishedHash() -> ContentHash { state.withLock { $0.checksum.finish() } }

  /// Makes the whole file durable and gives it its final name.
  func publish(as final: String) throws(DownloadError) {
    if let failure = state.withLock({ $0.failure }) { throw failure }
    // The mode that an ordinary new file would get: the umask is not readable without changing it, and the
    // cache is shared with other programs of the same user.
    guard fchmod(descriptor, 0o644) == 0 else { throw .system("fchmod", path, errno) }
    guard fsync(descriptor) == 0 else { throw .system("fsync", path, errno) }
    guard rename(path, final) == 0 else { throw .system("rename", final, errno) }
  }
}
