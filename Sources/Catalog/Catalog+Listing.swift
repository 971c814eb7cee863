import Domain
import Foundation
import GRDB

/// What recording a page of a listing changed.
public struct RecordingResult: Sendable, Equatable {
  /// Repositories met for the first time.
  public var new = 0
  /// Known ones whose commit, gate, name or ruling changed.
  public var changed = 0
  /// Known ones without news.
  public var unchanged = 0

  /// A number of each.
  public init(new: Int = 0, changed: Int = 0, unchanged: Int = 0) {
    self.new = new
    self.changed = changed
    self.unchanged = unchanged
  }

  /// The sum of two recordings.
  public static func + (left: RecordingResult, right: RecordingResult) -> RecordingResult {
    RecordingResult(
      new: left.new + right.new, changed: left.changed + right.changed, unchanged: left.unchanged + right.unchanged)
  }
}

/// Judges what a listing tells of a repository, completed by what the catalog knew.
public typealias Judge = @Sendable (ListedRepo) -> Ruling

extension Catalog {
  /// Records one page of a listing, and what is to be remembered with it, in one transaction.
  ///
  /// The hub's own key tells a renamed repository from a new one. A repository with a new commit, another gate or
  /// another ruling starts over; counters alone change nothing else. One that the rules leave out is `leftOut` at once,
  /// all others are due for a look.
  ///
  /// - Parameters:
  ///   - marks: names and values to remember, such as how far a pass has come.
  ///   - judge: the user's rules.
  public func record(
    _ listed: [ListedRepo], at now: Date, marks: [String: String] = [:],
    judge: @escaping Judge = { _ in Ruling(isAdmitted: true, rule: .unknownArchitecture) }
  ) throws(CatalogError) -> RecordingResult {
    try write { database in
      var recorder = try ListingRecorder(database, now: Moment.milliseconds(now), judge: judge)
      for repo in listed { try recorder.record(repo) }
      try recorder.finish()
      for (name, value) in marks { try Self.setMark(database, name, value) }
      return recorder.result
    }
  }
}

/// Records rows within one transaction.
private struct ListingRecorder {
  let database: Database
  let now: Int64
  let judge: Judge
  let insert: Statement
  var result = RecordingResult()

  init(_ database: Database, now: Int64, judge: @escaping Judge) throws {
    self.database = database
    self.now = now
    self.judge = judge
    insert = try database.cachedStatement(
      sql: """
        INSERT INTO repo (
          id, objectID, state, rule, stateAt, "commit", createdAt, lastModified, firstSeenAt, recordedAt, tags, gated,
          downloads, likes, trending, architecture, parameters, lookAgainAt, misses)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)
        ON CONFLICT DO NOTHING
        """)
  }

  mutating func record(_ repo: ListedRepo) throws {
    let ruling = judge(repo)
    insert.setUncheckedArguments([
      repo.id.description, repo.objectID, state(ruling).rawValue, ruling.code, now, repo.commit?.description,
      Moment.milliseconds(repo.createdAt), Moment.milliseconds(repo.lastModified), now, now, TagLines.text(repo.tags),
      repo.gated, repo.downloads, repo.likes, repo.trending == 0 ? nil : repo.trending, repo.architecture,
      repo.parameters, ruling.isAdmitted ? 0 : nil,
    ])
    try insert.execute()
    if database.changesCount == 1 {
      result.new += 1
    } else {
      try update(repo)
    }
  }

  /// Counting a million rows at every poll would be the dearest part of it.
  func finish() throws {
    guard result.new > 0 else { return }
    try Catalog.addToCount(database, result.new)
  }

  private func state(_ ruling: Ruling) -> RepoState { ruling.isAdmitted ? .seen : .leftOut }

  private mutating func update(_ listed: ListedRepo) throws {
    var listed = listed
    guard let known = try find(listed) else {
      throw DatabaseError(resultCode: .SQLITE_INTERNAL, message: "a repo row conflicts with none")
    }
    let key: Int64 = known["key"]
    // What one listing does not tell, another one, or a header, may have told.
    listed.architecture = listed.architecture ?? known["architecture"]
    listed.parameters = listed.parameters ?? known["parameters"]
    let ruling = judge(listed)
    let state: String = known["state"]
    let isSameCommit = known["commit"] == listed.commit?.description
    let isLeftOut = state == RepoState.leftOut.rawValue
    let isRenamed = known["id"] != listed.id.description
    let isReplaced =
      listed.objectID != nil && known["objectID"] != nil && known["objectID"] != listed.objectID
    let hasNews =
      !isSameCommit || known["gated"] != listed.gated || state == RepoState.gone.rawValue || isRenamed || isReplaced
      || known["rule"] != ruling.code && isLeftOut == ruling.isAdmitted
    let tags = TagLines.text(listed.tags)
    let hasOtherWords = isRenamed || known["tags"] != tags
    let hasOtherCounts =
      known["likes"] != listed.likes || known["downloads"] != listed.downloads
      || (known["trending"] ?? 0.0) != listed.trending
    guard
      hasNews || hasOtherWords || hasOtherCounts
        || known["lastModified"] != Moment.milliseconds(listed.lastModified)
        || known["objectID"] as String? != listed.objectID && listed.objectID != nil
        || known["architecture"] != listed.architecture || known["parameters"] != listed.parameters
    else {
      result.unchanged += 1
      return
    }
    if hasOtherWords || hasNews || hasOtherCounts { try Catalog.makeStale(database, key) }
    if isRenamed { try rename(key, from: known["id"], to: listed.id) }
    try database.cachedStatement(
      sql: """
        UPDATE repo SET objectID = coalesce(?, objectID), rule = ?, "commit" = ?, createdAt = ?, lastModified = ?,
          tags = ?, gated = ?, downloads = ?, likes = ?, trending = ?, architecture = ?, parameters = ?, misses = 0,
          missingSince = NULL
        WHERE key = ?
        """
    ).execute(arguments: [
      listed.objectID, ruling.code, listed.commit?.description, Moment.milliseconds(listed.createdAt),
      Moment.milliseconds(listed.lastModified), tags, listed.gated, listed.downloads, listed.likes,
      listed.trending == 0 ? nil : listed.trending, listed.architecture, listed.parameters, key,
    ])
    guard hasNews else {
      result.unchanged += 1
      return
    }
    result.changed += 1
    try database.cachedStatement(
      sql: "UPDATE repo SET state = ?, reason = NULL, stateAt = ?, recordedAt = ?, lookAgainAt = ? WHERE key = ?"
    ).execute(arguments: [self.state(ruling).rawValue, now, now, ruling.isAdmitted ? 0 : nil, key])
    if isReplaced {
      try database.execute(
        sql: "UPDATE repo SET firstSeenAt = ?, family = NULL, kinship = NULL WHERE key = ?", arguments: [now, key])
      try database.execute(sql: "DELETE FROM description WHERE repo = ?", arguments: [key])
      try database.execute(sql: "DELETE FROM weights WHERE repo = ?", arguments: [key])
    }
  }

  private func find(_ listed: ListedRepo) throws -> Row? {
    let columns = """
      SELECT key, id, objectID, state, rule, "commit", lastModified, tags, gated, downloads, likes, trending, architecture,
        parameters FROM repo
      """
    if let objectID = listed.objectID,
      let row = try Row.fetchOne(
        database.cachedStatement(sql: "\(columns) WHERE objectID = ?"), arguments: [objectID])
    {
      return row
    }
    return try Row.fetchOne(
      database.cachedStatement(sql: "\(columns) WHERE id = ?"), arguments: [listed.id.description])
  }

  /// Gives a repository its new id. One that is known under that id has lost it: the hub gives an id to one only.
  private func rename(_ key: Int64, from old: String, to new: RepoID) throws {
    if let other = try Int64.fetchOne(
      database, sql: "SELECT key FROM repo WHERE id = ? AND key <> ?", arguments: [new.description, key])
    {
      try Catalog.makeStale(database, other)
      try database.execute(sql: "DELETE FROM repo WHERE key = ?", arguments: [other])
      try Catalog.addToCount(database, -1)
    }
    try database.execute(sql: "UPDATE repo SET id = ? WHERE key = ?", arguments: [new.description, key])
    try database.execute(sql: "DELETE FROM alias WHERE id = ?", arguments: [new.description])
    try database.execute(sql: "INSERT OR REPLACE INTO alias VALUES (?, ?)", arguments: [old, key])
  }
}
