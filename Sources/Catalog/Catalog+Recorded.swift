import Domain
import Foundation
import GRDB

// An index over the moments at which a million rows were recorded would be a tenth of the work of recording them. What
// a transaction met for the first time has numbers in a row, so that the first and the last tell all; only what changed
// since is in an index.

extension Catalog {
  /// Repositories that a poll found new or changed in `since < recordedAt <= until`, the newest first, but those in
  /// `states`, of which there may be a million.
  public func reposRecorded(since: Date, until: Date, notIn states: [RepoState] = []) throws(CatalogError)
    -> [RepoRecord]
  {
    try read { database in
      let names = states.map { "'\($0.rawValue)'" }.joined(separator: ", ")
      return try RepoRecord.fetchAll(
        database,
        sql: """
          \(RepoRecord.selection) WHERE repo.key IN (\(Self.recorded)) AND state NOT IN (\(names))
          ORDER BY createdAt DESC, id
          """, arguments: [Moment.milliseconds(since), Moment.milliseconds(until)])
    }
  }

  /// How many repositories a poll found new or changed in a window, by state; and how many of them it met for the
  /// first time.
  public func countsRecorded(since: Date, until: Date) throws(CatalogError) -> (states: [RepoState: Int], new: Int) {
    try read { database in
      let window: StatementArguments = [Moment.milliseconds(since), Moment.milliseconds(until)]
      var counts: [RepoState: Int] = [:]
      var new = 0
      for row in try Row.fetchAll(
        database,
        sql: """
          SELECT state, count(*) AS number, sum(firstSeenAt > ?1) AS new FROM repo
          WHERE key IN (\(Self.recorded)) GROUP BY state
          """, arguments: window)
      {
        guard let state = RepoState(rawValue: row["state"]) else { continue }
        counts[state] = row["number"]
        new += row["new"]
      }
      return (counts, new)
    }
  }

  /// The newest repositories of one state in a window.
  public func examplesRecorded(
    _ state: RepoState, since: Date, until: Date, limit: Int
  ) throws(CatalogError) -> [RepoRecord] {
    try read { database in
      try RepoRecord.fetchAll(
        database,
        sql: """
          \(RepoRecord.selection) WHERE repo.key IN (\(Self.recorded)) AND state = ?3
          ORDER BY recordedAt DESC, createdAt DESC LIMIT ?4
          """, arguments: [Moment.milliseconds(since), Moment.milliseconds(until), state.rawValue, limit])
    }
  }

  /// The numbers of what was found new or changed in `?1 < at <= ?2`.
  private static let recorded = """
    SELECT new.key FROM recording CROSS JOIN repo AS new ON new.key BETWEEN recording.first AND recording.last
    WHERE recording.at > ?1 AND recording.at <= ?2 AND new.recordedAt = new.firstSeenAt
    UNION ALL SELECT key FROM repo WHERE recordedAt <> firstSeenAt AND recordedAt > ?1 AND recordedAt <= ?2
    """

  /// Remembers that the rows from `first` to `last` were first met at a moment.
  static func remember(_ database: Database, first: Int64, last: Int64, at now: Int64) throws {
    try database.cachedStatement(sql: "UPDATE recording SET last = ? WHERE at = ? AND last = ?")
      .execute(arguments: [last, now, first - 1])
    guard database.changesCount == 0 else { return }
    try database.cachedStatement(sql: "INSERT OR REPLACE INTO recording VALUES (?, ?, ?)")
      .execute(arguments: [first, last, now])
  }
}
