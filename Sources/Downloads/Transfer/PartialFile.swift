import CLinux
import Catalog
import Domain
import Glibc
import Synchronization

/// A file on its way: where its bytes are written, and which of them are there.
///
/// Several connections write into it at once, each into the range that it has claimed. Three layers say what is there:
/// `arrived` in memory, the progress record for a process that is killed, and the journal for a power failure. Each is
/// told only after the one before.
final class PartialFile: Sendable {
  /// A range that one connection fetches.
  struct Claim: Sendable, Hashable {
    let id: Int
    let range: Range<Int64>
  }

  /// What became of bytes that a connection brought.
  enum Fate: Equatable {
    /// They were written, and more are wanted.
    case wanted
    /// The range is complete, or not the connection's any more: it may end.
    case full
  }

  private struct Working {
    var position: Int64
    var end: Int64
  }

  private struct State {
    var arrived: ByteRanges
    var durable: ByteRanges
    var claims: [Int: Working] = [:]
    var lastClaim = 0
    var entityTag: String?
    /// The failed write or sync after which nothing more is written.
    var failure: DownloadError?
  }

  let path: String
  let file: ModelFile
  let descriptor: Int32
  private let progressPath: String
  private let progressDescriptor: Int32
  private let boot: String
  private let system: @Sendable (Int32) -> Int32
  private let state: Mutex<State>

  /// Opens what has arrived, or begins anew, and reserves the room for the rest.
  ///
  /// - Parameters:
  ///   - path: the file in the partial folder, without a suffix.
  ///   - file: what it will be.
  ///   - journal: what the catalog knows of it.
  ///   - boot: the machine's present boot.
  ///   - synchronize: the system call that makes bytes durable; tests let it fail.
  /// - Throws: `DownloadError`.
  init(
    path stem: String, file: ModelFile, journal: PartialRecord?, boot: String,
    synchronize: @escaping @Sendable (Int32) -> Int32 = { fdatasync($0) }
  ) throws(DownloadError) {
    system = synchronize
    path = "\(stem).part"
    progressPath = "\(stem).progress"
    self.file = file
    self.boot = boot
    descriptor = try Self.open(path, file)
    do {
      let known = Self.trusted(journal, record: ProgressRecord(path: progressPath), file: file, boot: boot)
      var info = stat()
      guard fstat(descriptor, &info) == 0 else { throw DownloadError.system("stat", path, errno) }
      // What lies behind the end was cut off by somebody.
      let there = ByteRanges([0..<Int64(info.st_size)])
      state = Mutex(
        State(
          arrived: known.arrived.intersection(there), durable: known.durable.intersection(there),
          entityTag: journal?.entityTag))
      try Self.reserve(descriptor, path, file.size)
      guard Int64(info.st_size) == file.size || ftruncate(descriptor, off_t(file.size)) == 0 else {
        throw DownloadError.system("ftruncate", path, errno)
      }
      progressDescriptor = Glibc.open(progressPath, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
      guard progressDescriptor >= 0 else { throw DownloadError.system("open", progressPath, errno) }
    } catch {
      FileLock.release(descriptor)
      throw error as? DownloadError ?? DownloadError(.storage("\(error)"), path)
    }
    CrashPoint.afterReserve.pass()
    try state.withLock { (state) throws(DownloadError) in try note(state) }
  }

  deinit {
    close(progressDescriptor)
    FileLock.release(descriptor)
  }

  private static func open(_ path: String, _ file: ModelFile) throws(DownloadError) -> Int32 {
    let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw DownloadError.system("open", path, errno) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw DownloadError(.inUse, file.path.description)
    }
    var (info, named) = (stat(), stat())
    // Between our open and our lock its last writer may have given the file its final name: hands off then.
    guard fstat(descriptor, &info) == 0, stat(path, &named) == 0, named.st_ino == info.st_ino,
      named.st_dev == info.st_dev
    else {
      FileLock.release(descriptor)
      throw DownloadError(.inUse, file.path.description)
    }
    return descriptor
  }

  /// The bytes that may be kept: within one boot all that were handed to the kernel, over a reboot those that were
  /// durable.
  private static func trusted(
    _ journal: PartialRecord?, record: ProgressRecord?, file: ModelFile, boot: String
  ) -> (arrived: ByteRanges, durable: ByteRanges) {
    guard let journal else { return (ByteRanges(), ByteRanges()) }
    let whole = ByteRanges([0..<file.size])
    let durable = journal.durable.intersection(whole)
    guard !boot.isEmpty, journal.boot == boot, let record, record.boot == boot, record.size == file.size else {
      return (durable, durable)
    }
    return (ByteRanges(record.arrived.ranges + durable.ranges).intersection(whole), durable)
  }

  private static func reserve(_ descriptor: Int32, _ path: String, _ size: Int64) throws(DownloadError) {
    guard size > 0 else { return }
    let code = hubwatch_reserve_blocks(descriptor, size)
    // A file system without reservation writes all the same; room was checked before.
    guard code == 0 || code == EOPNOTSUPP || code == ENOSYS else { throw .system("fallocate", path, code) }
  }

  // MARK: What is there

  /// Bytes that are there.
  var arrived: ByteRanges { state.withLock { $0.arrived } }

  /// Bytes that are there from the start on without a gap.
  var prefix: Int64 { state.withLock { $0.arrived.prefix } }

  /// Whether every byte is there.
  var isComplete: Bool { prefix == file.size }

  /// Bytes that are there, and that a power failure would take.
  var undurable: Int64 { state.withLock { $0.arrived.count - $0.durable.count } }

  /// The journal as it stands.
  var journal: PartialRecord {
    state.withLock { PartialRecord(boot: boot, durable: $0.durable, entityTag: $0.entityTag) }
  }

  // MARK: Claims

  /// Bytes that nobody fetches yet.
  var unclaimed: Int64 { state.withLock { state in Self.free(state, file.size).reduce(0) { $0 + Int64($1.count) } } }

  private static func free(_ state: State, _ size: Int64) -> [Range<Int64>] {
    var taken = state.arrived
    for claim in state.claims.values where claim.position < claim.end { taken.insert(claim.position..<claim.end) }
    return taken.gaps(in: 0..<size)
  }

  /// Claims the first bytes that nobody fetches yet, at most `length` of them; nil when there are none.
  func claim(length: Int64) -> Claim? {
    state.withLock { state in
      guard let gap = Self.free(state, file.size).first else { return nil }
      return Self.claim(gap.lowerBound..<min(gap.upperBound, gap.lowerBound + max(1, length)), &state)
    }
  }

  /// Claims the second half of the largest range that another connection has still before it; nil when none has
  /// twice `least` before it.
  func claimHalf(least: Int64) -> Claim? {
    state.withLock { state in
      guard
        let (id, victim) = state.claims.max(by: { $0.value.end - $0.value.position < $1.value.end - $1.value.position }
        ),
        victim.end - victim.position >= 2 * least
      else { return nil }
      let middle = victim.position + (victim.end - victim.position) / 2
      let end = victim.end
      state.claims[id]?.end = middle
      return Self.claim(middle..<end, &state)
    }
  }

  private static func claim(_ range: Range<Int64>, _ state: inout State) -> Claim {
    state.lastClaim += 1
    state.claims[state.lastClaim] = Working(position: range.lowerBound, end: range.upperBound)
    return Claim(id: state.lastClaim, range: range)
  }

  /// Gives back what a connection has not fetched.
  ///
  /// - Returns: whether it has fetched all that it had to.
  @discardableResult
  func release(_ claim: Claim) -> Bool {
    state.withLock { state in
      guard let working = state.claims.removeValue(forKey: claim.id) else { return true }
      return working.position >= working.end
    }
  }

  /// Makes a claim at the file's start the only one, over the whole file: the server sends all of it in one body.
  ///
  /// - Returns: whether it is at the start.
  func widen(_ claim: Claim) -> Bool {
    state.withLock { state in
      guard state.claims[claim.id]?.position == 0 else { return false }
      // The others lose what they have still before them.
      state.claims = state.claims.mapValues { Working(position: $0.position, end: $0.position) }
      state.claims[claim.id] = Working(position: 0, end: file.size)
      return true
    }
  }

  /// Whether an answer's entity tag is that of the answers before; the first one is remembered.
  ///
  /// - Parameter tag: host and tag.
  func admits(_ tag: String) -> Bool {
    state.withLock { state in
      let host = { (text: String) in text.prefix { $0 != " " } }
      guard let known = state.entityTag, host(known) == host(tag) else {
        // Another edge of the network may have tags of its own.
        state.entityTag = tag
        return true
      }
      return known == tag
    }
  }

  // MARK: Writing

  /// Writes what a connection brings at the place that it has reached.
  ///
  /// - Throws: `DownloadError`.
  func write(_ bytes: UnsafeRawBufferPointer, for claim: Claim) throws(DownloadError) -> Fate {
    let room = state.withLock { state in state.claims[claim.id].map { ($0.position, $0.end) } }
    guard let (position, end) = room, position < end else { return .full }
    if let failure = state.withLock({ $0.failure }) { throw failure }
    let count = min(Int64(bytes.count), end - position)
    do {
      try put(UnsafeRawBufferPointer(rebasing: bytes[..<Int(count)]), at: position)
    } catch {
      state.withLock { $0.failure = error }
      throw error
    }
    CrashPoint.afterWrite.pass()
    let left = try state.withLock { (state) throws(DownloadError) -> Int64 in
      // Somebody may have thrown everything away meanwhile.
      guard let working = state.claims[claim.id] else { return 0 }
      state.arrived.insert(position..<position + count)
      state.claims[claim.id]?.position = position + count
      try note(state)
      return working.end - position - count
    }
    CrashPoint.afterProgress.pass()
    return left > 0 ? .wanted : .full
  }

  private func put(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(DownloadError) {
    var written = 0
    while written < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
      let count = pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset) + off_t(written))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        throw .system("write", path, count < 0 ? errno : EIO)
      }
      written += count
    }
  }

  private func note(_ state: State) throws(DownloadError) {
    let bytes = ProgressRecord(boot: boot, size: file.size, arrived: state.arrived).bytes
    guard pwrite(progressDescriptor, bytes, bytes.count, 0) == bytes.count else {
      throw .system("write", progressPath, errno)
    }
  }

  /// Makes everything that has arrived durable; the journal may be told afterwards.
  ///
  /// - Returns: whether there was anything new.
  /// - Throws: `DownloadError`. The kernel drops what it could not write and reports that once: a second sync would
  ///   succeed over a hole. So everything that was not durable before is forgotten, and this object is of no more use.
  func synchronize() throws(DownloadError) -> Bool {
    let (arrived, durable, failure) = state.withLock { ($0.arrived, $0.durable, $0.failure) }
    if let failure { throw failure }
    guard arrived != durable else { return false }
    guard system(descriptor) == 0 else { throw fail("fdatasync", errno) }
    CrashPoint.afterSync.pass()
    state.withLock { $0.durable = arrived }
    return true
  }

  private func fail(_ call: String, _ code: Int32) -> DownloadError {
    let failure = DownloadError.system(call, path, code)
    return state.withLock { state in
      state.failure = failure
      state.arrived = state.durable
      // A record that cannot be written is removed: then only the journal counts.
      do { try note(state) } catch { unlink(progressPath) }
      return failure
    }
  }

  /// Hands what has arrived since the last call to the disk, without waiting for it: bytes that are under way cannot
  /// pile up in memory until they stall everybody's writes.
  func startWriting() {
    let (arrived, durable) = state.withLock { ($0.arrived, $0.durable) }
    for range in arrived.ranges where !durable.contains(range) {
      _ = hubwatch_start_writing(descriptor, range.lowerBound, Int64(range.count))
    }
  }

  /// Takes bytes that were hashed out of memory, as far as they are on disk: a download that is larger than the memory
  /// must not push out what others need.
  func forgetPages(_ range: Range<Int64>) {
    if !range.isEmpty { _ = hubwatch_forget_pages(descriptor, range.lowerBound, Int64(range.count)) }
  }

  /// Forgets what has arrived; the bytes stay until others are written over them.
  func restart() throws(DownloadError) {
    try state.withLock { (state) throws(DownloadError) in
      if let failure = state.failure { throw failure }
      (state.arrived, state.durable, state.entityTag) = (ByteRanges(), ByteRanges(), nil)
      state.claims = [:]
      try note(state)
    }
  }

  // MARK: The end

  /// Makes the whole file durable and gives it its final name; nothing of it is left in the partial folder.
  ///
  /// - Parameters:
  ///   - folder: where it goes.
  ///   - name: what it is called there.
  ///   - mode: the permissions of the finished file.
  /// - Throws: `DownloadError`; `inUse` when the name is taken.
  func publish(in folder: FolderHandle, as name: String, mode: mode_t) throws(DownloadError) {
    if let failure = state.withLock({ $0.failure }) { throw failure }
    CrashPoint.afterHash.pass()
    guard fchmod(descriptor, mode) == 0 else { throw .system("fchmod", path, errno) }
    guard fsync(descriptor) == 0 else { throw fail("fsync", errno) }
    CrashPoint.afterFinalSync.pass()
    let code = folder.receive(path, as: name)
    guard code == 0 else {
      let final = "\(folder.path)/\(name)"
      throw code == EEXIST ? DownloadError(.inUse, final) : .system("rename", final, code)
    }
    CrashPoint.afterRename.pass()
    unlink(progressPath)
  }

  /// Puts the file aside under another name, for somebody to look at.
  func setAside(as other: String) throws(DownloadError) {
    guard rename(path, other) == 0 else { throw .system("rename", other, errno) }
    unlink(progressPath)
  }
}
