import Domain
import Foundation
import GRDB

/// What recording a page of a listing changed.
public struct RecordingResult: Sendable, Equatable {
  /// Repositories met for the first time.
  public var new = 0
  /// Known ones whose commit or gate changed.
  public var changed = 0
  /// Known ones without news.
  public var unchanged = 0

  /// A number of each.
  public init(new: Int = 0, changed: Int = 0, unchanged: Int = 0) {
    self.new = new
    self.changed = changed
    self.unchanged = unchanged
  }
}

extension Catalog {
  /// Records one page of a listing.
  ///
  /// A repository with a new commit or another gate starts over at `seen`; counters alone change nothing else.
  public func record(_ listed: [ListedRepo], at now: Date) throws(CatalogError) -> RecordingResult {
    try write { database in
      var result = RecordingResult()
      for repo in listed {
        let known = try Row.fetchOne(
          database, sql: "SELECT \"commit\", gated, state FROM repo WHERE id = ?", arguments: [repo.id.description])
        let tags = try JSONColumn.encode(repo.tags)
        if let known {
          let hasNews =
            known["commit"] != repo.commit?.description || known["gated"] != repo.gated
            || known["state"] == RepoState.gone.rawValue
          try database.execute(
            sql: """
              UPDATE repo SET "commit" = ?, lastModified = ?, tags = ?, gated = ?, downloads = ?, likes = ?
              WHERE id = ?
              """,
            arguments: [
              repo.commit?.description, repo.lastModified, tags, repo.gated, repo.downloads, repo.likes,
              repo.id.description,
            ])
          if hasNews {
            try Self.setState(database, repo.id, .seen, nil, now)
            try database.execute(
              sql: "UPDATE repo SET recordedAt = ?, lookAgainAt = NULL WHERE id = ?",
              arguments: [now, repo.id.description])
            result.changed += 1
          } else {
            result.unchanged += 1
          }
        } else {
          try database.execute(
            sql: """
              INSERT INTO repo (id, state, stateAt, "commit", createdAt, lastModified, firstSeenAt, recordedAt,
                tags, gated, downloads, likes)
              VALUES (?, 'seen', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
              """,
            arguments: [
              repo.id.description, now, repo.commit?.description, repo.createdAt, repo.lastModified, now, now,
              tags, repo.gated, repo.downloads, repo.likes,
            ])
          result.new += 1
        }
      }
      return result
    }
  }

  /// Moves a repository to a state, with the reason; `lookAgainAt` says when it is worth another look.
  public func setState(
    _ id: RepoID, _ state: RepoState, reason: String?, lookAgainAt: Date? = nil, at now: Date
  ) throws(CatalogError) {
    try write { database in
      try Self.setState(database, id, state, reason, now)
      try database.execute(
        sql: "UPDATE repo SET lookAgainAt = ? WHERE id = ?", arguments: [lookAgainAt, id.description])
    }
  }

  static func setState(
    _ database: Database, _ id: RepoID, _ state: RepoState, _ reason: String?, _ now: Date
  ) throws {
    try database.execute(
      sql: "UPDATE repo SET state = ?, reason = ?, stateAt = ? WHERE id = ?",
      arguments: [state.rawValue, reason, now, id.description])
  }

  /// Repositories whose files have to be looked at: new ones, and those whose time for another look has come;
  /// the newest first.
  public func reposToDescribe(at now: Date, limit: Int) throws(CatalogError) -> [RepoRecord] {
    try read { database in
      try RepoRecord.fetchAll(
        database,
        sql: """
          SELECT * FROM repo
          WHERE state = 'seen' AND (lookAgainAt IS NULL OR lookAgainAt <= ?)
            OR state <> 'seen' AND lookAgainAt <= ?
          ORDER BY createdAt DESC, id LIMIT ?
          """, arguments: [now, now, limit])
    }
  }

  /// Makes every repository in one of `states` due for another look.
  public func lookAgain(at states: [RepoState], now: Date) throws(CatalogError) {
    try write { database in
      try database.execute(
        sql: """
          UPDATE repo SET state = 'seen', stateAt = ?, reason = NULL, lookAgainAt = NULL
          WHERE state IN (\(databaseQuestionMarks(count: states.count)))
          """, arguments: StatementArguments([now] as [any DatabaseValueConvertible] + states.map(\.rawValue)))
    }
  }

  /// One repository; nil when no poll has met it.
  public func repo(_ id: RepoID) throws(CatalogError) -> RepoRecord? {
    try read { try RepoRecord.fetchOne($0, sql: "SELECT * FROM repo WHERE id = ?", arguments: [id.description]) }
  }

  /// Repositories in any of `states`, the newest first.
  public func repos(in states: [RepoState]) throws(CatalogError) -> [RepoRecord] {
    try read { database in
      let marks = databaseQuestionMarks(count: states.count)
      return try RepoRecord.fetchAll(
        database, sql: "SELECT * FROM repo WHERE state IN (\(marks)) ORDER BY createdAt DESC, id",
        arguments: StatementArguments(states.map(\.rawValue)))
    }
  }

  /// Repositories that a poll found new or changed in `since < recordedAt <= until`, the newest first.
  public func reposRecorded(since: Date, until: Date) throws(CatalogError) -> [RepoRecord] {
    try read { database in
      try RepoRecord.fetchAll(
        database, sql: "SELECT * FROM repo WHERE recordedAt > ? AND recordedAt <= ? ORDER BY createdAt DESC, id",
        arguments: [since, until])
    }
  }

  /// How many repositories are known.
  public func repoCount() throws(CatalogError) -> Int {
    try read { try Int.fetchOne($0, sql: "SELECT count(*) FROM repo") ?? 0 }
  }

  /// A remembered value, such as a watermark.
  public func mark(_ name: String) throws(CatalogError) -> String? {
    try read { try String.fetchOne($0, sql: "SELECT value FROM mark WHERE name = ?", arguments: [name]) }
  }

  /// Remembers a value.
  public func setMark(_ name: String, _ value: String) throws(CatalogError) {
    try write { database in
      try database.execute(
        sql: "INSERT INTO mark VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        arguments: [name, value])
    }
  }
}
