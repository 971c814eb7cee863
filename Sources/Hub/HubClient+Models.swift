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
  /// Where the next page is, path and query only; nil on the last page.
  public let next: String?
  /// The server's `Date`, in seconds since 1970; nil when it does not say.
  public let serverTime: Int64?
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

    /// The next page; nil after the last.
    public mutating func next() async throws(HubError) -> ModelPage? {
      guard let url = walk.next else { return nil }
      let subject = client.subject()
      let response = try await client.get(url, subject: subject)
      let (rows, skipped) = try Rows.decode(ModelListing.self, response, subject: subject)
      let end = walk.advance(response.head)
      let date = response.head.headers["Date"].flatMap(HTTPDate.seconds)
      return ModelPage(models: rows.map(\.row), skipped: skipped, end: end, next: LinkHeader.next(in: response.head.headers.values("Link")), serverTime: date)
    }
  }

  /// Begins at the first page.
  public func makeAsyncIterator() -> Iterator {
    let top = client.endpoint.url(["api", "models"], query.items)
    let first = from.flatMap { top.resolving($0) } ?? top
    return Iterator(client: client, walk: PageWalk(first: first, pageLimit: pageLimit))
  }
}

extension HubClient {
  /// A listing of models, page by page.
  ///
  /// - Parameter pageLimit: the most pages; the last one then says `pageLimit`.
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

  static func segments(_ id: RepoID) -> [String] { id.description.split(separator: "/").map(String.init) }
}

public enum ModelAnswer: Sendable { case unchanged, changed(ModelListing, etag: String?) }
extension HubClient {
  public func modelInfo(_ id: RepoID, expand: [String], unlessMatching etag: String?) async throws(HubError) -> ModelAnswer {
    .changed(try await modelInfo(id, expand: expand), etag: nil)
  }
}
extension HubError.Kind { public var isRefusedCursor: Bool { self == .unexpectedAnswer } }
extension ModelQuery { public static let ggufPollMembers = pollMembers + ["gguf"] }
