import Domain
import Foundation
import GRDB
import Glibc

/// What was done about a damaged database.
public struct RescueRecord: Sendable, Equatable, Codable {
  /// When.
  public var at: Date
  /// Where the damaged database lies now.
  public var aside: String
  /// When the snapshot was made that took its place; nil when there was none, and a new catalog was begun.
  public var snapshotAt: Date?

  /// For a person, on one line.
  public var words: String {
    let place =
      snapshotAt.map { "the snapshot of \($0.formatted(.iso8601)) took its place" }
      ?? "there was no snapshot, so a new one was begun; models in the cache are found again when they are wanted"
    return "the database was damaged and lies in \(aside); \(place)"
  }
}

extension Catalog {
  /// The name under which the last rescue is kept.
  static let rescueMark = "catalog.rescue"

  /// What was done when the database was found damaged for the last time; nil when it never was.
  ///
  /// - Throws: `CatalogError`.
  public func lastRescue() throws(CatalogError) -> RescueRecord? {
    guard let text = try mark(Self.rescueMark) else { return nil }
    return try? JSONDecoder().decode(RescueRecord.self, from: Data(text.utf8))
  }
}

/// Puts the last good snapshot, or an empty catalog, in the place of a damaged database.
///
/// The replacement is complete before anything is moved: a process that is killed in the middle leaves either the damaged
/// database, or a replacement that `finish` gives its name.
struct CatalogRescue {
  let files: CatalogFiles
  let migrator: SchemaMigrator

  /// Damaged databases that are kept.
  private static let kept = 2

  /// Ends a rescue that was killed after the damaged database had been moved.
  ///
  /// - Throws: `CatalogError`.
  func finish() throws(CatalogError) {
    guard CatalogFiles.size(files.replacement) != nil else { return }
    if CatalogFiles.size(files.database) == nil {
      try files.publish(files.replacement, as: files.database)
    } else {
      unlink(files.replacement)
    }
  }

  /// Moves the damaged database aside and puts another one in its place.
  ///
  /// - Throws: `CatalogError`.
  func run(at moment: Date) throws(CatalogError) -> RescueRecord {
    let aside = files.damaged(at: moment)
    var record = RescueRecord(at: moment, aside: aside)
    do {
      record.snapshotAt = try takeSnapshot()
      try seal(record)
    } catch {
      throw CatalogError(error, path: files.replacement)
    }
    for suffix in ["-wal", "-shm", ""] {
      let (from, to) = (files.database + suffix, aside + suffix)
      guard rename(from, to) == 0 || errno == ENOENT else { throw files.failure(from, errno) }
    }
    try files.publish(files.replacement, as: files.database)
    files.prune("\(files.database).corrupt-", keeping: Self.kept)
    return record
  }

  /// Copies a sound snapshot to the replacement's place; nil when there is none.
  private func takeSnapshot() throws -> Date? {
    unlink(files.replacement)
    guard CatalogFiles.size(files.snapshot) != nil else { return nil }
    do {
      var configuration = Configuration()
      configuration.readonly = true
      let snapshot = try DatabaseQueue(path: files.snapshot, configuration: configuration)
      let isSound = try snapshot.read { database in
        try String.fetchOne(database, sql: "PRAGMA quick_check(1)") == "ok"
          && [.current, .older].contains(try migrator.standing(database))
      }
      try snapshot.close()
      guard isSound else { return nil }
    } catch let error as DatabaseError where [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode) {
      return nil
    }
    let attributes = try FileManager.default.attributesOfItem(atPath: files.snapshot)
    try FileManager.default.copyItem(atPath: files.snapshot, toPath: files.replacement)
    return attributes[.modificationDate] as? Date
  }

  /// Brings the replacement to our schema and writes into it what has happened.
  private func seal(_ record: RescueRecord) throws {
    let queue = try DatabaseQueue(path: files.replacement)
    try migrator.migrate(queue)
    let text = String(decoding: try JSONEncoder().encode(record), as: UTF8.self)
    try queue.write { try Catalog.setMark($0, Catalog.rescueMark, text) }
    try queue.close()
  }
}
