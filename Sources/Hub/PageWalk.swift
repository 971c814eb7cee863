import HTTP

/// Why there is, or is not, a further page.
public enum PageEnd: Sendable, Hashable {
  /// Another page follows.
  case more
  /// This was the last one.
  case last
  /// The next link was seen before: the hub goes in a circle.
  case repeatedCursor
  /// The next link leads elsewhere than to this listing, and was not followed.
  case foreignLink
  /// So many pages are enough.
  case pageLimit
}

/// Walks along the `Link` headers of a listing: a state machine without I/O.
struct PageWalk {
  private let first: HTTPURL
  private let pageLimit: Int
  /// Hashes: a listing of ten thousand pages would be megabytes of addresses.
  private var seen: Set<Int>
  private var pages = 0

  /// The next page's address; nil at the end.
  private(set) var next: HTTPURL?

  init(first: HTTPURL, pageLimit: Int) {
    self.first = first
    self.pageLimit = pageLimit
    seen = [first.hashValue]
    next = first
  }

  /// Takes a page's head, and moves on.
  mutating func advance(_ head: HTTPHead) -> PageEnd {
    pages += 1
    next = nil
    guard let link = LinkHeader.next(in: head.headers.values("Link")) else { return .last }
    guard let url = head.url.resolving(link), url.origin == first.origin, url.path == head.url.path else {
      return .foreignLink
    }
    guard seen.insert(url.hashValue).inserted else { return .repeatedCursor }
    guard pages < pageLimit else { return .pageLimit }
    next = url
    return .more
  }
}
