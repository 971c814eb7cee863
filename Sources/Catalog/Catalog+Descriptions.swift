import Domain
import Foundation
import GRDB

/// What a look at a repository's files found.
public struct DescriptionRecord: Sendable, Equatable {
  /// The commit that was looked at.
  public var commit: CommitHash
  /// The dimensions, when a header or config.json told them.
  public var shape: ModelShape?
  /// Everything else.
  public var facts: ModelDescription
  /// The beginning of its card.
  public var card: String?
  /// Identifies the content of its weight files, one for each form on offer.
  public var contents: [String]

  /// A finding.
  public init(
    commit: CommitHash, shape: ModelShape?, facts: ModelDescription = ModelDescription(), card: String? = nil,
    contents: [String] = []
  ) {
    self.commit = commit
    self.shape = shape
    self.facts = facts
    self.card = card
    self.contents = contents
  }
}

extension Catalog {
  /// Stores what was found in a repository, in place of what was known, and its new state.
  ///
  /// Repositories that hold the same content become one family.
  public func describe(
    _ id: RepoID, _ description: DescriptionRecord, state: RepoState, reason: String?, weights: [WeightsRecord],
    at now: Date
  ) throws(CatalogError) {
    try write { database in
      guard let key = try Self.key(database, id) else { return }
      try Self.makeStale(database, key)
      try database.execute(sql: "DELETE FROM weights WHERE repo = ?", arguments: [key])
      for record in weights { try Self.insert(database, key, record) }
      let moment = Moment.milliseconds(now)
      try database.execute(
        sql: """
          INSERT INTO description (repo, "commit", shape, facts, card, describedAt, checkedAt) VALUES (?, ?, ?, ?, ?, ?, ?)
          ON CONFLICT (repo) DO UPDATE SET "commit" = excluded."commit", shape = excluded.shape,
            facts = excluded.facts, card = excluded.card, describedAt = excluded.describedAt,
            checkedAt = excluded.checkedAt
          """,
        arguments: [
          key, description.commit.description, try description.shape.map { try JSONColumn.encode($0) },
          try JSONColumn.encode(description.facts), description.card, moment, moment,
        ])
      let shape = description.shape
      try database.execute(
        sql: """
          UPDATE repo SET "commit" = ?, lookAgainAt = NULL, misses = 0, missingSince = NULL,
            architecture = coalesce(?, architecture), parameters = coalesce(?, parameters)
          WHERE key = ?
          """,
        arguments: [
          description.commit.description, shape?.architecture,
          shape.flatMap { $0.parameters > 0 ? $0.parameters : nil },
          key,
        ])
      try Self.setState(database, key, state, reason, now)
      try database.execute(sql: "DELETE FROM content WHERE repo = ?", arguments: [key])
      for content in Set(description.contents) {
        try database.execute(sql: "INSERT INTO content VALUES (?, ?)", arguments: [content, key])
      }
    }
  }

  /// What was found in a repository; nil before a look.
  public func description(of id: RepoID) throws(CatalogError) -> DescriptionRecord? {
    try read { database in
      guard let key = try Self.key(database, id),
        let row = try Row.fetchOne(database, sql: "SELECT * FROM description WHERE repo = ?", arguments: [key])
      else { return nil }
      guard let commit = CommitHash(row["commit"]) else {
        throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a description row does not read")
      }
      return DescriptionRecord(
        commit: commit, shape: try (row["shape"] as String?).map { try JSONColumn.decode($0) },
        facts: try JSONColumn.decode(row["facts"]), card: row["card"],
        contents: try String.fetchAll(
          database, sql: "SELECT hash FROM content WHERE repo = ? ORDER BY hash", arguments: [key]))
    }
  }
}
