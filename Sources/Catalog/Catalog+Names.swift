import Domain
import GRDB

// Ids come in no order, and a million of them in an index cost more than everything else that is recorded with a row:
// every one lands on another page. They are therefore entered after the listing was recorded, many at once and sorted.
// Rows above the mark `named.through` are not entered yet.

extension Catalog {
  private static let mark = "named.through"
  /// As many ids are entered in one transaction.
  private static let most = 20_000

  /// Enters the ids of what was recorded, so that a repository is found by its id without looking through what is new.
  ///
  /// - Throws: `CatalogError`.
  public func enterNames() throws(CatalogError) {
    while try write({ try Self.enterNames($0) }) {}
  }

  /// Enters some ids; false when none is left. An id belongs to one repository: to the one that was met last.
  @discardableResult
  static func enterNames(_ database: Database) throws -> Bool {
    let through = try namedThrough(database)
    guard
      let last = try Int64.fetchOne(
        database,
        sql: "SELECT max(key) FROM (SELECT key FROM repo WHERE key > ? ORDER BY key LIMIT ?)",
        arguments: [through, most])
    else { return false }
    let count = try Int.fetchOne(
      database, sql: "SELECT count(*) FROM repo WHERE key > ? AND key <= ?", arguments: [through, last])
    try database.execute(
      sql: "INSERT OR IGNORE INTO name SELECT id, key FROM repo WHERE key > ? AND key <= ? ORDER BY id, key DESC",
      arguments: [through, last])
    if database.changesCount != count { try settleClashes(database, through, last) }
    try setMark(database, mark, String(last))
    return true
  }

  /// The number of a repository, also by an id that it had before.
  static func key(_ database: Database, _ id: RepoID) throws -> Int64? {
    try currentKey(database, id)
      ?? Int64.fetchOne(
        database.cachedStatement(sql: "SELECT repo FROM alias WHERE id = ?"), arguments: [id.description])
  }

  /// The number of the repository that has an id now.
  static func currentKey(_ database: Database, _ id: RepoID) throws -> Int64? {
    try Int64.fetchOne(
      database.cachedStatement(sql: "SELECT key FROM repo WHERE key > ? AND id = ? ORDER BY key DESC LIMIT 1"),
      arguments: [namedThrough(database), id.description])
      ?? Int64.fetchOne(
        database.cachedStatement(sql: "SELECT repo FROM name WHERE id = ?"), arguments: [id.description])
  }

  /// Gives a repository its new id. One that is known under that id has lost it: the hub gives an id to one only.
  static func rename(_ database: Database, _ key: Int64, from old: String, to new: RepoID) throws {
    let name = new.description
    let others = try Int64.fetchAll(
      database,
      sql: """
        SELECT key FROM repo WHERE key > ?1 AND id = ?2 AND key <> ?3
        UNION SELECT repo FROM name WHERE id = ?2 AND repo <> ?3
        """, arguments: [namedThrough(database), name, key])
    for other in others { try delete(database, other) }
    try database.execute(sql: "UPDATE repo SET id = ? WHERE key = ?", arguments: [name, key])
    if key <= (try namedThrough(database)) {
      try database.execute(sql: "DELETE FROM name WHERE id = ? AND repo = ?", arguments: [old, key])
      try database.execute(sql: "INSERT OR REPLACE INTO name VALUES (?, ?)", arguments: [name, key])
    }
    try database.execute(sql: "DELETE FROM alias WHERE id = ?", arguments: [name])
    try database.execute(sql: "INSERT OR REPLACE INTO alias VALUES (?, ?)", arguments: [old, key])
  }

  /// Enters all ids, within a transaction that needs them.
  static func enterAll(_ database: Database) throws {
    while try enterNames(database) {}
  }

  private static func namedThrough(_ database: Database) throws -> Int64 {
    try String.fetchOne(
      database.cachedStatement(sql: "SELECT value FROM mark WHERE name = ?"), arguments: [mark]
    ).flatMap { Int64($0) } ?? 0
  }

  private static func settleClashes(_ database: Database, _ through: Int64, _ last: Int64) throws {
    for row in try Row.fetchAll(
      database,
      sql: """
        SELECT repo.key AS key, repo.id AS id FROM repo JOIN name ON name.id = repo.id
        WHERE repo.key > ? AND repo.key <= ? AND name.repo <> repo.key ORDER BY repo.key
        """, arguments: [through, last])
    {
      let (key, id): (Int64, String) = (row["key"], row["id"])
      guard let holder = try Int64.fetchOne(database, sql: "SELECT repo FROM name WHERE id = ?", arguments: [id]),
        holder != key
      else { continue }
      try delete(database, min(key, holder))
      try database.execute(sql: "INSERT OR REPLACE INTO name VALUES (?, ?)", arguments: [id, max(key, holder)])
    }
  }

  /// Forgets a repository whose id belongs to another one now.
  private static func delete(_ database: Database, _ key: Int64) throws {
    try makeStale(database, key)
    try database.execute(
      sql: "DELETE FROM name WHERE repo = ?1 AND id = (SELECT id FROM repo WHERE key = ?1)", arguments: [key])
    try database.execute(sql: "DELETE FROM repo WHERE key = ?", arguments: [key])
    try addToCount(database, -1)
    // The next new row gets the number after the greatest: it must not count as done already.
    try database.execute(
      sql: """
        UPDATE mark SET value = CAST((SELECT coalesce(max(key), 0) FROM repo) AS TEXT)
        WHERE name IN ('named.through', 'derived.through')
          AND CAST(value AS INTEGER) > (SELECT coalesce(max(key), 0) FROM repo);
        DELETE FROM recording WHERE first > (SELECT coalesce(max(key), 0) FROM repo);
        UPDATE recording SET last = (SELECT max(key) FROM repo) WHERE last > (SELECT max(key) FROM repo);
        """)
  }
}
