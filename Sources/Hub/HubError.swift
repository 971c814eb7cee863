import Domain
import HTTP

/// Why the hub did not give what was asked, and about what it was asked.
public struct HubError: ReportableError, Equatable {
  /// What went wrong.
  public enum Kind: Sendable, Equatable {
    /// No such repository, or a private one.
    case repoNotFound
    /// The files may be had only after accepting terms on the page.
    case gated(page: String)
    /// No such branch, tag or commit.
    case revisionNotFound
    /// No such file in the revision.
    case entryNotFound
    /// The hub has disabled the repository.
    case disabled
    /// The token is not valid.
    case badToken
    /// The token, or its absence, does not permit it.
    case forbidden
    /// The quota is used up; seconds until it is worth another try.
    case rateLimited(retryAfter: Double)
    /// The host has failed again and again, and is left alone for so many seconds.
    case resting(seconds: Double)
    /// 408 or 5xx, also after the retries.
    case serverError(status: Int)
    /// The signed address of a file is no longer valid, also after asking for a new one.
    case locationExpired(status: Int)
    /// An answer that makes no sense; the detail says in what way.
    case unexpectedAnswer
    /// A redirect that must not be followed.
    case redirectRefused
    /// The endpoint's address is not acceptable.
    case invalidEndpoint
    /// The request never got an answer.
    case unreachable(HTTPError)
    /// The task was cancelled.
    case cancelled
  }

  /// What went wrong.
  public let kind: Kind
  /// The repository, the file in it, or the address.
  public let subject: String
  /// The server's words or ours, printable ASCII; may be empty.
  public let detail: String

  /// An error about a subject.
  public init(_ kind: Kind, _ subject: String, detail: String = "") {
    self.kind = kind
    self.subject = subject
    self.detail = String(
      detail.unicodeScalars.prefix(200).map { (32...126).contains($0.value) ? Character($0) : "?" })
  }

  /// What happened, and where.
  public var problem: String {
    detail.isEmpty ? "\(subject): \(words)" : "\(subject): \(words): \(detail)"
  }

  private var words: String {
    switch kind {
    case .repoNotFound: "the hub has no such repository, or it is private"
    case .gated: "the repository is gated"
    case .revisionNotFound: "the repository has no such revision"
    case .entryNotFound: "the revision has no such file"
    case .disabled: "the hub has disabled the repository"
    case .badToken: "the hub does not accept the token"
    case .forbidden: "the hub does not permit it"
    case .rateLimited(let seconds): "the hub's quota is used up for \(Int(seconds.rounded(.up))) s"
    case .resting(let seconds):
      "the host has failed again and again, and is left alone for \(Int(seconds.rounded(.up))) s"
    case .serverError(let status): "the hub answered \(status)"
    case .locationExpired(let status): "the file's address is no longer valid (\(status))"
    case .unexpectedAnswer: "the hub's answer makes no sense"
    case .redirectRefused: "a redirect was refused"
    case .invalidEndpoint: "not an acceptable hub address"
    case .unreachable(let error): error.problem
    case .cancelled: "cancelled"
    }
  }

  /// What to do about it.
  public var advice: String? {
    switch kind {
    case .repoNotFound: "check the spelling; for a private repository set a token that may read it"
    case .gated(let page): "accept its terms at \(page), and set a token"
    case .revisionNotFound: "leave out --revision, or name a branch, tag or commit of it"
    case .badToken: "renew the token at the hub, or remove it"
    case .forbidden: "use a token with read access"
    case .rateLimited: "try again later; a token raises the quota"
    case .serverError, .locationExpired, .resting: "try again later"
    case .unexpectedAnswer: "check that no captive portal or proxy answers in the hub's place"
    case .invalidEndpoint: "use an https:// address, or http:// for this machine"
    case .unreachable(let error): error.advice
    case .entryNotFound, .disabled, .redirectRefused, .cancelled: nil
    }
  }

  /// 69 when the hub cannot be had, 78 for a bad token or address, 1 for what the hub does not have or give.
  public var exitCode: ExitCode {
    switch kind {
    case .repoNotFound, .gated, .revisionNotFound, .entryNotFound, .disabled, .forbidden, .cancelled: .failed
    case .rateLimited, .serverError, .locationExpired, .resting, .unexpectedAnswer, .redirectRefused: .hubUnreachable
    case .badToken, .invalidEndpoint: .unusableSetup
    case .unreachable(let error): error.exitCode
    }
  }

  /// Whether the same request may well succeed later without anybody's doing.
  public var isTransient: Bool {
    switch kind {
    case .rateLimited, .serverError, .locationExpired, .resting: true
    case .unreachable(let error): error.isTransient
    default: false
    }
  }

  /// Whether it is worth waiting for: the same may well succeed later, or the way to the hub is at fault (the network, a
  /// certificate, the proxy), in which no repository has a part.
  public var isPassing: Bool {
    if case .unreachable(let error) = kind { return error.isTransient || !error.isOfOneAnswer }
    return isTransient
  }

  /// Whether the host itself failed, rather than what was asked of it.
  var isFailureOfHost: Bool {
    switch kind {
    case .serverError: true
    case .unreachable(let error): error.isTransient
    default: false
    }
  }
}
