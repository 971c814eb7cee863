import Domain
import Foundation
import GRDB

// What a digest tells of single models, for many of them at once: a question a model would take longer than all answers.

/// A copy with its model and the last finding about it.
public struct ToldCopy: Sendable, Equatable {
  /// The copy.
  public var copy: CopyRecord
  /// The number of its repository; nil when the catalog no longer knows that.
  public var repo: Int64?
  /// The commit of the repository that was looked at last.
  public var describedCommit: CommitHash?
  /// The last finding of the smoke test; nil before the first.
  public var smoke: SmokeRecord?
}

/// A model's names, and what says which of a family stands for it.
public struct ToldName: Sendable, Equatable {
  /// Its number.
  public var key: Int64
  /// Its id.
  public var id: RepoID
  /// Whether its family is named after it.
  public var isOriginal: Bool
  /// Downloads of the last month.
  public var downloads: Int
}

/// A quantization on offer, by name and size only: layouts are long, and telling needs none.
public struct ToldOffer: Sendable, Equatable {
  /// The file, or the first shard.
  public var path: RepoPath
  /// What its name says.
  public var quantization: Quantization
  /// Bytes of all its files.
  public var bytes: Int64
}

extension Catalog {
  /// Every copy, the newest wish first.
  public func toldCopies() throws(CatalogError) -> [ToldCopy] {
    try read { database in
      var smokes: [Int64: SmokeRecord] = [:]
      for row in try Row.fetchAll(
        database, sql: "SELECT * FROM smoke WHERE id IN (SELECT max(id) FROM smoke GROUP BY copy)")
      {
        let smoke = try SmokeRecord(row: row)
        smokes[smoke.copy] = smoke
      }
      return try Row.fetchAll(
        database,
        sql: """
          SELECT copy.*, known.repo AS repoKey, description."commit" AS describedCommit
          FROM copy LEFT JOIN (
            SELECT copy.id AS copy, coalesce(
              (SELECT name.repo FROM name WHERE name.id = copy.repo),
              (SELECT alias.repo FROM alias WHERE alias.id = copy.repo),
              (SELECT max(repo.key) FROM repo WHERE repo.id = copy.repo AND repo.key > \(Self.named))) AS repo
            FROM copy) AS known ON known.copy = copy.id
          LEFT JOIN description ON description.repo = known.repo
          ORDER BY copy.wantedAt DESC, copy.id DESC
          """
      ).map { row in
        let copy = try CopyRecord(row: row)
        return ToldCopy(
          copy: copy, repo: row["repoKey"],
          describedCommit: (row["describedCommit"] as String?).flatMap(CommitHash.init), smoke: smokes[copy.id])
      }
    }
  }

  /// The last row whose id was entered among the names, as an expression.
  private static let named =
    "coalesce((SELECT CAST(value AS INTEGER) FROM mark WHERE mark.name = 'named.through'), 0)"

  /// Names of models, in no order.
  public func names(of keys: [Int64]) throws(CatalogError) -> [ToldName] {
    try read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT key, id, kinship, downloads FROM repo WHERE key IN (SELECT value FROM json_each(?))
          """, arguments: [Self.list(keys)]
      ).map { row in
        guard let id = RepoID(row["id"]) else {
          throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a repo row has an impossible id")
        }
        return ToldName(
          key: row["key"], id: id, isOriginal: row["kinship"] as String? == Kinship.original.rawValue,
          downloads: row["downloads"])
      }
    }
  }

  /// Repositories by their numbers.
  public func repos(_ keys: [Int64]) throws(CatalogError) -> [Int64: RepoRecord] {
    try read { database in
      try RepoRecord.fetchAll(
        database, sql: "\(RepoRecord.selection) WHERE repo.key IN (SELECT value FROM json_each(?))",
        arguments: [Self.list(keys)]
      ).reduce(into: [:]) { $0[$1.key] = $1 }
    }
  }

  /// The stored verdicts of repositories by their numbers, the largest need first.
  public func fits(of repos: [Int64: RepoRecord]) throws(CatalogError) -> [Int64: [FitRecord]] {
    try read { database in
      try Row.fetchAll(
        database,
        sql: "SELECT * FROM fit WHERE repo IN (SELECT value FROM json_each(?)) ORDER BY repo, total DESC, path",
        arguments: [Self.list(repos.keys)]
      ).reduce(into: [:]) { fits, row in
        let key: Int64 = row["repo"]
        guard let repo = repos[key] else { return }
        fits[key, default: []].append(try FitRecord(row: row, of: repo.id))
      }
    }
  }

  /// What repositories offer, by their numbers, the smallest first.
  public func offers(of keys: [Int64]) throws(CatalogError) -> [Int64: [ToldOffer]] {
    try read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT repo, path, quantization, bytes FROM weights WHERE repo IN (SELECT value FROM json_each(?))
          ORDER BY repo, bytes, path
          """, arguments: [Self.list(keys)]
      ).reduce(into: [:]) { offers, row in
        guard let path = RepoPath(row["path"]), let quantization = Quantization(row["quantization"]) else {
          throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a weights row does not read")
        }
        offers[row["repo"], default: []].append(
          ToldOffer(path: path, quantization: quantization, bytes: row["bytes"]))
      }
    }
  }

  /// Walks the families by score, the best and of equals the newest first, until `visit` has seen enough.
  ///
  /// - Parameters:
  ///   - some: only these; nil walks all of them by their index.
  ///   - visit: gets number and score; false ends the walk.
  public func walkFamilies(
    among some: Set<Int64>?, _ visit: (Int64, Double) -> Bool
  ) throws(CatalogError) {
    try read { database in
      let condition = some == nil ? "" : "WHERE key IN (SELECT value FROM json_each(?))"
      let cursor = try Row.fetchCursor(
        database, sql: "SELECT key, score FROM family \(condition) ORDER BY score DESC, key DESC",
        arguments: some.map { [Self.list($0)] } ?? [])
      while let row = try cursor.next() {
        guard visit(row[0], row[1]) else { return }
      }
    }
  }

  /// Names of families, by their numbers.
  public func familyNames(_ keys: [Int64]) throws(CatalogError) -> [Int64: String] {
    try read { database in
      try Row.fetchAll(
        database, sql: "SELECT key, name FROM family WHERE key IN (SELECT value FROM json_each(?))",
        arguments: [Self.list(keys)]
      ).reduce(into: [:]) { $0[$1[0]] = $1[1] }
    }
  }
}
