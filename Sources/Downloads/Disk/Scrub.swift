import CLinux
import Catalog
import Domain
import Foundation
import Glibc

/// Reads what lies on the disk again and compares it with what it should be: disks forget.
public struct Scrub: Sendable {
  /// What became of one file.
  public enum Verdict: Sendable, Equatable {
    /// It is what it should be.
    case sound
    /// It is no longer there, or has another size.
    case lost
    /// Its bytes are others than those that were verified; it was set aside.
    case damaged
  }

  private let catalog: Catalog
  private let cache: HubCache
  private let now: @Sendable () -> Date

  /// The name under which the beginning of an unfinished pass is kept.
  static let mark = "scrub.begun"
  /// Files that were read within this time are not read again.
  static let rest: TimeInterval = 6 * 86_400

  /// A scrub of a cache and of the folders that copies name.
  public init(catalog: Catalog, cache: HubCache, now: @escaping @Sendable () -> Date = { Date() }) {
    self.catalog = catalog
    self.cache = cache
    self.now = now
  }

  /// Makes this process wait for everybody else's reads and writes.
  public static func beIdle() { _ = hubwatch_idle_priority() }

  /// Reads every verified file that was not read for six days, the one that waited longest first. A pass that was
  /// killed goes on where it was.
  ///
  /// - Parameters:
  ///   - all: also those that were read lately.
  ///   - report: called after every file.
  /// - Throws: `CatalogError`, `DownloadError` when a file cannot be read, `CancellationError`.
  public func run(all: Bool, report: (ShelfRecord, Verdict) async throws -> Void) async throws {
    let moment = try begin(all: all)
    while let next = try catalog.filesToScrub(before: moment, limit: 1).first {
      try Task.checkCancellation()
      try await report(next, try judge(next))
    }
    try catalog.setMark(Self.mark, "")
  }

  /// Files read after this moment count as read in this pass.
  private func begin(all: Bool) throws(CatalogError) -> Date {
    let moment = all ? now() : now().addingTimeInterval(-Self.rest)
    if let text = try catalog.mark(Self.mark), let seconds = Double(text), seconds <= now().timeIntervalSince1970 {
      return Date(timeIntervalSince1970: seconds)
    }
    try catalog.setMark(Self.mark, "\(moment.timeIntervalSince1970)")
    return moment
  }

  /// Whether something lies in a file's place.
  func isThere(_ record: ShelfRecord) throws -> Bool {
    regularFileSize(try place(record.copy).contentPath(record.copy, record.part.file)) != nil
  }

  /// Reads one file and writes down what became of it.
  func judge(_ record: ShelfRecord) throws -> Verdict {
    let (copy, file) = (record.copy, record.part.file)
    let path = try place(copy).contentPath(copy, file)
    guard regularFileSize(path) == file.size else {
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
    guard try BlobCheck.hash(of: path, expected: file) == file.hash else {
      let aside = "\(try place(copy).partialStem(file)).damaged"
      guard rename(path, aside) == 0 else { throw DownloadError.system("rename", path, errno) }
      // A name that leads nowhere counts as corruption for other programs.
      if copy.folder == nil { cache.unlinkSnapshots(of: file.hash, in: copy.repo) }
      try catalog.setUnverified(copy: copy.id, path: file.path)
      try catalog.setState(
        ofCopy: copy.id, .quarantined, reason: "\(file.path) has changed on the disk since it was verified", at: now())
      return .damaged
    }
    try catalog.setScrubbed(copy: copy.id, path: file.path, at: now())
    return .sound
  }

  private func place(_ copy: CopyRecord) throws(DownloadError) -> any DownloadPlace {
    if let folder = copy.folder { return LocalFolder(root: folder, cache: cache) }
    return try CachePlace(cache)
  }
}
