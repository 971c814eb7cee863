/// What to list, and in which order.
///
/// Source of the parameters: the hub's API as recorded in 2026; an unknown `expand` is answered with 400.
public struct ModelQuery: Sendable, Hashable {
  /// The order; always descending.
  public enum Sort: String, Sendable, Hashable, CaseIterable {
    case createdAt
    case lastModified
    case downloads
    case likes
    case trendingScore
  }

  /// Tags that all have to be there: `gguf`, `llama`, `license:llama3.1` …
  public var filters: [String]
  /// A part of the id.
  public var search: String?
  /// A user or an organisation.
  public var author: String?
  /// The order; the hub's own default is trendingScore.
  public var sort: Sort
  /// Rows a page, 1 … 1000.
  public var limit: Int
  /// The members to ask for beside `_id` and `id`; the hub's own short set when empty.
  public var expand: [String]

  /// The members that a poll needs, none of them big.
  public static let pollMembers = [
    "author", "createdAt", "lastModified", "sha", "tags", "gated", "disabled", "private", "downloads",
    "likes",
    "trendingScore", "pipeline_tag", "library_name",
  ]

  /// The same with the hub's look into a GGUF file, which tells the architecture of repositories that have nothing else.
  public static let ggufPollMembers = pollMembers + ["gguf"]

  /// A query.
  public init(
    filters: [String] = [], search: String? = nil, author: String? = nil, sort: Sort = .createdAt,
    limit: Int = 100, expand: [String] = ModelQuery.pollMembers
  ) {
    self.filters = filters
    self.search = search
    self.author = author
    self.sort = sort
    self.limit = min(1000, max(1, limit))
    self.expand = expand
  }

  var items: [(name: String, value: String)] {
    var items = filters.map { (name: "filter", value: $0) }
    if let author { items.append(("author", author)) }
    if let search { items.append(("search", search)) }
    items.append(("sort", sort.rawValue))
    items.append(("limit", String(limit)))
    return items + expand.map { (name: "expand", value: $0) }
  }
}
