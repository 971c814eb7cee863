import Domain
import HTTP

/// One page of a listing.
public struct ModelPage: Sendable {
  /// The rows that make sense, in the hub's order.
  public let models: [ModelListing]
  /// The rows that do not.
  public let skipped: [SkippedRow]
  /// Whether and why this is the last page.
  public let end: PageEnd
  /// Where the next page is, as the hub says it, to be stored and gone on from later; nil on the last page, and when
  /// it lies elsewhere.
  public let next: String?
  /// The server's `Date`, in seconds since 1970; nil when it does not say.
  public let serverTime: Int64?
  /// Members that were asked for and that we rely on, and that not one row of the page has: the hub no longer speaks
  /// as it did.
  public let drift: [String]
}

/// The pages of a listing; each is asked for when it is wanted.
public struct ModelPages: AsyncSequence, Sendable {
  /// One page.
  public typealias Element = ModelPage
  /// What a request may throw.
  public typealias Failure = HubError

  let client: HubClient
  let query: ModelQuery
  let pageLimit: Int
  let from: String?

  /// Asks for one page after the other.
  public struct Iterator: AsyncIteratorProtocol {
    let client: HubClient
    var walk: PageWalk
    private var ahead: PageAhead?

    /// Whether the page after the next one is asked for while the next one is read; for a caller who is sure to want it.
    public var readsAhead = false

    private let expand: [String]

    init(client: HubClient, walk: PageWalk, expand: [String]) {
      self.client = client
      self.walk = walk
      self.expand = expand
    }

    /// The next page; nil after the last.
    public mutating func next() async throws(HubError) -> ModelPage? {
      guard let url = walk.next else { return nil }
      let subject = client.subject()
      let response: HTTPResponse
      if let ahead {
        self.ahead = nil
        response = try await ahead.response()
      } else {
        response = try await client.get(url, subject: subject)
      }
      let end = walk.advance(response.head)
      if readsAhead, response.head.status == 200, let next = walk.next { ahead = PageAhead(client, next) }
      let (rows, skipped) = try Rows.decode(ModelListing.self, response, subject: subject)
      let date = response.head.headers["Date"].flatMap(HTTPDate.seconds)
      let next = end == .last || end == .foreignLink ? nil : LinkHeader.next(in: response.head.headers.values("Link"))
      return ModelPage(
        models: rows, skipped: skipped, end: end, next: next, serverTime: date,
        drift: SchemaDrift.members(rows, skipped, expand: expand))
    }
  }

  /// Begins at the first page.
  public func makeAsyncIterator() -> Iterator {
    let top = client.endpoint.url(["api", "models"], query.items)
    // What was stored is as foreign as what the hub says now.
    let stored = from.flatMap { top.resolving($0) }.flatMap {
      $0.origin == top.origin && $0.path == top.path ? $0 : nil
    }
    let first = stored ?? top
    return Iterator(client: client, walk: PageWalk(first: first, pageLimit: pageLimit), expand: query.expand)
  }
}

extension HubClient {
  /// A listing of models, page by page.
  ///
  /// - Parameters:
  ///   - pageLimit: the most pages; the last one then says `pageLimit`.
  ///   - from: the `next` of an earlier page; the first page when nil, or when it leads elsewhere.
  public func models(_ query: ModelQuery, pageLimit: Int = 20, from: String? = nil) -> ModelPages {
    ModelPages(client: self, query: query, pageLimit: max(1, pageLimit), from: from)
  }

  /// What the hub says of one model.
  ///
  /// - Parameters:
  ///   - revision: a branch, tag or commit; nil for main.
  ///   - expand: the members to ask for; the hub's full set when empty.
  /// - Throws: `repoNotFound`, `revisionNotFound`, `disabled`, and what every request may throw.
  public func modelInfo(
    _ id: RepoID, revision: String? = nil, expand: [String] = []
  ) async throws(HubError) -> ModelListing {
    let subject = subject(id)
    let segments = ["api", "models"] + Self.segments(id) + (revision.map { ["revision", $0] } ?? [])
    let url = endpoint.url(segments, expand.map { (name: "expand", value: $0) })
    return try Rows.decodeOne(ModelListing.self, try await get(url, subject: subject), subject: subject)
  }

  /// What the hub says of one model, if that has changed.
  ///
  /// - Parameters:
  ///   - expand: the members to ask for; counters among them change at every answer.
  ///   - etag: the entity tag of the last answer to the same question.
  /// - Throws: as `modelInfo`.
  public func modelInfo(
    _ id: RepoID, expand: [String], unlessMatching etag: String?
  ) async throws(HubError) -> ModelAnswer {
    let subject = subject(id)
    let url = endpoint.url(["api", "models"] + Self.segments(id), expand.map { (name: "expand", value: $0) })
    let response = try await get(url, subject: subject, unlessMatching: etag)
    if response.head.status == 304 { return .unchanged }
    return .changed(
      try Rows.decodeOne(ModelListing.self, response, subject: subject), etag: response.head.headers["ETag"])
  }

  static func segments(_ id: RepoID) -> [String] { id.description.split(separator: "/").map(String.init) }
}

/// The answer to a conditional question.
public enum ModelAnswer: Sendable {
  /// What was said last time still holds.
  case unchanged
  /// What holds now, and the entity tag to ask with the next time.
  case changed(ModelListing, etag: String?)
}
