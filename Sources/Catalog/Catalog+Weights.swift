import Domain
import Foundation
import GRDB

/// One quantization that a repository offers: a whole file, or a set of shards.
public struct WeightsRecord: Sendable, Equatable {
  /// The repository.
  public var repo: RepoID
  /// The file, or the first shard.
  public var path: RepoPath
  /// The commit whose files these are.
  public var commit: CommitHash
  /// What its name says.
  public var quantization: Quantization
  /// Bytes of all its files.
  public var bytes: Int64
  /// What the layout rests on.
  public var evidence: FitEvidence
  /// Where the bytes lie.
  public var layout: WeightLayout
  /// Every file, in shard order.
  public var files: [ModelFile]

  /// A quantization on offer.
  public init(
    repo: RepoID, path: RepoPath, commit: CommitHash, quantization: Quantization, bytes: Int64,
    evidence: FitEvidence, layout: WeightLayout, files: [ModelFile]
  ) {
    self.repo = repo
    self.path = path
    self.commit = commit
    self.quantization = quantization
    self.bytes = bytes
    self.evidence = evidence
    self.layout = layout
    self.files = files
  }
}

/// What one quantization needs on the configured device.
public struct FitRecord: Sendable, Equatable {
  /// The repository.
  public var repo: RepoID
  /// The file, or the first shard.
  public var path: RepoPath
  /// The device's name.
  public var device: String
  /// The context length that was asked for.
  public var context: Int
  /// The sum of all parts, without the margin.
  public var total: ByteCount
  /// Room for what is not known.
  public var margin: ByteCount
  /// How it fits.
  public var verdict: FitVerdict
  /// The largest context that fits, in tokens.
  public var maxContext: Int

  /// A judged quantization.
  public init(
    repo: RepoID, path: RepoPath, device: String, context: Int, total: ByteCount, margin: ByteCount,
    verdict: FitVerdict, maxContext: Int
  ) {
    self.repo = repo
    self.path = path
    self.device = device
    self.context = context
    self.total = total
    self.margin = margin
    self.verdict = verdict
    self.maxContext = maxContext
  }
}

extension FitRecord {
  init(row: Row, of repo: RepoID) throws {
    guard let path = RepoPath(row["path"]), let verdict = FitVerdict(rawValue: row["verdict"]) else {
      throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a fit row does not read")
    }
    self.init(
      repo: repo, path: path, device: row["device"], context: row["context"], total: ByteCount(row["total"]),
      margin: ByteCount(row["margin"]), verdict: verdict, maxContext: row["maxContext"])
  }
}

extension Catalog {
  static func insert(_ database: Database, _ key: Int64, _ record: WeightsRecord) throws {
    let files = record.files.map { [$0.path.description, String($0.size), $0.hash.description] }
    try database.execute(
      sql: "INSERT INTO weights VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      arguments: [
        key, record.path.description, record.commit.description, record.quantization.description, record.bytes,
        record.evidence.rawValue, try JSONColumn.encode(record.layout), try JSONColumn.encode(files),
      ])
  }

  /// What a repository offers, the smallest first.
  public func weights(of id: RepoID) throws(CatalogError) -> [WeightsRecord] {
    try read { database in
      guard let key = try Self.key(database, id) else { return [] }
      return try Row.fetchAll(
        database, sql: "SELECT * FROM weights WHERE repo = ? ORDER BY bytes, path", arguments: [key]
      ).map { try Self.weights($0, of: id) }
    }
  }

  private static func weights(_ row: Row, of repo: RepoID) throws -> WeightsRecord {
    let files: [[String]] = try JSONColumn.decode(row["files"])
    guard let path = RepoPath(row["path"]),
      let commit = CommitHash(row["commit"]), let quantization = Quantization(row["quantization"]),
      let evidence = FitEvidence(rawValue: row["evidence"])
    else { throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a weights row does not read") }
    return WeightsRecord(
      repo: repo, path: path, commit: commit, quantization: quantization, bytes: row["bytes"],
      evidence: evidence, layout: try JSONColumn.decode(row["layout"]),
      files: try files.map { fields in
        guard fields.count == 3, let path = RepoPath(fields[0]), let size = Int64(fields[1]),
          let hash = ContentHash(fields[2])
        else { throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a file of a weights row does not read") }
        return ModelFile(path: path, size: size, hash: hash)
      })
  }

  /// Stores the verdicts of one repository, in place of the former ones.
  public func setFits(_ fits: [FitRecord], of id: RepoID) throws(CatalogError) {
    try write { database in
      guard let key = try Self.key(database, id) else { return }
      // The fit is a part of its family's score.
      try Self.makeStale(database, key)
      try database.execute(sql: "DELETE FROM fit WHERE repo = ?", arguments: [key])
      for fit in fits {
        try database.execute(
          sql: "INSERT INTO fit VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
          arguments: [
            key, fit.path.description, fit.device, fit.context, fit.total.bytes, fit.margin.bytes,
            fit.verdict.rawValue, fit.maxContext,
          ])
      }
    }
  }

  /// Sized repositories that were never judged: a process was killed between the two steps.
  ///
  /// What was described is stale until families are brought up to date, so that only those have to be looked through.
  public func reposWithoutFit() throws(CatalogError) -> [RepoRecord] {
    try read { database in
      try RepoRecord.fetchAll(
        database,
        sql: """
          \(RepoRecord.selection) WHERE repo.state = 'sized'
            AND (repo.key IN (SELECT repo FROM stale) OR repo.key > ?)
            AND NOT EXISTS (SELECT 1 FROM fit WHERE fit.repo = repo.key)
          """, arguments: [try Self.derivedThrough(database)])
    }
  }

  /// The stored verdicts of one repository, the largest need first.
  public func fits(of id: RepoID) throws(CatalogError) -> [FitRecord] {
    try read { database in
      guard let key = try Self.key(database, id) else { return [] }
      return try Row.fetchAll(
        database, sql: "SELECT * FROM fit WHERE repo = ? ORDER BY total DESC, path", arguments: [key]
      ).map { try FitRecord(row: $0, of: id) }
    }
  }
}
