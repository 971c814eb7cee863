import Domain

/// Why a transfer did not end well, and where it went.
///
/// A status is not an error here: 404 and 503 are answers.
public struct HTTPError: ReportableError, Equatable {
  /// What went wrong.
  public enum Kind: String, Sendable, CaseIterable {
    /// The host's name has no address, or the resolver does not answer.
    case resolve
    /// Nobody listens there, or no route leads there.
    case connect
    /// The TLS handshake failed.
    case tls
    /// The server's certificate is not to be trusted.
    case certificate
    /// The proxy does not let us through.
    case proxy
    /// The proxy wants to know who we are, or does not believe it (407).
    case proxyAuthentication
    /// Connecting, or the first byte, or everything took too long.
    case timeout
    /// The connection broke.
    case reset
    /// The connection was given up because the machine has slept.
    case interrupted
    /// The body ended before its announced length.
    case truncated
    /// Less than the lowest speed for too long.
    case stalled
    /// More body, or more header, than the limit.
    case tooLarge
    /// The answer is not HTTP, or not the encoding that was asked for.
    case malformed
    /// The address that a name stands for is a private one.
    case privateAddress
    /// The task was cancelled, or the client was shut down.
    case cancelled
    /// The request cannot be sent as it is.
    case invalidRequest
    /// libcurl cannot work here.
    case unavailable
  }

  /// What went wrong.
  public let kind: Kind
  /// Scheme, host and path, without the query.
  public let address: String
  /// More about it, in printable ASCII; may be empty.
  public let detail: String

  /// An error at an address.
  public init(_ kind: Kind, at url: HTTPURL?, detail: String = "") {
    self.kind = kind
    address = url?.description ?? ""
    self.detail = HTTPText.presentable(detail)
  }

  /// Whether the same request may well succeed a little later.
  public var isTransient: Bool {
    switch kind {
    case .resolve, .connect, .tls, .timeout, .reset, .interrupted, .truncated, .stalled: true
    case .certificate, .proxy, .proxyAuthentication, .tooLarge, .malformed, .privateAddress, .cancelled,
      .invalidRequest, .unavailable:
      false
    }
  }

  /// Whether it is this one answer that is at fault, and not the way to the server.
  public var isOfOneAnswer: Bool { kind == .tooLarge || kind == .malformed || kind == .privateAddress }

  /// What happened, and where.
  public var problem: String {
    let words = Self.words(kind)
    let place = address.isEmpty ? words : "\(words) (\(address))"
    return detail.isEmpty ? place : "\(place): \(detail)"
  }

  /// What to do about it.
  public var advice: String? {
    switch kind {
    case .resolve: "check the network connection and the name server"
    case .connect, .timeout, .stalled: "check the network connection"
    case .certificate: "check this machine's clock; behind a company proxy, name its CA in network.ca_file"
    case .proxy: "check network.proxy in the configuration"
    case .proxyAuthentication: "check user and password of network.proxy in the configuration"
    default: nil
    }
  }

  /// 69 when the network or the other side is at fault, 1 or 78 otherwise.
  public var exitCode: ExitCode {
    switch kind {
    case .resolve, .connect, .tls, .certificate, .proxy, .timeout, .reset, .interrupted, .truncated, .stalled,
      .malformed, .privateAddress:
      .hubUnreachable
    case .tooLarge, .cancelled, .invalidRequest: .failed
    case .unavailable, .proxyAuthentication: .unusableSetup
    }
  }

  private static func words(_ kind: Kind) -> String {
    switch kind {
    case .resolve: "the host's name cannot be resolved"
    case .connect: "no connection to the host"
    case .tls: "the TLS handshake failed"
    case .certificate: "the server's certificate is not trusted"
    case .proxy: "the proxy refused the connection"
    case .proxyAuthentication: "the proxy does not accept our name and password (407)"
    case .timeout: "the server took too long"
    case .reset: "the connection broke"
    case .interrupted: "the connection was given up after a sleep"
    case .truncated: "the answer was cut short"
    case .stalled: "the transfer stood still"
    case .tooLarge: "the answer is larger than allowed"
    case .malformed: "the answer is malformed"
    case .privateAddress: "the host's name leads to a private address"
    case .cancelled: "the request was cancelled"
    case .invalidRequest: "the request is invalid"
    case .unavailable: "libcurl cannot be used"
    }
  }
}

extension HTTPError {
  /// Whether the request certainly reached nobody, so that to send it again cannot do a thing twice.
  public var isBeforeRequest: Bool {
    switch kind {
    case .resolve, .connect, .tls, .certificate, .proxy, .proxyAuthentication, .privateAddress, .invalidRequest,
      .unavailable:
      true
    case .timeout: ProgressWatch.isBeforeRequest(detail)
    case .reset, .interrupted, .truncated, .stalled, .tooLarge, .malformed, .cancelled: false
    }
  }
}
