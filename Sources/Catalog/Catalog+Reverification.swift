import Domain
import Foundation
import GRDB

extension Catalog {
  /// The name under which the boots are kept that ended without warning.
  static let brokenBootsMark = "life.brokenBoots"
  /// Files that were verified so shortly before a power failure are read again, in seconds: twice what the kernel
  /// keeps written bytes in memory for.
  static let doubtfulTime: TimeInterval = 60

  static func addBrokenBoot(_ database: Database, _ boot: String) throws {
    let known = try brokenBoots(database)
    guard !boot.isEmpty, !known.contains(boot) else { return }
    try setMark(database, brokenBootsMark, (known + [boot]).suffix(16).joined(separator: " "))
  }

  private static func brokenBoots(_ database: Database) throws -> [String] {
    try String.fetchOne(database, sql: "SELECT value FROM mark WHERE name = ?", arguments: [brokenBootsMark])?
      .split(separator: " ").map(String.init) ?? []
  }

  /// Files that were verified in the last minute of a boot that ended without warning, and have not been read since.
  ///
  /// Nobody knows when the power failed, but not before the last of them was verified: counted from there, no doubtful
  /// one is left out.
  ///
  /// - Throws: `CatalogError`.
  public func filesInDoubt() throws(CatalogError) -> [ShelfRecord] {
    try read { database in
      var records: [ShelfRecord] = []
      for boot in try Self.brokenBoots(database) {
        let parts = try Row.fetchAll(
          database,
          sql: """
            SELECT part.*, part.copy AS copyID FROM part JOIN copy ON copy.id = part.copy
            WHERE part.isVerified AND part.boot = ? AND copy.state <> 'dropped' ORDER BY part.copy, part.path
            """, arguments: [boot])
        guard let last = parts.compactMap({ $0["verifiedAt"] as Date? }).max() else { continue }
        for row in parts {
          let part = try PartRecord(row: row)
          guard let verified = part.verifiedAt, last.timeIntervalSince(verified) <= Self.doubtfulTime,
            part.scrubbedAt.map({ $0 <= verified }) ?? true,
            let copy = try CopyRecord.fetchOne(
              database, sql: "SELECT * FROM copy WHERE id = ?", arguments: [row["copyID"] as Int64])
          else { continue }
          records.append(ShelfRecord(copy: copy, part: part))
        }
      }
      return records
    }
  }

  /// Writes down that every file in doubt has been read again.
  ///
  /// - Throws: `CatalogError`.
  public func clearDoubt() throws(CatalogError) {
    try write { try $0.execute(sql: "DELETE FROM mark WHERE name = ?", arguments: [Self.brokenBootsMark]) }
  }
}
