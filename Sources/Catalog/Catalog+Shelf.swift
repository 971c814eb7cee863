import Domain
import Foundation
import GRDB

/// A file that a copy has, or had, on this disk.
public struct ShelfRecord: Sendable, Equatable {
  /// The copy.
  public var copy: CopyRecord
  /// The file.
  public var part: PartRecord

  /// A file of a copy.
  public init(copy: CopyRecord, part: PartRecord) {
    self.copy = copy
    self.part = part
  }
}

extension Catalog {
  /// Says whether a copy stays whatever the quota says.
  public func setKept(copy: Int64, _ isKept: Bool) throws(CatalogError) {
    try write { database in
      try database.execute(sql: "UPDATE copy SET isKept = ? WHERE id = ?", arguments: [isKept, copy])
    }
  }

  /// Writes down that a copy was deleted on purpose, and none of its files is there any more.
  public func setDropped(copy: Int64, reason: String?, at now: Date) throws(CatalogError) {
    try write { database in
      try database.execute(
        sql: "UPDATE copy SET state = 'dropped', reason = ?, changedAt = ?, isKept = 0 WHERE id = ?",
        arguments: [reason, now, copy])
      try database.execute(
        sql: "UPDATE part SET isVerified = 0, origin = NULL, verifiedAt = NULL, scrubbedAt = NULL WHERE copy = ?",
        arguments: [copy])
    }
  }

  /// Copies that may be deleted to make room: chosen by hubwatch, every file fetched by it, and neither asked for nor
  /// kept by a person. Those that failed their test come first, then the oldest.
  public func evictable() throws(CatalogError) -> [CopyRecord] {
    try read { database in
      try CopyRecord.fetchAll(
        database,
        sql: """
          SELECT * FROM copy
          WHERE state IN ('verified', 'tested') AND NOT byHand AND NOT isKept AND folder = ''
            AND NOT EXISTS (SELECT 1 FROM part
              WHERE part.copy = copy.id AND coalesce(origin, 'found') NOT IN ('fetched', 'linked'))
          ORDER BY
            coalesce((SELECT verdict FROM smoke WHERE smoke.copy = copy.id ORDER BY smoke.id DESC LIMIT 1), '') <> 'fail',
            verifiedAt, id
          """)
    }
  }

  /// Contents whose partial files are still wanted by a copy.
  public func unfinishedContents() throws(CatalogError) -> Set<ContentHash> {
    try read { database in
      let texts = try String.fetchSet(
        database,
        sql: """
          SELECT part.hash FROM part JOIN copy ON copy.id = part.copy
          WHERE NOT part.isVerified AND copy.state IN ('wanted', 'downloading', 'waiting', 'blocked')
          """)
      return Set(texts.compactMap(ContentHash.init))
    }
  }

  /// Contents that have a journal.
  public func journaledContents() throws(CatalogError) -> Set<ContentHash> {
    try read { database in
      Set(try String.fetchSet(database, sql: "SELECT hash FROM partial").compactMap(ContentHash.init))
    }
  }

  /// Other copies of the same repository that need a content.
  public func isNeeded(_ hash: ContentHash, of repo: RepoID, except copy: Int64) throws(CatalogError) -> Bool {
    try read { database in
      try Bool.fetchOne(
        database,
        sql: """
          SELECT EXISTS (SELECT 1 FROM part JOIN copy ON copy.id = part.copy
            WHERE part.hash = ? AND copy.repo = ? AND copy.id <> ? AND part.isVerified AND copy.folder = ''
              AND copy.state IN ('downloading', 'waiting', 'verified', 'tested'))
          """, arguments: [hash.description, repo.description, copy]) ?? false
    }
  }

  /// Verified files that were not read again since `moment`, those that waited longest first.
  public func filesToScrub(before moment: Date, limit: Int) throws(CatalogError) -> [ShelfRecord] {
    try read { database in
      let rows = try Row.fetchAll(
        database,
        sql: """
          SELECT part.*, copy.id AS copyID FROM part JOIN copy ON copy.id = part.copy
          WHERE part.isVerified AND copy.state IN ('verified', 'tested')
            AND coalesce(part.scrubbedAt, '') < ?
          ORDER BY part.scrubbedAt, part.copy, part.path LIMIT ?
          """, arguments: [moment, limit])
      return try rows.compactMap { row in
        let copy = try CopyRecord.fetchOne(
          database, sql: "SELECT * FROM copy WHERE id = ?", arguments: [row["copyID"] as Int64])
        return try copy.map { ShelfRecord(copy: $0, part: try PartRecord(row: row)) }
      }
    }
  }

  /// Writes down that a file was read again and is what it should be.
  ///
  /// - Parameter fingerprint: what the file system said of it before it was read.
  public func setScrubbed(copy: Int64, path: RepoPath, fingerprint: String, at now: Date) throws(CatalogError) {
    try write { database in
      try database.execute(
        sql: "UPDATE part SET scrubbedAt = ?, fingerprint = ? WHERE copy = ? AND path = ?",
        arguments: [now, fingerprint, copy, path.description])
    }
  }
}
