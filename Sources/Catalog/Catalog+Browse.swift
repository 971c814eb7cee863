import Domain
import Foundation
import GRDB

extension Catalog {
  /// A page of repositories.
  ///
  /// Pages follow each other by the last repository's place in the order, which is looked up anew: what was added or has
  /// moved meanwhile neither shifts them nor costs a walk through the pages before.
  ///
  /// - Throws: `CatalogError`.
  public func browse(_ query: BrowseQuery) throws(CatalogError) -> BrowsePage {
    try read { database in
      var keys = try BrowseStatement(query).keys(database)
      var page = BrowsePage()
      page.hasMore = keys.count > query.limit
      keys = Array(keys.prefix(query.limit))
      page.rows = try Self.rows(database, keys)
      return page
    }
  }

  /// How many repositories a query finds on all its pages; at most `limit`.
  ///
  /// - Throws: `CatalogError`.
  public func count(_ query: BrowseQuery, limit: Int) throws(CatalogError) -> Int {
    try read { try BrowseStatement(query).count($0, limit: limit) }
  }

  private static func rows(_ database: Database, _ keys: [Int64]) throws -> [BrowseRow] {
    guard !keys.isEmpty else { return [] }
    let marks = databaseQuestionMarks(count: keys.count)
    let repos = try RepoRecord.fetchAll(
      database,
      sql: "SELECT repo.*, NULL AS shape, NULL AS describedCommit FROM repo WHERE key IN (\(marks))",
      arguments: StatementArguments(keys))
    var offers: [Int64: BrowseRow.Offer] = [:]
    for row in try Row.fetchAll(
      database,
      sql: """
        SELECT fit.repo AS repo, quantization, total + margin AS bytes, verdict
        FROM fit JOIN weights ON weights.repo = fit.repo AND weights.path = fit.path
        WHERE fit.repo IN (\(marks)) ORDER BY fit.repo, bytes DESC
        """, arguments: StatementArguments(keys))
    {
      guard let verdict = FitVerdict(rawValue: row["verdict"]) else { continue }
      let offer = BrowseRow.Offer(quantization: row["quantization"], bytes: row["bytes"], verdict: verdict)
      let key: Int64 = row["repo"]
      if offers[key].map({ offer.isBetter(than: $0) }) ?? true { offers[key] = offer }
    }
    let byKey = Dictionary(repos.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
    return try keys.compactMap { byKey[$0] }.map { repo in
      let copy = try Row.fetchOne(
        database.cachedStatement(
          sql: """
            SELECT state, (SELECT verdict FROM smoke WHERE smoke.copy = copy.id ORDER BY smoke.id DESC LIMIT 1) AS verdict
            FROM copy WHERE repo = ? AND state <> 'dropped' ORDER BY wantedAt DESC, id DESC LIMIT 1
            """), arguments: [repo.id.description])
      return BrowseRow(
        repo: repo, best: offers[repo.key], copy: (copy?["state"] as String?).flatMap(CopyState.init),
        verdict: (copy?["verdict"] as String?).flatMap(SmokeVerdict.init))
    }
  }
}

extension BrowseRow.Offer {
  /// The better verdict goes first, then the better quantization.
  fileprivate func isBetter(than other: BrowseRow.Offer) -> Bool {
    let order = FitVerdict.allCases
    let (mine, its) = (order.firstIndex(of: verdict) ?? order.count, order.firstIndex(of: other.verdict) ?? order.count)
    if mine != its { return mine < its }
    return (Quantization(quantization)?.preference ?? -100) > (Quantization(other.quantization)?.preference ?? -100)
  }
}

/// The SQL of a query.
private struct BrowseStatement {
  private let query: BrowseQuery
  /// What the words find, in the index's own language; nil without words.
  private let expression: String?
  private var conditions: [String] = []
  private var arguments = StatementArguments()

  init(_ query: BrowseQuery) {
    self.query = query
    expression = SearchIndex.expression(query.words)
    if query.states.isEmpty {
      conditions.append("repo.state <> 'leftOut'")
    } else {
      let names = query.states.map { "'\($0.rawValue)'" }.joined(separator: ", ")
      conditions.append(query.states.count == 1 ? "repo.state = \(names)" : "repo.state IN (\(names))")
    }
    if let least = query.minParameters { want("repo.parameters >= ?", least) }
    if let below = query.belowParameters { want("repo.parameters < ?", below) }
    if let gated = query.gated { want("repo.gated = ?", gated) }
    if let architecture = query.architecture { want("repo.architecture = ? COLLATE NOCASE", architecture) }
    if let owner = query.owner {
      // The ids of one owner lie side by side; '0' is the character after '/'.
      want("repo.key IN (SELECT name.repo FROM name WHERE name.id >= ?", "\(owner)/")
      want("name.id < ?)", "\(owner)0")
    }
    if let licence = query.licence {
      // The first is quick and nearly always says no; only the second knows where a tag begins and ends.
      want("instr(repo.tags, ?) > 0", "license:\(licence)")
      want("instr(char(10) || repo.tags || char(10), char(10) || ? || char(10)) > 0", "license:\(licence)")
    }
    if let verdict = query.verdict {
      want(
        """
        repo.key IN (SELECT coalesce((SELECT name.repo FROM name WHERE name.id = copy.repo),
            (SELECT alias.repo FROM alias WHERE alias.id = copy.repo))
          FROM copy WHERE copy.state IN ('verified', 'tested')
            AND (SELECT verdict FROM smoke WHERE smoke.copy = copy.id ORDER BY smoke.id DESC LIMIT 1) = ?)
        """, verdict.rawValue)
    }
    if let bytes = query.neededBytes {
      want(
        "EXISTS (SELECT 1 FROM fit WHERE fit.repo = repo.key AND fit.total + fit.margin <= ?)", bytes)
    }
  }

  private mutating func want(_ condition: String, _ value: any DatabaseValueConvertible) {
    conditions.append(condition)
    arguments += [value]
  }

  private var filter: String { conditions.joined(separator: " AND ") }

  /// As many numbers as fill a page and tell that there is another.
  func keys(_ database: Database) throws -> [Int64] {
    if expression != nil {
      let all = try hits(database)
      let start = query.after.flatMap { all.firstIndex(of: $0) }.map { $0 + 1 } ?? 0
      return Array(all[start...].prefix(query.limit + 1))
    }
    if query.order == .rank {
      return try isCrowd(database) ? walkFamilies(database) : sortFamilies(database)
    }
    return try sorted(database)
  }

  func count(_ database: Database, limit: Int) throws -> Int {
    if expression != nil { return min(limit, try hits(database).count) }
    return try Int.fetchOne(
      database, sql: "SELECT count(*) FROM (SELECT 1 FROM repo WHERE \(filter) LIMIT ?)", arguments: arguments + [limit]
    )
      ?? 0
  }

  // MARK: Words

  /// Everything that the words and the filter find among the newest hits, in order.
  private func hits(_ database: Database) throws -> [Int64] {
    guard let expression else { return [] }
    // Of a word that everybody uses only the newest are ranked: to weigh a hundred thousand takes too long.
    let oldest =
      try Int64.fetchOne(
        database, sql: "SELECT rowid FROM search WHERE search MATCH ? ORDER BY rowid DESC LIMIT 1 OFFSET ?",
        arguments: [expression, query.mostHits - 1]) ?? 0
    let order = query.order == .rank ? "hit.distance - ln(1 + repo.downloads) / 10, repo.key" : Self.order(query.order)
    return try Int64.fetchAll(
      database,
      sql: """
        WITH hit AS MATERIALIZED (
          SELECT rowid AS key, bm25(search, 4.0, 2.0, 1.0) AS distance FROM search WHERE search MATCH ? AND rowid >= ?)
        SELECT repo.key FROM hit CROSS JOIN repo ON repo.key = hit.key WHERE \(filter) ORDER BY \(order)
        """, arguments: [expression, oldest] + arguments)
  }

  // MARK: By rank

  private func isCrowd(_ database: Database) throws -> Bool {
    try (query.known ?? count(database, limit: query.crowd)) >= query.crowd && !query.states.contains(.leftOut)
  }

  /// Where a repository stands by rank.
  private static let standing = "repo.kinship IS NOT 'original', -repo.downloads, repo.key"

  private func walkFamilies(_ database: Database) throws -> [Int64] {
    var (start, values) = ("", StatementArguments())
    if let after = query.after, let place = try place(database, after) {
      let (score, family): (Double, Int64) = (place["score"], place["family"])
      // The first condition is for the index over scores.
      start = """
        family.score <= ? AND (family.score < ? OR family.key < ?
          OR family.key = ? AND (\(Self.standing)) > (?, ?, ?)) AND
        """
      values = [score, score, family, family, place["isOther"] as Bool, place["rank"] as Int64, after]
    }
    return try Int64.fetchAll(
      database,
      sql: """
        SELECT repo.key FROM family CROSS JOIN repo ON repo.family = family.key WHERE \(start) \(filter)
        ORDER BY family.score DESC, family.key DESC, \(Self.standing) LIMIT ?
        """, arguments: values + arguments + [query.limit + 1])
  }

  private func sortFamilies(_ database: Database) throws -> [Int64] {
    // What is in no family comes last.
    let score = "coalesce((SELECT family.score FROM family WHERE family.key = repo.family), -1e300)"
    let standing = "-\(score), -coalesce(repo.family, 0), \(Self.standing)"
    var (start, values) = ("", StatementArguments())
    if let after = query.after {
      start = "AND (\(standing)) > (SELECT \(standing) FROM repo WHERE repo.key = ?)"
      values = [after]
    }
    return try Int64.fetchAll(
      database, sql: "SELECT repo.key FROM repo WHERE \(filter) \(start) ORDER BY \(standing) LIMIT ?",
      arguments: arguments + values + [query.limit + 1])
  }

  private func place(_ database: Database, _ key: Int64) throws -> Row? {
    try Row.fetchOne(
      database,
      sql: """
        SELECT family, score, repo.kinship IS NOT 'original' AS isOther, -repo.downloads AS rank
        FROM repo JOIN family ON family.key = repo.family WHERE repo.key = ?
        """, arguments: [key])
  }

  // MARK: By a column

  private func sorted(_ database: Database) throws -> [Int64] {
    var (start, values) = ("", StatementArguments())
    if let after = query.after {
      let terms = Self.order(query.order)
      start = "AND (\(terms)) > (SELECT \(terms) FROM repo WHERE repo.key = ?)"
      values = [after]
    }
    return try Int64.fetchAll(
      database, sql: "SELECT repo.key FROM repo WHERE \(filter) \(start) ORDER BY \(Self.order(query.order)) LIMIT ?",
      arguments: arguments + values + [query.limit + 1])
  }

  /// The terms of an order, each ascending; the last tells any two repositories apart.
  private static func order(_ order: BrowseQuery.Order) -> String {
    switch order {
    case .rank, .downloads: "-repo.downloads, repo.key"
    case .created: "-coalesce(repo.createdAt, 0), repo.key"
    case .modified: "-coalesce(repo.lastModified, 0), repo.key"
    case .likes: "-repo.likes, repo.key"
    case .trending: "-coalesce(repo.trending, 0), repo.key"
    case .parameters: "-coalesce(repo.parameters, 0), repo.key"
    case .name: "repo.id, repo.key"
    }
  }
}
