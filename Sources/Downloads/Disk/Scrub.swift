import CLinux
import Catalog
import Domain
import Foundation

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
  /// The name under which the files are counted that this pass has found damaged or gone.
  static let troubleMark = "scrub.troubles"
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
  /// - Throws: `CatalogError`, `DownloadError` when a file cannot be read or the disk is not there, `CancellationError`.
  public func run(all: Bool, report: (ShelfRecord, Verdict) async throws -> Void) async throws {
    let pass = try begun(all: all)
    while let (record, verdict) = try next(pass) {
      try await report(record, verdict)
      try Task.checkCancellation()
    }
    try end()
  }

  /// The same on the thread of the caller, outside of any task.
  ///
  /// - Parameters:
  ///   - isCancelled: asked now and then, also in the middle of a file.
  ///   - goesOn: whether another file is begun.
  /// - Returns: whether everything was read.
  /// - Throws: as the other one.
  public func run(
    all: Bool, isCancelled: () -> Bool, goesOn: () -> Bool = { true }, report: (ShelfRecord, Verdict) throws -> Void
  ) throws -> Bool {
    let pass = try begun(all: all)
    while let (record, verdict) = try next(pass, isCancelled: isCancelled) {
      try report(record, verdict)
      guard goesOn() else { return false }
    }
    try end()
    return true
  }

  /// A pass: what reads, and what was read after this moment counts as read in it.
  private func begun(all: Bool) throws -> (inspection: ShelfInspection, moment: Date) {
    // A disk that is not there has lost nothing.
    try ModelStore(catalog: catalog, cache: cache).expect()
    return (ShelfInspection(catalog: catalog, cache: cache, now: now), try begin(all: all))
  }

  private func next(
    _ pass: (inspection: ShelfInspection, moment: Date), isCancelled: () -> Bool = { Task.isCancelled }
  ) throws -> (ShelfRecord, Verdict)? {
    guard let next = try catalog.filesToScrub(before: pass.moment, limit: 1).first else { return nil }
    let verdict = try pass.inspection.read(next, isCancelled: isCancelled)
    if verdict != .sound { try catalog.setMark(Self.troubleMark, "\(try troubles() + 1)") }
    return (next, verdict)
  }

  private func end() throws(CatalogError) {
    try catalog.endScrub(troubles: try troubles(), at: now())
    try catalog.setMark(Self.mark, "")
  }

  /// Files read after this moment count as read in this pass.
  private func begin(all: Bool) throws(CatalogError) -> Date {
    let moment = all ? now() : now().addingTimeInterval(-Self.rest)
    if let text = try catalog.mark(Self.mark), let seconds = Double(text), seconds <= now().timeIntervalSince1970 {
      return Date(timeIntervalSince1970: seconds)
    }
    try catalog.setMark(Self.troubleMark, "0")
    try catalog.setMark(Self.mark, "\(moment.timeIntervalSince1970)")
    return moment
  }

  private func troubles() throws(CatalogError) -> Int { try catalog.mark(Self.troubleMark).flatMap { Int($0) } ?? 0 }
}
