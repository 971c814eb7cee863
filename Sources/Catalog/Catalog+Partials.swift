import Domain
import GRDB

/// The journal of a partial file. Copies of the same content share it.
public struct PartialRecord: Sendable, Equatable {
  /// The boot in which it was written.
  public var boot: String
  /// Bytes that were synced to disk before this was written.
  public var durable: ByteRanges
  /// The entity tag of the content network's answers, behind the host's name; nil while there was none.
  public var entityTag: String?

  /// A journal; see the members.
  public init(boot: String, durable: ByteRanges, entityTag: String? = nil) {
    self.boot = boot
    self.durable = durable
    self.entityTag = entityTag
  }
}

extension Catalog {
  /// The journal of a content's partial file; nil when nothing of it was ever begun. One that does not read vouches
  /// for no byte.
  public func partial(_ hash: ContentHash) throws(CatalogError) -> PartialRecord? {
    try read { database in
      try Row.fetchOne(database, sql: "SELECT * FROM partial WHERE hash = ?", arguments: [hash.description])
        .map { row in
          PartialRecord(
            boot: row["boot"], durable: ByteRanges(row["durable"] as String) ?? ByteRanges(),
            entityTag: row["entityTag"])
        }
    }
  }

  /// Journals which bytes of a partial file are durable. Call it only after they were synced.
  public func setPartial(_ hash: ContentHash, _ record: PartialRecord) throws(CatalogError) {
    try write { database in
      try database.execute(
        sql: "INSERT OR REPLACE INTO partial VALUES (?, ?, ?, ?)",
        arguments: [hash.description, record.boot, record.durable.description, record.entityTag])
    }
  }

  /// Ends the journal of a content that has no partial file any more.
  public func forgetPartial(_ hash: ContentHash) throws(CatalogError) {
    try write { database in
      try database.execute(sql: "DELETE FROM partial WHERE hash = ?", arguments: [hash.description])
    }
  }
}
