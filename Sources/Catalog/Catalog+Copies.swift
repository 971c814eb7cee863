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
  /// Whether a person said that it stays.
  public var isKept: Bool
  /// The folder that it lies in with its plain name; nil for the cache.
  public var folder: String?
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
    isKept = row["isKept"]
    let folder: String = row["folder"]
    self.folder = folder.isEmpty ? nil : folder
  }
}

/// One file of a copy.
public struct PartRecord: Sendable, Equatable {
  /// How a file came to its place.
  public enum Origin: String, Sendable {
    /// hubwatch fetched it.
    case fetched
    /// It is a link to, or a clone of, what hubwatch has in another repository.
    case linked
    /// It lay there already, put there by another program.
    case found
  }

  /// Which file it is.
  public var file: ModelFile
  /// Whether the whole file has the right hash and lies under its final name.
  public var isVerified: Bool
  /// How it came there; nil when it has not, or an older hubwatch did not write it down.
  public var origin: Origin?
  /// When it was verified.
  public var verifiedAt: Date?
  /// In which boot of the machine.
  public var boot: String?
  /// When it was read and hashed again for the last time.
  public var scrubbedAt: Date?
  /// What the file system said of it when it was right: another word means that somebody has changed it.
  public var fingerprint: String?
}

extension PartRecord: FetchableRecord {
  public init(row: Row) throws {
    guard let path = RepoPath(row["path"]), let hash = ContentHash(row["hash"]) else {
      throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a part row does not read")
    }
    file = ModelFile(path: path, size: row["size"], hash: hash)
    isVerified = row["isVerified"]
    origin = (row["origin"] as String?).flatMap(Origin.init)
    verifiedAt = row["verifiedAt"]
    boot = row["boot"]
    scrubbedAt = row["scrubbedAt"]
    fingerprint = row["fingerprint"]
  }
}

extension Catalog {
  /// The copy of these files, made as `wanted` when there is none; one that was lost or dropped is wanted again.
  public func want(
    repo: RepoID, commit: CommitHash, quantization: String, files: [ModelFile], folder: String? = nil, byHand: Bool,
    at now: Date
  ) throws(CatalogError) -> CopyRecord {
    try write { database in
      guard let first = files.first else {
        throw DatabaseError(resultCode: .SQLITE_MISUSE, message: "a copy without files")
      }
      let path = first.path.description
      try database.execute(
        sql: """
          INSERT INTO copy (repo, path, "commit", folder, quantization, bytes, state, wantedAt, changedAt, byHand)
          VALUES (?, ?, ?, ?, ?, ?, 'wanted', ?, ?, ?)
          ON CONFLICT (repo, "commit", path, folder) DO UPDATE SET
            byHand = byHand OR excluded.byHand,
            reason = CASE WHEN state IN ('lost', 'dropped', 'blocked', 'waiting', 'quarantined')
              THEN NULL ELSE reason END,
            changedAt = CASE WHEN state IN ('lost', 'dropped', 'blocked', 'waiting', 'quarantined')
              THEN excluded.changedAt ELSE changedAt END,
            state = CASE WHEN state IN ('lost', 'dropped', 'blocked', 'waiting', 'quarantined')
              THEN 'wanted' ELSE state END
          """,
        arguments: [
          repo.description, path, commit.description, folder ?? "", quantization, files.reduce(0) { $0 + $1.size }, now,
          now, byHand,
        ])
      let record = try CopyRecord.fetchOne(
        database, sql: "SELECT * FROM copy WHERE repo = ? AND \"commit\" = ? AND path = ? AND folder = ?",
        arguments: [repo.description, commit.description, path, folder ?? ""])
      guard let record else { throw DatabaseError(resultCode: .SQLITE_INTERNAL, message: "a copy vanished") }
      for file in files {
        try database.execute(
          sql: "INSERT INTO part (copy, path, size, hash, isVerified) VALUES (?, ?, ?, ?, 0) ON CONFLICT DO NOTHING",
          arguments: [record.id, file.path.description, file.size, file.hash.description])
      }
      // A person who asks again knows of the deaths, and takes the risk.
      if byHand { try database.execute(sql: "DELETE FROM attempt WHERE copy = ?", arguments: [record.id]) }
      return record
    }
  }

  /// Moves a copy to a state, with the reason.
  public func setState(
    ofCopy id: Int64, _ state: CopyState, reason: String?, at now: Date
  ) throws(CatalogError) {
    try writeUrgent { database in
      try database.execute(
        sql: """
          UPDATE copy SET state = ?1, reason = ?2, changedAt = ?3,
            verifiedAt = CASE WHEN ?1 = 'verified' THEN ?3 ELSE verifiedAt END
          WHERE id = ?4
          """, arguments: [state.rawValue, reason, now, id])
    }
  }

  /// A copy by its number; nil when there is none.
  public func copy(_ id: Int64) throws(CatalogError) -> CopyRecord? {
    try read { try CopyRecord.fetchOne($0, sql: "SELECT * FROM copy WHERE id = ?", arguments: [id]) }
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

  /// A copy's files, in the order of their paths.
  public func parts(ofCopy id: Int64) throws(CatalogError) -> [PartRecord] {
    try read { database in
      try PartRecord.fetchAll(database, sql: "SELECT * FROM part WHERE copy = ? ORDER BY path", arguments: [id])
    }
  }

  /// Writes down that a file is complete, right, durable and under its final name; its journal ends with that.
  public func setVerified(
    copy: Int64, path: RepoPath, origin: PartRecord.Origin, boot: String, fingerprint: String? = nil, at now: Date
  ) throws(CatalogError) {
    try write { database in
      try database.execute(
        sql: """
          DELETE FROM partial WHERE hash = (SELECT hash FROM part WHERE copy = ?1 AND path = ?2)
          """, arguments: [copy, path.description])
      try database.execute(
        sql: """
          UPDATE part SET isVerified = 1, origin = coalesce(origin, ?3), verifiedAt = ?4, boot = ?5, scrubbedAt = ?4,
            fingerprint = ?6
          WHERE copy = ?1 AND path = ?2
          """,
        arguments: [copy, path.description, origin.rawValue, now, boot, fingerprint])
    }
  }

  /// Writes down that a file is not there, or not what it should be.
  public func setUnverified(copy: Int64, path: RepoPath) throws(CatalogError) {
    try write { database in
      try database.execute(
        sql: "UPDATE part SET isVerified = 0, origin = NULL, verifiedAt = NULL WHERE copy = ? AND path = ?",
        arguments: [copy, path.description])
    }
  }

  /// Bytes that hubwatch's own downloads take or have reserved, each content of a folder once: files that other programs
  /// put there are not its own, and a copy that is blocked counts as long as something of it lies in the partial folder.
  ///
  /// - Parameter copies: these count for nothing.
  public func bytesOnDisk(except copies: Set<Int64> = []) throws(CatalogError) -> Int64 {
    try read { database in
      try Int64.fetchOne(
        database,
        sql: """
          SELECT coalesce(sum(size), 0) FROM (
            SELECT max(part.size) AS size FROM part JOIN copy ON copy.id = part.copy
            WHERE (copy.state IN ('wanted', 'downloading', 'waiting', 'verified', 'tested', 'quarantined')
                OR (copy.state = 'blocked' AND part.hash IN (SELECT hash FROM partial)))
              AND coalesce(part.origin, '') <> 'found'
              AND copy.id NOT IN (\(databaseQuestionMarks(count: copies.count)))
            GROUP BY copy.folder, part.hash)
          """, arguments: StatementArguments(copies.sorted())) ?? 0
    }
  }
}
