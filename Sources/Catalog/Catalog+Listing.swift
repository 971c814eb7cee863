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
  ///   - judge: the user's rules, asked for repositories without a ruling, and for known ones.
  public func record(
    _ listed: [ListedRepo], at now: Date, marks: [String: String] = [:],
    judge: @escaping Judge = { _ in Ruling(isAdmitted: true, rule: .unknownArchitecture) }
  ) throws(CatalogError) -> RecordingResult {
    try writeRepeatable { database in
      // Rows without the hub's key are told apart by their ids.
      if listed.contains(where: { $0.objectID == nil }) { try Self.enterAll(database) }
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
  var insert: RowStatement
  /// Whether there are rows of which the hub's key is not known.
  let hasKeyless: Bool
  var result = RecordingResult()
  /// The numbers of the last rows in a row that were new.
  private var fresh: ClosedRange<Int64>?

  init(_ database: Database, now: Int64, judge: @escaping Judge) throws {
    self.database = database
    self.now = now
    self.judge = judge
    insert = try RowStatement(
      database,
      sql: """
        INSERT INTO repo (
          id, objectID, state, rule, stateAt, "commit", createdAt, lastModified, firstSeenAt, recordedAt, tags, gated,
          downloads, likes, trending, architecture, parameters, lookAgainAt, misses)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?5, ?5, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, 0)
        ON CONFLICT DO NOTHING
        """)
    hasKeyless =
      try Bool.fetchOne(database, sql: "SELECT EXISTS (SELECT 1 FROM repo WHERE objectID IS NULL)") ?? false
  }

  mutating func record(_ repo: ListedRepo) throws {
    if hasKeyless || repo.objectID == nil, let known = try find(repo) { return try update(repo, known) }
    let ruling = repo.ruling ?? judge(repo)
    insert.bind(1, repo.id.description)
    if let objectID = repo.objectID { insert.bind(2, isText: false) { objectID.append(to: &$0) } }
    insert.bind(3, state(ruling).rawValue)
    insert.bind(4) { ruling.appendCode(to: &$0) }
    insert.bind(5, now)
    insert.bind(6, repo.commit?.description)
    insert.bind(7, Moment.milliseconds(repo.createdAt))
    insert.bind(8, Moment.milliseconds(repo.lastModified))
    insert.bind(9, repo.tags.lines)
    insert.bind(10, repo.gated ? 1 : 0)
    insert.bind(11, Int64(repo.downloads))
    insert.bind(12, Int64(repo.likes))
    if repo.trending != 0 { insert.bind(13, repo.trending) }
    insert.bind(14, repo.architecture)
    insert.bind(15, repo.parameters)
    insert.bind(16, ruling.isAdmitted ? 0 : nil)
    if try insert.execute() == 1 {
      result.new += 1
      try remember(database.lastInsertedRowID)
    } else if let known = try find(repo) {
      try update(repo, known)
    } else {
      throw DatabaseError(resultCode: .SQLITE_INTERNAL, message: "a repo row conflicts with none")
    }
  }

  /// Counting a million rows at every poll would be the dearest part of it.
  func finish() throws {
    guard let fresh else { return }
    try Catalog.remember(database, first: fresh.lowerBound, last: fresh.upperBound, at: now)
    try Catalog.addToCount(database, result.new)
  }

  private mutating func remember(_ key: Int64) throws {
    if let fresh, key == fresh.upperBound + 1 {
      self.fresh = fresh.lowerBound...key
    } else {
      if let fresh { try Catalog.remember(database, first: fresh.lowerBound, last: fresh.upperBound, at: now) }
      fresh = key...key
    }
  }

  private func state(_ ruling: Ruling) -> RepoState { ruling.isAdmitted ? .seen : .leftOut }

  private mutating func update(_ listed: ListedRepo, _ known: Row) throws {
    var listed = listed
    let key: Int64 = known["key"]
    // What one listing does not tell, another one, or a header, may have told.
    listed.architecture = listed.architecture ?? known["architecture"]
    listed.parameters = listed.parameters ?? known["parameters"]
    let ruling = judge(listed)
    let state: String = known["state"]
    let isSameCommit = known["commit"] == listed.commit?.description
    let isLeftOut = state == RepoState.leftOut.rawValue
    let isRenamed = known["id"] != listed.id.description
    let hasNews =
      !isSameCommit || known["gated"] != listed.gated || state == RepoState.gone.rawValue || isRenamed
      || known["rule"] != ruling.code && isLeftOut == ruling.isAdmitted
    let hasOtherWords = isRenamed || known["tags"] != listed.tags.lines
    let hasOtherCounts =
      known["likes"] != listed.likes || known["downloads"] != listed.downloads
      || (known["trending"] ?? 0.0) != listed.trending
    guard
      hasNews || hasOtherWords || hasOtherCounts
        || known["lastModified"] != Moment.milliseconds(listed.lastModified)
        || known["isKeyless"] && listed.objectID != nil
        || known["architecture"] != listed.architecture || known["parameters"] != listed.parameters
    else {
      result.unchanged += 1
      return
    }
    if hasOtherWords || hasNews || hasOtherCounts { try Catalog.makeStale(database, key) }
    if isRenamed { try Catalog.rename(database, key, from: known["id"], to: listed.id) }
    try database.cachedStatement(
      sql: """
        UPDATE repo SET objectID = coalesce(?, objectID), rule = ?, "commit" = ?, createdAt = ?, lastModified = ?,
          tags = ?, gated = ?, downloads = ?, likes = ?, trending = ?, architecture = ?, parameters = ?, misses = 0,
          missingSince = NULL
        WHERE key = ?
        """
    ).execute(arguments: [
      listed.objectID.map { Data($0.bytes) }, ruling.code, listed.commit?.description,
      Moment.milliseconds(listed.createdAt), Moment.milliseconds(listed.lastModified), listed.tags.lines, listed.gated,
      listed.downloads, listed.likes, listed.trending == 0 ? nil : listed.trending, listed.architecture,
      listed.parameters, key,
    ])
    guard hasNews else {
      result.unchanged += 1
      return
    }
    result.changed += 1
    try database.cachedStatement(
      sql: "UPDATE repo SET state = ?, reason = NULL, stateAt = ?, recordedAt = ?, lookAgainAt = ? WHERE key = ?"
    ).execute(arguments: [self.state(ruling).rawValue, now, now, ruling.isAdmitted ? 0 : nil, key])
  }

  /// The row of a repository: by the hub's key, else by its id, if one of the two keys is not known.
  private func find(_ listed: ListedRepo) throws -> Row? {
    let columns = """
      SELECT key, id, objectID IS NULL AS isKeyless, state, rule, "commit", lastModified, tags, gated, downloads, likes,
        trending, architecture, parameters FROM repo
      """
    guard let objectID = listed.objectID else {
      return try Catalog.currentKey(database, listed.id).flatMap { key in
        try Row.fetchOne(database.cachedStatement(sql: "\(columns) WHERE key = ?"), arguments: [key])
      }
    }
    if let row = try Row.fetchOne(
      database.cachedStatement(sql: "\(columns) WHERE objectID = ?"), arguments: [Data(objectID.bytes)])
    {
      return row
    }
    return try Row.fetchOne(
      database.cachedStatement(sql: "\(columns) WHERE objectID IS NULL AND id = ?"),
      arguments: [listed.id.description])
  }
}
