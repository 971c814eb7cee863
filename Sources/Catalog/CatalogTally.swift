import Domain
import Foundation
import GRDB

/// How many of everything the catalog has, for programs that watch it.
public struct CatalogTally: Sendable, Equatable {
  /// Copies and their bytes.
  public struct Amount: Sendable, Equatable {
    /// How many there are.
    public var count = 0
    /// Bytes of their files.
    public var bytes: Int64 = 0
  }

  /// Repositories by state; all states are there.
  public var repos: [RepoState: Int]
  /// Families with a score.
  public var families = 0
  /// Copies by state, with the bytes of their files; all states are there.
  public var copies: [CopyState: Amount]
  /// Tests that were run, by verdict; all verdicts are there.
  public var smokes: [SmokeVerdict: Int]
  /// Bytes that hubwatch's own downloads take or have reserved.
  public var usedBytes: Int64 = 0
  /// Cycles that were begun.
  public var cycles = 0
  /// The last cycle that came to its end.
  public var lastEnded: CycleRecord?
  /// Watched git repositories that did not answer at the last look.
  public var silentTools = 0
  /// When a listing recorded something new or changed for the last time; nil before the first.
  public var lastRecordedAt: Date?
}

extension Catalog {
  /// Counts everything; the repositories' states are looked through one by one.
  ///
  /// - Throws: `CatalogError`.
  public func tally() throws(CatalogError) -> CatalogTally {
    let used = try bytesOnDisk()
    return try read { database in
      var tally = CatalogTally(
        repos: Dictionary(uniqueKeysWithValues: RepoState.allCases.map { ($0, 0) }),
        copies: Dictionary(uniqueKeysWithValues: CopyState.allCases.map { ($0, .init()) }),
        smokes: Dictionary(uniqueKeysWithValues: SmokeVerdict.allCases.map { ($0, 0) }))
      tally.usedBytes = used
      for row in try Row.fetchAll(database, sql: "SELECT state, count(*) AS number FROM repo GROUP BY state") {
        if let state = RepoState(rawValue: row["state"]) { tally.repos[state] = row["number"] }
      }
      for row in try Row.fetchAll(
        database, sql: "SELECT state, count(*) AS number, sum(bytes) AS bytes FROM copy GROUP BY state")
      {
        if let state = CopyState(rawValue: row["state"]) {
          tally.copies[state] = .init(count: row["number"], bytes: row["bytes"])
        }
      }
      for row in try Row.fetchAll(database, sql: "SELECT verdict, count(*) AS number FROM smoke GROUP BY verdict") {
        if let verdict = SmokeVerdict(rawValue: row["verdict"]) { tally.smokes[verdict] = row["number"] }
      }
      tally.families = try Int.fetchOne(database, sql: "SELECT count(*) FROM family") ?? 0
      tally.cycles = try Int.fetchOne(database, sql: "SELECT coalesce(max(id), 0) FROM cycle") ?? 0
      tally.lastEnded = try Row.fetchOne(
        database, sql: "SELECT * FROM cycle WHERE endedAt IS NOT NULL ORDER BY id DESC LIMIT 1"
      ).map { CycleRecord(startedAt: $0["startedAt"], endedAt: $0["endedAt"], trouble: $0["trouble"]) }
      tally.silentTools =
        try Int.fetchOne(
          database, sql: "SELECT count(*) FROM upstream WHERE isWatched AND trouble IS NOT NULL") ?? 0
      tally.lastRecordedAt = Moment.date(
        try Int64.fetchOne(
          database,
          sql: """
            SELECT max(coalesce((SELECT max(at) FROM recording), 0),
              coalesce((SELECT max(recordedAt) FROM repo WHERE recordedAt <> firstSeenAt), 0))
            """
        ).flatMap { $0 > 0 ? $0 : nil })
      return tally
    }
  }
}
