import Domain
import Foundation
import GRDB

// What follows from the listing (families, scores, the search index) is brought up to date after it was recorded:
// recording stays fast, and a killed process only leaves some of it to be done. Rows above the mark
// `derived.through` have never been looked at; rows in `stale` have changed since.

extension Catalog {
  private static let mark = "derived.through"

  /// The last row that was ever looked at.
  static func derivedThrough(_ database: Database) throws -> Int64 {
    try String.fetchOne(
      database.cachedStatement(sql: "SELECT value FROM mark WHERE name = ?"), arguments: [mark]
    ).flatMap { Int64($0) } ?? 0
  }

  /// Says that what was derived from a row no longer holds. To be called before the row changes, because the search
  /// index can only forget the very words that it was given.
  static func makeStale(_ database: Database, _ key: Int64) throws {
    guard key <= (try derivedThrough(database)) else { return }
    try database.cachedStatement(sql: "INSERT OR IGNORE INTO stale VALUES (?)").execute(arguments: [key])
    guard database.changesCount == 1 else { return }
    try SearchIndex.forget(database, key)
  }

  /// Brings families and the search index up to date for up to `limit` rows, in one transaction.
  ///
  /// - Parameter score: the user's idea of which family deserves a look.
  /// - Returns: how many rows were brought up to date; 0 when nothing is left to do.
  public func derive(
    limit: Int = 1000, at now: Date, score: @Sendable (FamilyFacts) -> Double
  ) throws(CatalogError) -> Int {
    try write { database in
      try Self.enterNames(database)
      let through = try Self.derivedThrough(database)
      var rows = try Row.fetchAll(
        database,
        sql: "SELECT \(DerivationRow.columns) FROM stale JOIN repo ON repo.key = stale.repo ORDER BY repo.key LIMIT ?",
        arguments: [limit])
      let staleCount = rows.count
      if staleCount < limit {
        rows += try Row.fetchAll(
          database, sql: "SELECT \(DerivationRow.columns) FROM repo WHERE key > ? ORDER BY key LIMIT ?",
          arguments: [through, limit - staleCount])
      }
      guard !rows.isEmpty else { return 0 }
      var families = FamilyBook(database, now: Moment.milliseconds(now))
      for (index, row) in rows.enumerated() {
        let subject = try DerivationRow(row)
        try SearchIndex.learn(database, subject.key)
        if subject.isAdmitted {
          try families.sortIn(subject)
        } else {
          try families.remove(subject)
        }
        if index < staleCount {
          try database.cachedStatement(sql: "DELETE FROM stale WHERE repo = ?").execute(arguments: [subject.key])
        }
      }
      try families.rescore(score)
      if rows.count > staleCount, let last = rows.last {
        try Self.setMark(database, Self.mark, String(last["key"] as Int64))
      }
      return rows.count
    }
  }
}

/// What families are derived from.
struct DerivationRow {
  static let columns = "repo.key, repo.id, repo.tags, repo.rule, repo.state, repo.likes, repo.family, repo.kinship"

  let key: Int64
  let id: RepoID
  let tags: TagList
  let isAdmitted: Bool
  let likes: Int64
  var family: Int64?
  var kinship: Kinship?

  init(_ row: Row) throws {
    guard let id = RepoID(row["id"]) else {
      throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a repo row has an impossible id")
    }
    key = row["key"]
    self.id = id
    tags = TagList(lines: row["tags"])
    isAdmitted = row["state"] != RepoState.leftOut.rawValue
    likes = row["likes"]
    family = row["family"]
    kinship = (row["kinship"] as String?).flatMap(Kinship.init)
  }
}
