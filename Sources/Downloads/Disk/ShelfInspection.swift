import CLinux
import Catalog
import Domain
import Foundation
import Glibc

/// Compares files that count as verified with what lies on the disk: others may have deleted or changed them.
public struct ShelfInspection: Sendable {
  private let catalog: Catalog
  private let cache: HubCache
  private let now: @Sendable () -> Date

  /// An inspection of a cache and of the folders that copies name.
  public init(catalog: Catalog, cache: HubCache, now: @escaping @Sendable () -> Date = { Date() }) {
    self.catalog = catalog
    self.cache = cache
    self.now = now
  }

  /// Looks at all files of a copy without reading them, and reads those that look otherwise than when they were
  /// verified.
  ///
  /// - Returns: whether all of them are what they should be; else the copy is now `lost` or `quarantined`.
  /// - Throws: `CatalogError`, `DownloadError` when a file cannot be read, `CancellationError`.
  public func isSound(_ copy: CopyRecord) throws -> Bool { try isSound(copy, in: try cache.place(of: copy)) }

  /// As `isSound`, for whoever knows the copy's place: finding it out asks the disk.
  func isSound(_ copy: CopyRecord, in place: any DownloadPlace) throws -> Bool {
    var isSound = true
    for part in try catalog.parts(ofCopy: copy.id) {
      guard part.isVerified else { return false }
      let path = place.contentPath(copy, part.file)
      if let known = part.fingerprint, known == FileFingerprint.of(path) { continue }
      if try read(ShelfRecord(copy: copy, part: part), in: place) != .sound { isSound = false }
    }
    return isSound
  }

  /// Whether something lies in a file's place.
  func isThere(_ record: ShelfRecord) throws -> Bool {
    regularFileSize(try cache.place(of: record.copy).contentPath(record.copy, record.part.file)) != nil
  }

  /// Reads a file again, from the disk and not from memory, and writes down what became of it.
  ///
  /// - Throws: as `isSound`.
  func read(_ record: ShelfRecord, isCancelled: () -> Bool = { Task.isCancelled }) throws -> Scrub.Verdict {
    try read(record, in: try cache.place(of: record.copy), isCancelled: isCancelled)
  }

  private func read(
    _ record: ShelfRecord, in place: any DownloadPlace, isCancelled: () -> Bool = { Task.isCancelled }
  ) throws -> Scrub.Verdict {
    let (copy, file) = (record.copy, record.part.file)
    let path = place.contentPath(copy, file)
    guard regularFileSize(path) == file.size, let fingerprint = FileFingerprint.of(path) else {
      try catalog.setUnverified(copy: copy.id, path: file.path)
      try catalog.setState(ofCopy: copy.id, .lost, reason: "\(file.path) is no longer there, or was cut off", at: now())
      return .lost
    }
    // What memory holds of it says nothing about the disk.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor >= 0 {
      _ = hubwatch_forget_pages(descriptor, 0, file.size)
      close(descriptor)
    }
    let words: String
    do {
      if try BlobCheck.hash(of: path, expected: file, isCancelled: isCancelled) == file.hash {
        try catalog.setScrubbed(copy: copy.id, path: file.path, fingerprint: fingerprint, at: now())
        return .sound
      }
      words = "\(file.path) has changed on the disk since it was verified"
    } catch let error as DownloadError {
      guard case .diskFault = error.kind else { throw error }
      // A sector that cannot be read must not keep all other files from being read.
      try StorageHealth(catalog: catalog, place: path).noteFault(at: now())
      words = "\(file.path) cannot be read any more: the disk fails"
    }
    try setAside(record, path, place, words)
    return .damaged
  }

  /// Takes a file that is wrong out of everybody's sight, and says why.
  private func setAside(_ record: ShelfRecord, _ path: String, _ place: any DownloadPlace, _ words: String) throws {
    let (copy, file) = (record.copy, record.part.file)
    let aside = "\(try place.partialStem(file)).damaged"
    guard rename(path, aside) == 0 else { throw DownloadError.system("rename", path, errno) }
    // A name that leads nowhere counts as corruption for other programs.
    if copy.folder == nil { cache.unlinkSnapshots(of: file.hash, in: copy.repo) }
    try catalog.setUnverified(copy: copy.id, path: file.path)
    try catalog.setState(ofCopy: copy.id, .quarantined, reason: words, at: now())
  }
}
