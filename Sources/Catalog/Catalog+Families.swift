import Domain
import Foundation
import GRDB

/// One set of weights in all its forms.
public struct FamilyRecord: Sendable, Equatable {
  /// Its number.
  public let key: Int64
  /// The id of the original, or of a form when the original was never met.
  public var name: String
  /// How the original came from its bases.
  public var relation: Relation?
  /// The models that the original came from.
  public var bases: [RepoID]
  /// When a member was first met.
  public var firstSeenAt: Date
  /// How much it deserves a look.
  public var score: Double
  /// How many repositories it has.
  public var memberCount: Int
  /// How many authors they have.
  public var ownerCount: Int

  static let selection = """
    SELECT family.*, (SELECT count(*) FROM repo WHERE repo.family = family.key) AS memberCount,
      (SELECT count(DISTINCT substr(id, 1, instr(id, '/'))) FROM repo WHERE repo.family = family.key) AS ownerCount
    FROM family
    """
}

extension FamilyRecord: FetchableRecord {
  public init(row: Row) throws {
    key = row["key"]
    name = row["name"]
    relation = (row["relation"] as String?).flatMap(Relation.init)
    bases = (row["bases"] as String).split(separator: " ").compactMap { RepoID(String($0)) }
    firstSeenAt = Moment.date(row["firstSeenAt"] as Int64)
    score = row["score"]
    memberCount = row["memberCount"]
    ownerCount = row["ownerCount"]
  }
}

/// A member of a family, with what it offers.
public struct FamilyMember: Sendable, Equatable {
  /// The repository.
  public var repo: RepoRecord
  /// Its quantizations and their bytes, by name.
  public var quantizations: [String: Int64]
}

extension Catalog {
  /// The families that deserve a look most, the best first.
  ///
  /// - Parameter since: only families that were first met after this moment; nil for all.
  public func families(since: Date? = nil, limit: Int) throws(CatalogError) -> [FamilyRecord] {
    try read { database in
      try FamilyRecord.fetchAll(
        database,
        sql: "\(FamilyRecord.selection) WHERE firstSeenAt > ? AND memberCount > 0 ORDER BY score DESC, name LIMIT ?",
        arguments: [since.map { Moment.milliseconds($0) } ?? Int64.min, limit])
    }
  }

  /// One family by its number.
  public func family(_ key: Int64) throws(CatalogError) -> FamilyRecord? {
    try read {
      try FamilyRecord.fetchOne($0, sql: "\(FamilyRecord.selection) WHERE key = ?", arguments: [key])
    }
  }

  /// Name and score of a family, without counting its members.
  public func rank(ofFamily key: Int64) throws(CatalogError) -> (name: String, score: Double)? {
    try read { database in
      try Row.fetchOne(
        database.cachedStatement(sql: "SELECT name, score FROM family WHERE key = ?"), arguments: [key]
      ).map { ($0["name"], $0["score"]) }
    }
  }

  /// The family that a name stands for: that of a repository, or a base that was never met itself.
  public func family(named id: RepoID) throws(CatalogError) -> FamilyRecord? {
    try read { database in
      var key = try Self.key(database, id).flatMap {
        try Int64.fetchOne(database, sql: "SELECT family FROM repo WHERE key = ?", arguments: [$0])
      }
      if key == nil {
        key = try Int64.fetchOne(
          database, sql: "SELECT family FROM familyName WHERE name = ?", arguments: [id.description.lowercased()])
      }
      return try key.flatMap {
        try FamilyRecord.fetchOne(database, sql: "\(FamilyRecord.selection) WHERE key = ?", arguments: [$0])
      }
    }
  }

  /// The members of a family, the original first, then by downloads.
  public func members(of family: Int64, limit: Int = 1000) throws(CatalogError) -> [FamilyMember] {
    try read { database in
      let repos = try RepoRecord.fetchAll(
        database,
        sql: """
          \(RepoRecord.selection) WHERE family = ?
          ORDER BY repo.key = (SELECT original FROM family WHERE key = ?) DESC, downloads DESC, id LIMIT ?
          """, arguments: [family, family, limit])
      return try repos.map { repo in
        var quantizations: [String: Int64] = [:]
        for row in try Row.fetchAll(
          database, sql: "SELECT quantization, bytes FROM weights WHERE repo = ?", arguments: [repo.key])
        {
          quantizations[row["quantization"]] = row["bytes"]
        }
        return FamilyMember(repo: repo, quantizations: quantizations)
      }
    }
  }

  /// Families that came from a model, the best first.
  public func descendants(of base: RepoID, limit: Int) throws(CatalogError) -> [FamilyRecord] {
    try read { database in
      try FamilyRecord.fetchAll(
        database,
        sql:
          "\(FamilyRecord.selection) WHERE bases = ? AND bases <> '' AND memberCount > 0 ORDER BY score DESC LIMIT ?",
        arguments: [base.description, limit])
    }
  }

  /// Families with a sized member that was looked at after `since`, the best first: what may be worth fetching.
  public func familiesToFetch(since: Date, limit: Int) throws(CatalogError) -> [FamilyRecord] {
    try read { database in
      try FamilyRecord.fetchAll(
        database,
        sql: """
          \(FamilyRecord.selection) WHERE key IN (
            SELECT family FROM description JOIN repo ON repo.key = description.repo
            WHERE describedAt > ? AND state = 'sized')
          ORDER BY score DESC, name LIMIT ?
          """, arguments: [Moment.milliseconds(since), limit])
    }
  }
}
