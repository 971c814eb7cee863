import HTTP

/// The addresses of one chain of redirects: at most five hops, none twice, only where the endpoint may send us.
struct RedirectTrail {
  static let longest = 5

  private(set) var url: HTTPURL
  private var seen: Set<HTTPURL>

  init(start: HTTPURL) {
    url = start
    seen = [start]
  }

  /// Moves on to where an answer of 3xx points.
  ///
  /// - Throws: `redirectRefused`, or `unexpectedAnswer` without a usable `Location`.
  mutating func follow(
    _ head: HTTPHead, endpoint: HubEndpoint, subject: RequestSubject
  ) throws(HubError) -> HTTPURL {
    guard let location = head.headers["Location"], let next = url.resolving(location) else {
      throw HubError(
        .unexpectedAnswer, subject.name, detail: "status \(head.status) without a usable Location")
    }
    guard endpoint.mayRedirect(to: next) else {
      throw HubError(.redirectRefused, subject.name, detail: "\(next.origin) is not a host of the hub")
    }
    guard seen.insert(next).inserted else {
      throw HubError(.redirectRefused, subject.name, detail: "the redirects go in a circle")
    }
    guard seen.count <= Self.longest + 1 else {
      throw HubError(.redirectRefused, subject.name, detail: "more than \(Self.longest) redirects")
    }
    url = next
    return next
  }
}
