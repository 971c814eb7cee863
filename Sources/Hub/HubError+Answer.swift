import Domain
import HTTP

/// What a request was about, as far as errors depend on it.
struct RequestSubject: Sendable {
  var repo: RepoID?
  var path: RepoPath?
  /// Whether the hub's own address was asked with a token.
  var hasToken: Bool
  /// The endpoint, for the page of a gated repository.
  var endpoint: String

  var name: String {
    guard let repo else { return endpoint }
    return path.map { "\(repo)/\($0)" } ?? repo.description
  }
}

extension HubError {
  /// The error that a status of 400 and above means.
  ///
  /// The hub's `X-Error-Code` decides first, then the status and `X-Error-Message`. An anonymous 401 without a
  /// code is how the hub speaks of a repository that is missing or private.
  ///
  /// - Parameter words: the beginning of the body, for want of a message.
  init(answer head: HTTPHead, subject: RequestSubject, now: Double, words: String = "") {
    let message = head.headers["X-Error-Message"] ?? words
    let kind: Kind
    switch head.headers["X-Error-Code"] {
    case "RepoNotFound": kind = .repoNotFound
    case "GatedRepo":
      kind = .gated(page: subject.repo.map { "\(subject.endpoint)/\($0)" } ?? subject.endpoint)
    case "RevisionNotFound": kind = .revisionNotFound
    case "EntryNotFound": kind = .entryNotFound
    default:
      switch head.status {
      case 401: kind = subject.hasToken || subject.repo == nil ? .badToken : .repoNotFound
      case 403: kind = message == "Access to this resource is disabled." ? .disabled : .forbidden
      case 404, 410: kind = subject.path != nil ? .entryNotFound : .repoNotFound
      case 429:
        let wait = head.headers["Retry-After"].flatMap(RetryAfter.init).map { $0.wait(now: now) }
        let reset = head.headers["RateLimit"].map(RateLimitHeader.items)?.first?.reset.map(Double.init)
        kind = .rateLimited(retryAfter: min(RateLimiter.longestWait, wait ?? reset ?? 60))
      case 408, 500...599: kind = .serverError(status: head.status)
      default: kind = .unexpectedAnswer
      }
    }
    let detail = kind == .unexpectedAnswer ? "status \(head.status) \(message)" : message
    self.init(kind, subject.name, detail: detail)
  }
}
