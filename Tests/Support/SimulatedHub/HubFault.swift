/// How an answer says when to come back.
public enum RetryHint: Sendable, Hashable {
  /// Not at all.
  case none
  /// `Retry-After: 17`
  case seconds(Int)
  /// `Retry-After: Wed, 21 Oct 2026 07:28:00 GMT`, so many seconds from now.
  case date(Int)
}

/// Something that goes wrong with one request. Faults of listings do nothing to other requests.
public enum HubFault: Sendable, Hashable {
  /// 429; until the hint's time is over, every request of the bucket is answered so.
  case tooMany(RetryHint)
  /// 429, and only `RateLimit` says that the window is used up.
  case windowUsedUp
  /// 500, 502, 503, 504 with a page of HTML.
  case serverError(Int, RetryHint)
  /// A login page with status 200, as captive portals send it.
  case html
  /// Content-Length is kept, but only half of the body comes.
  case truncated
  /// The connection ends without an answer.
  case cut
  /// 200, and an array within an array, ten thousand deep.
  case deepJSON
  /// A body that never ends, without Content-Length.
  case endless
  /// A body of 1 GiB, announced as such.
  case gigabyte
  /// Listing: the next link is the address that was asked for.
  case linkToItself
  /// Listing: the next link is the first page.
  case linkToStart
  /// Listing: the next link leads to another host.
  case linkElsewhere
  /// Listing: the page before comes once more; its next link leads to the page that was asked for.
  case repeatedPage
  /// Listing: rows that make no sense stand between the others.
  case brokenRows
  /// Listing: the times of one row are absurd.
  case absurdDate
}

/// Which requests go wrong, as a function of a seed.
public struct FaultPlan: Sendable {
  /// What the draws depend on.
  public var seed: UInt64
  /// The share of requests at which trouble begins.
  public var rate: Double
  /// What can happen; a kind that is named twice happens twice as often.
  public var kinds: [HubFault]
  /// The most requests in a row that one trouble lasts.
  public var longest = 1

  /// A plan.
  public init(seed: UInt64, rate: Double, kinds: [HubFault]) {
    self.seed = seed
    self.rate = rate
    self.kinds = kinds
  }

  /// What happens to the n-th request.
  func fault(request number: Int) -> HubFault? {
    guard !kinds.isEmpty else { return nil }
    for ago in 0..<max(1, longest) where ago < number {
      var draws = Draws(seed: seed, index: number - ago, purpose: 7)
      guard draws.chance(rate) else { continue }
      let kind = kinds[draws.below(kinds.count)]
      if ago <= draws.below(max(1, longest)) { return kind }
    }
    return nil
  }
}

/// Rows that no client may take for a model.
enum BrokenRow {
  static let all: [StaticString] = [
    "\"a string\"", "null", "42", "[]", "{}", "{\"likes\":3}",
    "{\"_id\":7,\"id\":8,\"tags\":\"gguf\"}",
    "{\"_id\":\"68aa00000000000000000001\",\"id\":\"evil/negative\",\"downloads\":-5,\"tags\":[\"gguf\"]}",
    "{\"_id\":\"68aa00000000000000000002\",\"id\":\"evil/huge\",\"likes\":99999999999999999999999999,\"tags\":[\"gguf\"]}",
    "{\"_id\":\"68aa00000000000000000003\",\"id\":\"evil/twice\",\"id\":\"evil/double\",\"tags\":[\"gguf\"]}",
    "{\"_id\":\"68aa00000000000000000004\",\"id\":\"../../../etc/passwd\",\"tags\":[\"gguf\"]}",
    "{\"_id\":\"68aa00000000000000000005\",\"id\":\"evil/hash\",\"sha\":\"main\",\"tags\":[\"gguf\"]}",
  ]
}
