import Domain
import Foundation

/// What `GET /api/models` asks for: which repositories, in which order, and how much of each.
struct ModelQuery: Sendable {
  /// The orders; all descending, ties by `_id` ascending.
  enum Sort: String, Sendable, CaseIterable {
    case createdAt, lastModified, downloads, likes, trendingScore

    /// The value that repositories are ordered by; dates in whole milliseconds.
    func key(_ repo: Repo) -> Double {
      switch self {
      case .createdAt: (repo.createdAt.timeIntervalSince1970 * 1000).rounded()
      case .lastModified: (repo.lastModified.timeIntervalSince1970 * 1000).rounded()
      case .downloads: Double(repo.sidecar.downloads)
      case .likes: Double(repo.sidecar.likes)
      case .trendingScore: repo.sidecar.trendingScore
      }
    }
  }

  /// The place after the last row of a page, by its values, so that rows inserted meanwhile shift nothing.
  struct Cursor: Sendable, Equatable {
    let sort: Sort
    let key: Double
    let objectID: String

    init(sort: Sort, repo: Repo) {
      self.sort = sort
      key = sort.key(repo)
      objectID = repo.objectID
    }

    init?(_ text: String) {
      guard let data = Data(base64Encoded: text), let document = JSON(parsing: Array(data)),
        let sort = document["sort"]?.text.flatMap(Sort.init), let objectID = document["_id"]?.text
      else { return nil }
      switch document["key"] {
      case .integer(let value): key = Double(value)
      case .number(let value): key = value
      default: return nil
      }
      self.sort = sort
      self.objectID = objectID
    }

    var text: String {
      let document = JSON.members([
        ("sort", .string(sort.rawValue)), ("key", .number(key)), ("_id", .string(objectID)),
      ])
      return Data(document.encoded()).base64EncodedString()
    }

    /// Whether a row comes after this place.
    func precedes(_ row: (key: Double, objectID: String)) -> Bool {
      row.key < key || (row.key == key && row.objectID > objectID)
    }
  }

  /// The largest page, and the page without `limit`.
  static let largestPage = 1000

  let filters: [String]
  let author: String?
  let search: String?
  let pipelineTag: String?
  let gated: Bool?
  let sort: Sort
  let limit: Int
  let cursor: Cursor?
  /// The members of each item beside `_id` and `id`.
  let members: [String]

  /// - Throws: a refusal with status 400 that lists the allowed values.
  init(_ request: HubRequest) throws(Refusal) {
    filters = request.queryValues("filter").flatMap { $0.split(separator: ",").map(String.init) }
    author = request.queryValue("author")
    search = request.queryValue("search")?.lowercased()
    pipelineTag = request.queryValue("pipeline_tag")
    gated = request.queryValue("gated").map { $0 == "true" }
    let order = request.queryValue("sort") ?? Sort.trendingScore.rawValue
    guard let sort = Sort(rawValue: order) else {
      throw .badParameter("Invalid sort parameter \"\(order)\": allowed are \(Sort.allCases.map(\.rawValue))")
    }
    self.sort = sort
    if let direction = request.queryValue("direction"), direction != "-1" {
      throw .badParameter("Invalid direction parameter \"\(direction)\": allowed is -1")
    }
    limit = try Self.limit(request, largest: Self.largestPage)
    cursor = try request.queryValue("cursor").map { (text) throws(Refusal) in
      guard let cursor = Cursor(text), cursor.sort == sort else { throw .badParameter("Invalid cursor") }
      return cursor
    }
    let flags = ["full", "config", "cardData"].filter { request.queryFlag($0) }
    if let expand = try Self.expand(request, allowed: ModelMembers.listNames) {
      guard flags.isEmpty else { throw .badParameter("expand cannot be used together with \(flags)") }
      members = expand
    } else {
      members =
        ModelMembers.item + (flags.contains("full") ? ModelMembers.full : []) + flags.filter { $0 != "full" }
    }
  }

  /// The page size that a request asks for, at most `largest`.
  static func limit(_ request: HubRequest, largest: Int) throws(Refusal) -> Int {
    guard let text = request.queryValue("limit") else { return largest }
    guard let limit = Int(text), limit > 0 else {
      throw .badParameter("Invalid limit parameter \"\(text)\": allowed are 1 to \(largest)")
    }
    return min(limit, largest)
  }

  /// The members that a request asks for by `expand`, each once; nil when it does not.
  static func expand(_ request: HubRequest, allowed: [String]) throws(Refusal) -> [String]? {
    let wanted = request.queryValues("expand")
    guard !wanted.isEmpty else { return nil }
    if let unknown = wanted.first(where: { !allowed.contains($0) }) {
      throw .badParameter(
        "Invalid expand parameter \"\(unknown)\": allowed are \(allowed.joined(separator: ", "))")
    }
    return allowed.filter { wanted.contains($0) }
  }

  /// Whether a repository is asked for.
  func wants(_ repo: Repo) -> Bool {
    if let author, repo.id.owner != author { return false }
    if let search, !repo.id.description.lowercased().contains(search) { return false }
    if let pipelineTag, repo.pipelineTag != pipelineTag { return false }
    if let gated, (repo.sidecar.gated != .open) != gated { return false }
    guard !filters.isEmpty else { return true }
    let tags = Set(repo.tags)
    return filters.allSatisfy { tags.contains($0) }
  }

  /// One page of what is wanted of `repos`, and whether more follow.
  func page(of repos: [Repo]) -> (rows: [Repo], hasMore: Bool) {
    let rows = repos.filter(wants).map { (repo: $0, key: sort.key($0), objectID: $0.objectID) }
      .filter { cursor?.precedes(($0.key, $0.objectID)) ?? true }
      .sorted { ($1.key, $0.objectID) < ($0.key, $1.objectID) }
    return (rows.prefix(limit).map(\.repo), rows.count > limit)
  }
}
