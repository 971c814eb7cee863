import Domain
import Foundation
import GRDB

// An index over the moments at which a million rows were recorded would be a tenth of the work of recording them. What
// a transaction met for the first time has numbers in a row, so that the first and the last tell all; only what changed
// since is in an index.

/// A model of a window: as little of it as counting takes, so that a hundred thousand are counted in no time.
public struct RecordedModel: Sendable, Equatable {
  /// Its number in the catalog.
  public var key: Int64
  /// Its family's number; nil for one that the rules leave out, or that is not sorted in yet.
  public var family: Int64?
  /// Where it is in its life.
  public var state: RepoState
  /// Whether it was met for the first time in the window.
  public var isNew: Bool
  /// Whether a quantization of it fits the configured device; nil when none was judged.
  public var fits: Bool?
}

extension Catalog {
  /// Every model that a poll found new or changed in `since < recordedAt <= until`.
  public func modelsRecorded(since: Date, until: Date) throws(CatalogError) -> [RecordedModel] {
    try read { database in
      try Self.models(
        database,
        """
        \(Self.model) FROM recording CROSS JOIN repo ON repo.key BETWEEN recording.first AND recording.last
        WHERE recording.at > ?1 AND recording.at <= ?2 AND repo.recordedAt = repo.firstSeenAt
        UNION ALL \(Self.model) FROM repo WHERE recordedAt <> firstSeenAt AND recordedAt > ?1 AND recordedAt <= ?2
        """, [Moment.milliseconds(since), Moment.milliseconds(until)], newAfter: Moment.milliseconds(since))
    }
  }

  /// Some models as they stand, whenever they were recorded; those that are not there are left out.
  ///
  /// - Parameter since: what was first met after this moment is new.
  public func models(_ keys: [Int64], newSince since: Date) throws(CatalogError) -> [RecordedModel] {
    try read { database in
      try Self.models(
        database, "\(Self.model) FROM repo WHERE repo.key IN (SELECT value FROM json_each(?))", [Self.list(keys)],
        newAfter: Moment.milliseconds(since))
    }
  }

  /// What `RecordedModel` holds. Whether something fits is asked first, since it mostly does.
  private static let model = """
    SELECT repo.key, repo.family, repo.state, repo.firstSeenAt,
      CASE WHEN repo.state <> 'sized' THEN NULL
        WHEN EXISTS (SELECT 1 FROM fit WHERE fit.repo = repo.key AND fit.verdict = 'fits') THEN 1
        WHEN EXISTS (SELECT 1 FROM fit WHERE fit.repo = repo.key) THEN 0 END
    """

  private static func models(
    _ database: Database, _ sql: String, _ arguments: StatementArguments, newAfter since: Int64
  ) throws -> [RecordedModel] {
    let states = Dictionary(uniqueKeysWithValues: RepoState.allCases.map { ($0.rawValue, $0) })
    let cursor = try Row.fetchCursor(database, sql: sql, arguments: arguments)
    var models: [RecordedModel] = []
    while let row = try cursor.next() {
      guard let state = states[row[2]] else {
        throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a repo row has an unknown state")
      }
      models.append(
        RecordedModel(key: row[0], family: row[1], state: state, isNew: row[3] as Int64 > since, fits: row[4]))
    }
    return models
  }

  /// Numbers as a text that `json_each` reads: any count of them is one argument.
  static func list(_ keys: some Sequence<Int64>) -> String { "[\(keys.map(String.init).joined(separator: ","))]" }

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

  /// When the first model was recorded; nil when none was.
  public func firstRecording() throws(CatalogError) -> Date? {
    try read { try Int64.fetchOne($0, sql: "SELECT min(at) FROM recording").map { Moment.date($0) } }
  }

  /// The latest moment that was written down of anything that a digest tells; nil when nothing was.
  ///
  /// A digest that ends here has told everything there is, and whatever is written down later is later: also when the
  /// machine's clock was set back meanwhile.
  public func lastMoment() throws(CatalogError) -> Date? {
    try read { database in
      let recorded = try Int64.fetchOne(
        database,
        sql: """
          SELECT max(moment) FROM (SELECT max(at) AS moment FROM recording
            UNION ALL SELECT max(recordedAt) FROM repo WHERE recordedAt <> firstSeenAt)
          """
      ).map { Moment.date($0) }
      let others = try Date.fetchAll(
        database,
        sql: """
          SELECT moment FROM (SELECT max(changedAt) AS moment FROM copy UNION ALL SELECT max(at) FROM smoke
            UNION ALL SELECT max(at) FROM probeFirst UNION ALL SELECT max(at) FROM probeRegression
            UNION ALL SELECT max(at) FROM upstreamNews UNION ALL SELECT max(firstSuccessAt) FROM upstream
            UNION ALL SELECT max(startedAt) FROM cycle UNION ALL SELECT max(endedAt) FROM cycle)
          WHERE moment IS NOT NULL
          """)
      // A quarter of a millisecond more, so that no rounding makes it the millisecond before.
      return (others + [recorded, try ScrubRecord.read(database)?.endedAt].compactMap(\.self)).max()
        .map { $0.addingTimeInterval(0.000_25) }
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
