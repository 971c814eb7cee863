import Domain
import Foundation
import GRDB

extension Catalog {
  /// Moves a repository to a state, with the reason; `lookAgainAt` says when it is worth another look.
  public func setState(
    _ id: RepoID, _ state: RepoState, reason: String?, lookAgainAt: Date? = nil, at now: Date
  ) throws(CatalogError) {
    try write { database in
      guard let key = try Self.key(database, id) else { return }
      try Self.setState(database, key, state, reason, now)
      try database.execute(
        sql: "UPDATE repo SET lookAgainAt = ? WHERE key = ?", arguments: [Moment.milliseconds(lookAgainAt), key])
    }
  }

  static func setState(
    _ database: Database, _ key: Int64, _ state: RepoState, _ reason: String?, _ now: Date
  ) throws {
    try database.execute(
      sql: "UPDATE repo SET state = ?, reason = ?, stateAt = ? WHERE key = ?",
      arguments: [state.rawValue, reason, Moment.milliseconds(now), key])
  }

  /// Writes down that a look did not find a repository on the hub. One failure is no deletion: it counts as gone after
  /// three looks in a row over at least a day.
  ///
  /// - Returns: whether it counts as gone now.
  public func recordMiss(_ id: RepoID, reason: String, lookAgainAt: Date, at now: Date) throws(CatalogError) -> Bool {
    try write { database in
      guard let key = try Self.key(database, id) else { return false }
      try database.execute(
        sql:
          "UPDATE repo SET misses = misses + 1, missingSince = coalesce(missingSince, ?), lookAgainAt = ? WHERE key = ?",
        arguments: [Moment.milliseconds(now), Moment.milliseconds(lookAgainAt), key])
      guard
        let row = try Row.fetchOne(
          database, sql: "SELECT misses, missingSince FROM repo WHERE key = ?", arguments: [key])
      else { return false }
      let since: Int64 = row["missingSince"]
      guard row["misses"] >= Self.missesOfGone, Moment.milliseconds(now) - since >= 86_400_000 else { return false }
      try Self.setState(database, key, .gone, reason, now)
      try database.execute(
        sql: "UPDATE repo SET lookAgainAt = NULL, recordedAt = ? WHERE key = ?",
        arguments: [Moment.milliseconds(now), key])
      return true
    }
  }

  /// Looks in a row, over at least a day, after which a repository counts as gone.
  public static let missesOfGone = 3

  /// Writes down that a repository was found again as it was known.
  public func setChecked(_ id: RepoID, etag: String?, at now: Date) throws(CatalogError) {
    try write { database in
      guard let key = try Self.key(database, id) else { return }
      try database.execute(
        sql: "UPDATE repo SET misses = 0, missingSince = NULL WHERE key = ? AND misses > 0", arguments: [key])
      try database.execute(
        sql: "UPDATE description SET checkedAt = ?, etag = coalesce(?, etag) WHERE repo = ?",
        arguments: [Moment.milliseconds(now), etag, key])
    }
  }

  /// Repositories whose files have to be looked at: those whose time for another look has come first, by a third of
  /// `limit` at most while new ones wait, then new ones, the newest first.
  public func reposToDescribe(at now: Date, limit: Int) throws(CatalogError) -> [RepoRecord] {
    try read { database in
      func due(_ condition: String, _ limit: Int) throws -> [RepoRecord] {
        try RepoRecord.fetchAll(
          database, sql: "\(RepoRecord.selection) WHERE \(condition) LIMIT ?",
          arguments: [Moment.milliseconds(now), limit])
      }
      let again = try due("lookAgainAt > 0 AND lookAgainAt <= ? ORDER BY lookAgainAt", limit)
      let fresh = try RepoRecord.fetchAll(
        database, sql: "\(RepoRecord.selection) WHERE lookAgainAt = 0 ORDER BY createdAt DESC LIMIT ?",
        arguments: [limit])
      let repeats = min(again.count, max(limit / 3, limit - fresh.count))
      return Array(again.prefix(repeats)) + fresh.prefix(limit - repeats)
    }
  }

  /// Repositories that were looked at, and not since `before`: the longest ago first.
  public func reposToCheck(before: Date, limit: Int) throws(CatalogError) -> [(repo: RepoRecord, etag: String?)] {
    try read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT repo.*, description.shape AS shape, description."commit" AS describedCommit, description.etag AS etag
          FROM description JOIN repo ON repo.key = description.repo
          WHERE checkedAt < ? AND state <> 'gone' AND lookAgainAt IS NULL ORDER BY checkedAt LIMIT ?
          """, arguments: [Moment.milliseconds(before), limit]
      ).map { (try RepoRecord(row: $0), $0["etag"]) }
    }
  }

  /// Makes every repository in one of `states` due for another look.
  public func lookAgain(at states: [RepoState], now: Date) throws(CatalogError) {
    try write { database in
      try database.execute(
        sql: """
          UPDATE repo SET state = 'seen', stateAt = ?, reason = NULL, lookAgainAt = 0
          WHERE state IN (\(databaseQuestionMarks(count: states.count)))
          """,
        arguments: StatementArguments(
          [Moment.milliseconds(now)] as [any DatabaseValueConvertible] + states.map(\.rawValue)))
    }
  }

  /// Judges a stretch of the catalog anew, after the rules have changed.
  ///
  /// - Parameters:
  ///   - after: the key after which to begin; 0 for the beginning.
  ///   - judge: the user's rules as they are now.
  /// - Returns: the key to go on with; nil at the end.
  public func judgeAgain(after: Int64, at now: Date, judge: Judge) throws(CatalogError) -> Int64? {
    try write { database in
      let rows = try Row.fetchAll(
        database,
        sql:
          "SELECT key, id, tags, architecture, parameters, rule, state FROM repo WHERE key > ? ORDER BY key LIMIT 2000",
        arguments: [after])
      for row in rows {
        guard let id = RepoID(row["id"]) else { continue }
        let ruling = judge(
          ListedRepo(
            id: id, commit: nil, createdAt: nil, lastModified: nil, tags: TagList(lines: row["tags"]), gated: false,
            downloads: 0, likes: 0, architecture: row["architecture"], parameters: row["parameters"]))
        guard row["rule"] != ruling.code else { continue }
        let key: Int64 = row["key"]
        try database.execute(sql: "UPDATE repo SET rule = ? WHERE key = ?", arguments: [ruling.code, key])
        let wasLeftOut = row["state"] == RepoState.leftOut.rawValue
        guard wasLeftOut == ruling.isAdmitted else { continue }
        try Self.makeStale(database, key)
        try Self.setState(database, key, ruling.isAdmitted ? .seen : .leftOut, nil, now)
        try database.execute(
          sql: "UPDATE repo SET lookAgainAt = ? WHERE key = ?", arguments: [ruling.isAdmitted ? 0 : nil, key])
      }
      return rows.last.map { $0["key"] }
    }
  }

  /// Keeps a repository out by a rule that only its header could decide.
  public func leaveOut(
    _ id: RepoID, _ ruling: Ruling, architecture: String?, parameters: Int64?, at now: Date
  ) throws(CatalogError) {
    try write { database in
      guard let key = try Self.key(database, id) else { return }
      try Self.makeStale(database, key)
      try database.execute(
        sql: """
          UPDATE repo SET rule = ?, lookAgainAt = NULL, architecture = coalesce(?, architecture),
            parameters = coalesce(?, parameters)
          WHERE key = ?
          """, arguments: [ruling.code, architecture, parameters, key])
      try Self.setState(database, key, .leftOut, nil, now)
    }
  }

  /// One repository, also by an id that it had before it was renamed; nil when no poll has met it.
  public func repo(_ id: RepoID) throws(CatalogError) -> RepoRecord? {
    try read { database in
      guard let key = try Self.key(database, id) else { return nil }
      return try RepoRecord.fetchOne(database, sql: "\(RepoRecord.selection) WHERE key = ?", arguments: [key])
    }
  }

  /// Repositories in any of `states`, the newest first.
  public func repos(in states: [RepoState]) throws(CatalogError) -> [RepoRecord] {
    try read { database in
      // A literal, so that a partial index can serve; the names are our own.
      let names = states.map { "'\($0.rawValue)'" }.joined(separator: ", ")
      let condition = states.count == 1 ? "state = \(names)" : "state IN (\(names))"
      return try RepoRecord.fetchAll(
        database, sql: "\(RepoRecord.selection) WHERE \(condition) ORDER BY createdAt DESC, id")
    }
  }

  /// How many repositories are known.
  public func repoCount() throws(CatalogError) -> Int {
    try read { try Self.count($0) }
  }

  private static func count(_ database: Database) throws -> Int {
    try String.fetchOne(database, sql: "SELECT value FROM mark WHERE name = 'repo.count'").flatMap { Int($0) } ?? 0
  }

  static func addToCount(_ database: Database, _ number: Int) throws {
    try setMark(database, "repo.count", String(count(database) + number))
  }

  /// A remembered value, such as a watermark.
  public func mark(_ name: String) throws(CatalogError) -> String? {
    try read { try String.fetchOne($0, sql: "SELECT value FROM mark WHERE name = ?", arguments: [name]) }
  }

  /// Remembers a value.
  public func setMark(_ name: String, _ value: String) throws(CatalogError) {
    try write { try Self.setMark($0, name, value) }
  }

  static func setMark(_ database: Database, _ name: String, _ value: String) throws {
    try database.execute(
      sql: "INSERT INTO mark VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
      arguments: [name, value])
  }
}
