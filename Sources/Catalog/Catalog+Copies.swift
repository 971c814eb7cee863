import Domain
import Foundation
import GRDB

/// A copy of one quantization of one commit on this disk, or on its way there.
public struct CopyRecord: Sendable, Equatable, Identifiable {
  /// The copy's number.
  public let id: Int64
  /// The repository.
  public var repo: RepoID
  /// The file, or the first shard.
  public var path: RepoPath
  /// The commit.
  public var commit: CommitHash
  /// The quantization's name, or a file's.
  public var quantization: String
  /// Bytes of all its files.
  public var bytes: Int64
  /// Where it is in its life.
  public var state: CopyState
  /// Why it is in that state, for a person.
  public var reason: String?
  /// When it was first wanted.
  public var wantedAt: Date
  /// When its state changed last.
  public var changedAt: Date
  /// When its last file was verified; nil before that.
  public var verifiedAt: Date?
  /// Whether a person asked for it.
  public var byHand: Bool
}

extension CopyRecord: FetchableRecord {
  public init(row: Row) throws {
    guard let repo = RepoID(row["repo"]), let path = RepoPath(row["path"]),
      let commit = CommitHash(row["commit"]), let state = CopyState(rawValue: row["state"])
    else { throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a copy row does not read") }
    id = row["id"]
    self.repo = repo
    self.path = path
    self.commit = commit
    quantization = row["quantization"]
    bytes = row["bytes"]
    self.state = state
    reason = row["reason"]
    wantedAt = row["wantedAt"]
    changedAt = row["changedAt"]
    verifiedAt = row["verifiedAt"]
    byHand = row["byHand"]
  }
}

/// The journal of one file of a copy.
///
/// Copies of the same content have one partial file, so that they share the journal as long as it is open.
public struct PartRecord: Sendable, Equatable {
  /// Which file it is.
  public var file: ModelFile
  /// Bytes from the start that were synced to disk before this was written.
  public var durableBytes: Int64
  /// The boot in which the last bytes were written: within one boot a killed process loses nothing that it had
  /// handed to the kernel, over a reboot only what was synced counts.
  public var boot: String
  /// Whether the whole file has the right hash and lies under its final name.
  public var isVerified: Bool
}

extension Catalog {
  /// The copy of these files, made as `wanted` when there is none; one that was lost or dropped is wanted again.
  public func want(
    repo: RepoID, commit: CommitHash, quantization: String, files: [ModelFile], byHand: Bool, at now: Date
  ) throws(CatalogError) -> CopyRecord {
    try write { database in
      guard let first = files.first else {
        throw DatabaseError(resultCode: .SQLITE_MISUSE, message: "a copy without files")
      }
      let path = first.path.description
      try database.execute(
        sql: """
          INSERT INTO copy (repo, path, "commit", quantization, bytes, state, wantedAt, changedAt, byHand)
          VALUES (?, ?, ?, ?, ?, 'wanted', ?, ?, ?)
          ON CONFLICT (repo, "commit", path) DO UPDATE SET
            byHand = byHand OR excluded.byHand,
            reason = CASE WHEN state IN ('lost', 'dropped', 'blocked', 'waiting', 'quarantined')
              THEN NULL ELSE reason END,
            changedAt = CASE WHEN state IN ('lost', 'dropped', 'blocked', 'waiting', 'quarantined')
              THEN excluded.changedAt ELSE changedAt END,
            state = CASE WHEN state IN ('lost', 'dropped', 'blocked', 'waiting', 'quarantined')
              THEN 'wanted' ELSE state END
          """,
        arguments: [
          repo.description, path, commit.description, quantization, files.reduce(0) { $0 + $1.size }, now, now, byHand,
        ])
      let record = try CopyRecord.fetchOne(
        database, sql: "SELECT * FROM copy WHERE repo = ? AND \"commit\" = ? AND path = ?",
        arguments: [repo.description, commit.description, path])
      guard let record else { throw DatabaseError(resultCode: .SQLITE_INTERNAL, message: "a copy vanished") }
      for file in files {
        let hash = file.hash.description
        let journal = try Row.fetchOne(
          database,
          sql: "SELECT durableBytes, boot FROM part WHERE hash = ? AND isVerified = 0 AND boot <> '' LIMIT 1",
          arguments: [hash])
        try database.execute(
          sql: "INSERT INTO part VALUES (?, ?, ?, ?, ?, ?, 0) ON CONFLICT DO NOTHING",
          arguments: [
            record.id, file.path.description, file.size, hash, journal?["durableBytes"] ?? 0, journal?["boot"] ?? "",
          ])
      }
      return record
    }
  }

  /// Moves a copy to a state, with the reason.
  public func setState(
    ofCopy id: Int64, _ state: CopyState, reason: String?, at now: Date
  ) throws(CatalogError) {
    try write { database in
      try database.execute(
        sql: """
          UPDATE copy SET state = ?1, reason = ?2, changedAt = ?3,
            verifiedAt = CASE WHEN ?1 = 'verified' THEN ?3 ELSE verifiedAt END
          WHERE id = ?4
          """, arguments: [state.rawValue, reason, now, id])
    }
  }

  /// Copies in any of `states`, those asked for by a person first, then the oldest wish first.
  public func copies(in states: [CopyState]) throws(CatalogError) -> [CopyRecord] {
    try read { database in
      try CopyRecord.fetchAll(
        database,
        sql: """
          SELECT * FROM copy WHERE state IN (\(databaseQuestionMarks(count: states.count)))
          ORDER BY byHand DESC, wantedAt, id
          """, arguments: StatementArguments(states.map(\.rawValue)))
    }
  }

  /// Every copy of a repository, also those that were made before it was renamed, the newest wish first.
  public func copies(of id: RepoID) throws(CatalogError) -> [CopyRecord] {
    try read { database in
      try CopyRecord.fetchAll(
        database,
        sql: """
          SELECT * FROM copy
          WHERE repo = ?1 OR repo IN (SELECT id FROM alias WHERE alias.repo = ?2) ORDER BY wantedAt DESC, id DESC
          """, arguments: [id.description, Self.key(database, id)])
    }
  }

  /// The journal of a copy's files, in the order of their paths.
  public func parts(ofCopy id: Int64) throws(CatalogError) -> [PartRecord] {
    try read { database in
      try Row.fetchAll(database, sql: "SELECT * FROM part WHERE copy = ? ORDER BY path", arguments: [id]).map { row in
        guard let path = RepoPath(row["path"]), let hash = ContentHash(row["hash"]) else {
          throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a part row does not read")
        }
        return PartRecord(
          file: ModelFile(path: path, size: row["size"], hash: hash), durableBytes: row["durableBytes"],
          boot: row["boot"], isVerified: row["isVerified"])
      }
    }
  }

  /// Journals how much of a file is durable, for every copy that waits for the same content. Call it only after the
  /// bytes were synced.
  public func setDurable(
    copy: Int64, path: RepoPath, bytes: Int64, boot: String
  ) throws(CatalogError) {
    try write { database in
      try database.execute(
        sql: """
          UPDATE part SET durableBytes = ?, boot = ?, isVerified = 0
          WHERE copy = ? AND path = ?
            OR isVerified = 0 AND hash = (SELECT hash FROM part WHERE copy = ? AND path = ?)
          """,
        arguments: [bytes, boot, copy, path.description, copy, path.description])
    }
  }

  /// Journals that a file is complete, right and under its final name.
  public func setVerified(copy: Int64, path: RepoPath) throws(CatalogError) {
    try write { database in
      try database.execute(
        sql: "UPDATE part SET durableBytes = size, isVerified = 1 WHERE copy = ? AND path = ?",
        arguments: [copy, path.description])
    }
  }

  /// Bytes of all copies that are on disk or on their way, but one.
  public func bytesOnDisk(except copy: Int64? = nil) throws(CatalogError) -> Int64 {
    try read { database in
      try Int64.fetchOne(
        database,
        sql: """
          SELECT coalesce(sum(bytes), 0) FROM copy
          WHERE state IN ('wanted', 'downloading', 'waiting', 'verified', 'tested', 'quarantined') AND id IS NOT ?
          """, arguments: [copy]) ?? 0
    }
  }
}
