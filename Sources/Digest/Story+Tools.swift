import Catalog
import Domain
import Foundation

extension Story {
  /// What happened to the repository of a tool.
  public enum ToolKind: String, Sendable, Encodable {
    /// It has new tags.
    case tag
    /// Its default branch moved.
    case commit
    /// Tags of it name something else than before.
    case moved
    /// Tags of it are gone.
    case removed
    /// It answered for the first time.
    case first
    /// It has not answered for a day or longer.
    case unreachable
  }

  /// Two ends of a move of a branch or tag.
  public struct Move: Sendable, Encodable, Equatable {
    /// Full object id; nil when there was none.
    public var from: String?
    /// Full object id; nil when there is none.
    public var to: String?
  }

  /// One kind of change of one tool in the window.
  public struct Tool: Sendable, Encodable, Equatable {
    /// The tool's name.
    public var name: String
    /// Its repository's address.
    public var url: String
    /// What happened.
    public var kind: ToolKind
    /// The newest of the tags it is about; for `first`, the newest of all.
    public var tag: String?
    /// For a branch, or one moved tag: from where to where.
    public var commits: Move?
    /// When the last check found it; for `unreachable`, since when.
    public var at: Date
    /// A page that shows it.
    public var link: String?
    /// Tags that were new in the window; 0 for other kinds.
    public var newTags: Int
    /// Why it does not answer.
    public var reason: String?
    /// The words for a person; not part of the JSON form.
    var words: String

    private enum CodingKeys: String, CodingKey { case name, url, kind, tag, commits, at, link, newTags, reason }

    /// Every key of the contract is there; what is not known is null.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(name, forKey: .name)
      try container.encode(url, forKey: .url)
      try container.encode(kind, forKey: .kind)
      try container.encode(tag, forKey: .tag)
      try container.encode(commits, forKey: .commits)
      try container.encode(at, forKey: .at)
      try container.encode(link, forKey: .link)
      try container.encode(newTags, forKey: .newTags)
      try container.encode(reason, forKey: .reason)
    }
  }
}

/// What the catalog knows of watched repositories, as entries of a story.
struct ToolTeller {
  let catalog: Catalog

  /// Seconds for which a repository may be silent before it is told.
  static let patience = 86_400.0

  /// The changes in `since < at <= until`, those of one repository beside each other.
  func entries(since: Date, until: Date) throws(CatalogError) -> [Story.Tool] {
    var entries: [Story.Tool] = []
    let news = Dictionary(grouping: try catalog.upstreamNews(since: since, until: until), by: \.url)
    for upstream in try catalog.upstreams() {
      let own = news[upstream.url] ?? []
      for kind in UpstreamNews.Kind.allCases {
        let rows = own.filter { $0.news.kind == kind }
        if let entry = entry(upstream, kind, rows) { entries.append(entry) }
      }
      if let first = upstream.firstSuccessAt, first > since, first <= until {
        let place = upstream.newestTag ?? upstream.head?.short
        entries.append(
          Story.Tool(
            name: upstream.name, url: upstream.url, kind: .first, tag: upstream.newestTag,
            commits: Story.Move(from: nil, to: upstream.head?.description), at: first, newTags: 0,
            words: place ?? "no commit yet"))
      }
      if let trouble = upstream.trouble, let start = upstream.troubleSince,
        until.timeIntervalSince(start) >= Self.patience
      {
        entries.append(
          Story.Tool(
            name: upstream.name, url: upstream.url, kind: .unreachable, at: start, newTags: 0, reason: trouble,
            words: "not reachable since \(Phrases.time(start)): \(trouble)"))
      }
    }
    return entries
  }

  /// The sum of one kind of change of one repository over all checks of the window.
  private func entry(
    _ upstream: UpstreamRecord, _ kind: UpstreamNews.Kind, _ rows: [UpstreamNewsRecord]
  ) -> Story.Tool? {
    guard let first = rows.first, let last = rows.last else { return nil }
    var sum = last.news
    sum.count = rows.reduce(0) { $0.addingReportingOverflow($1.news.count).partialValue }
    switch kind {
    case .tag, .removed:
      // The last check may have found one of another family only.
      let names = rows.map(\.news.name)
      sum.name = names.last { $0 == upstream.newestTag } ?? last.news.name
    case .commit:
      sum.count = 1
      sum.old = first.news.old
      // Moved away and back again: nothing to tell.
      if sum.old == sum.new { return nil }
    case .moved:
      // A tag such as `nightly` moves at every check, and is still one tag.
      sum.count = max(Set(rows.map(\.news.name)).count, rows.map(\.news.count).max() ?? 1)
      sum.old = first.news.old
      if sum.count == 1, sum.old == sum.new { return nil }
    }
    let isMove = kind == .commit || kind == .moved && sum.count == 1
    return Story.Tool(
      name: upstream.name, url: upstream.url, kind: Story.ToolKind(kind), tag: kind == .commit ? nil : sum.name,
      commits: isMove ? Story.Move(from: sum.old?.description, to: sum.new?.description) : nil, at: last.at,
      link: UpstreamPhrases.link(sum, url: upstream.url), newTags: kind == .tag ? sum.count : 0,
      words: UpstreamPhrases.words(sum))
  }
}

extension Story.ToolKind {
  init(_ kind: UpstreamNews.Kind) {
    self =
      switch kind {
      case .tag: .tag
      case .commit: .commit
      case .moved: .moved
      case .removed: .removed
      }
  }
}
