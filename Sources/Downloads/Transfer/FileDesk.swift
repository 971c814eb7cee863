import CLinux
import Catalog
import Checksums
import Domain
import Foundation
import Glibc

/// Does for one copy what waits for the disk: finding out what is there, opening partial files, giving names.
actor FileDesk {
  /// What there is of a file.
  enum Opening: Sendable {
    /// All of it, verified.
    case complete
    /// A part, or nothing yet.
    case partial(OpenFile)
  }

  /// A file that is being fetched.
  struct OpenFile: Sendable {
    let target: PartialFile
    let hasher: PrefixHasher
    let keeper: JournalKeeper
    /// Held as long as the file is open.
    let lock: FileLock
    let stem: String
  }

  private let copy: CopyRecord
  private let catalog: Catalog
  private let place: any DownloadPlace
  private let date: @Sendable () -> Date
  private let executor = BlockingExecutor("hubwatch.files")

  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  init(_ copy: CopyRecord, catalog: Catalog, place: any DownloadPlace, date: @escaping @Sendable () -> Date) {
    self.copy = copy
    self.date = date
    self.catalog = catalog
    self.place = place
  }

  /// Whether nothing of a file is there: not in its place, not elsewhere in the cache, not in part.
  nonisolated func isNew(_ file: ModelFile) -> Bool {
    guard file.size > 0, let stem = try? place.partialStem(file) else { return false }
    return access("\(stem).part", F_OK) != 0 && !exists(place.contentPath(copy, file))
      && place.twins(copy, file).isEmpty
  }

  /// Finds what there is of a file: in its place, elsewhere in the cache, or in the partial folder.
  ///
  /// - Throws: `DownloadError`, `CatalogError`, `CancellationError`.
  func open(_ part: PartRecord) async throws -> Opening {
    let file = part.file
    guard let lock = try FileLock.attempt(place.lockPath(copy, file)) else {
      throw DownloadError(.inUse, "\(copy.repo)/\(file.path)")
    }
    let folder = try place.contentFolder(copy, file)
    let final = place.contentPath(copy, file)
    let stem = try place.partialStem(file)
    let journal = try catalog.partial(file.hash)
    if regularFileSize(final) == file.size {
      // A file that another program put there, or that we named before we were killed, is only hashed.
      if part.isVerified, let known = part.fingerprint, known == FileFingerprint.of(final) { return .complete }
      if try BlobCheck.hash(of: final, expected: file) == file.hash {
        let isOurs = journal != nil && access("\(stem).part", F_OK) != 0
        try verified(file, isOurs ? .fetched : .found)
        // Killed after the file had its name, we left its record behind.
        if isOurs { unlink("\(stem).progress") }
        return .complete
      }
    }
    if exists(final) { try setAside(final, as: "\(stem).damaged") }
    if file.size > 0, journal == nil, try shareTwin(file, at: final, in: folder, lock) { return .complete }
    if part.isVerified { try catalog.setUnverified(copy: copy.id, path: file.path) }
    let target = try PartialFile(path: stem, file: file, journal: journal, boot: BootID.current)
    let keeper = JournalKeeper(target, catalog: catalog)
    try await keeper.record()
    return .partial(
      OpenFile(target: target, hasher: try PrefixHasher(target), keeper: keeper, lock: lock, stem: stem))
  }

  /// Gives a verified file its name, and writes that down.
  func finish(_ open: OpenFile) async throws {
    let name = Folders.name(place.contentPath(copy, open.target.file))
    let folder = try place.contentFolder(copy, open.target.file)
    try await open.keeper.publish(in: folder, as: name, mode: place.fileMode)
    try folder.synchronize()
    CrashPoint.afterFolderSync.pass()
    try verified(open.target.file, .fetched)
  }

  /// Puts bytes aside that were wrong twice.
  func quarantine(_ open: OpenFile) throws {
    try open.target.setAside(as: "\(open.stem).damaged")
    try catalog.forgetPartial(open.target.file.hash)
  }

  private func verified(_ file: ModelFile, _ origin: PartRecord.Origin) throws(CatalogError) {
    let fingerprint = FileFingerprint.of(place.contentPath(copy, file))
    try catalog.setVerified(
      copy: copy.id, path: file.path, origin: origin, boot: BootID.current, fingerprint: fingerprint, at: date())
    CrashPoint.afterVerified.pass()
  }

  private nonisolated func exists(_ path: String) -> Bool {
    var info = stat()
    return lstat(path, &info) == 0
  }

  private func setAside(_ path: String, as other: String) throws(DownloadError) {
    guard rename(path, other) == 0 else { throw .system("rename", path, errno) }
  }

  /// Takes over the same content from elsewhere without fetching it: a hard link, or where there are none a clone
  /// that shares the blocks.
  private func shareTwin(_ file: ModelFile, at final: String, in folder: FolderHandle, _ lock: FileLock) throws -> Bool
  {
    defer { withExtendedLifetime(lock) {} }
    for twin in place.twins(copy, file) where regularFileSize(twin) == file.size {
      guard try BlobCheck.hash(of: twin, expected: file) == file.hash, share(twin, Folders.name(final), folder) else {
        continue
      }
      try folder.synchronize()
      try verified(file, .linked)
      return true
    }
    return false
  }

  private func share(_ twin: String, _ name: String, _ folder: FolderHandle) -> Bool {
    // Another program's link to a store of its own is followed: a link to the link would die with it.
    if place.linksTwins, linkat(AT_FDCWD, twin, folder.descriptor, name, AT_SYMLINK_FOLLOW) == 0 { return true }
    let source = Glibc.open(twin, O_RDONLY | O_CLOEXEC)
    guard source >= 0 else { return false }
    defer { close(source) }
    let temporary = "\(name).\(getpid())\(SmallFile.suffix)"
    let clone = openat(
      folder.descriptor, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode_t(place.fileMode))
    guard clone >= 0 else { return false }
    let isThere = hubwatch_clone(clone, source) == 0 && fsync(clone) == 0
    close(clone)
    guard isThere, renameat(folder.descriptor, temporary, folder.descriptor, name) == 0 else {
      unlinkat(folder.descriptor, temporary, 0)
      return false
    }
    return true
  }
}
