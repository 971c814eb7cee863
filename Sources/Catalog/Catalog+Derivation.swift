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
    limit: Int = 500, at now: Date, score: @Sendable (FamilyFacts) -> Double
  ) throws(CatalogError) -> Int {
    try write { database in
      try Self.enterNames(database)
      let through = try Self.derivedThrough(database)
      var rows = try Row.fetchAll(
        database,
        sql: "\(DerivationRow.stale) LIMIT ?",
        arguments: [limit])
      let staleCount = rows.count
      if staleCount < limit {
        rows += try Row.fetchAll(
          database, sql: "\(DerivationRow.fresh) WHERE repo.key > ? ORDER BY repo.key LIMIT ?",
          arguments: [through, limit - staleCount])
      }
      guard !rows.isEmpty else { return 0 }
      var families = FamilyBook(database, now: Moment.milliseconds(now))
      for (index, row) in rows.enumerated() {
        let subject = try DerivationRow(row)
        try SearchIndex.learn(database, subject)
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
        try Self.setMark(database, Self.mark, String(last[0] as Int64))
      }
      return rows.count
    }
  }
}

/// What families are derived from.
struct DerivationRow {
  private static let columns = """
    SELECT repo.key, repo.id, repo.tags, repo.state, repo.likes, repo.family, repo.kinship, coalesce(description.card, '')
    """
  /// The rows that were never looked at; a condition and an order have to follow.
  static let fresh = "\(columns) FROM repo LEFT JOIN description ON description.repo = repo.key"
  /// The rows that have changed since. The smaller table comes first: the planner would go through all of `repo`, so as
  /// not to sort.
  static let stale = """
    \(columns) FROM stale CROSS JOIN repo ON repo.key = stale.repo
    LEFT JOIN description ON description.repo = repo.key ORDER BY stale.repo
    """

  let key: Int64
  let id: RepoID
  let tags: TagList
  let isAdmitted: Bool
  let likes: Int64
  var family: Int64?
  var kinship: Kinship?
  let card: String

  init(_ row: Row) throws {
    guard let id = RepoID(row[1]) else {
      throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a repo row has an impossible id")
    }
    key = row[0]
    self.id = id
    tags = TagList(lines: row[2])
    isAdmitted = row[3] != RepoState.leftOut.rawValue
    likes = row[4]
    family = row[5]
    kinship = (row[6] as String?).flatMap(Kinship.init)
    card = row[7]
  }
}
