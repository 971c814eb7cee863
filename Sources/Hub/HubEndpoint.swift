import HTTP

/// The hub's address, or that of a mirror.
public struct HubEndpoint: Sendable, Hashable, CustomStringConvertible {
  /// The address without a trailing slash: `https://huggingface.co`.
  public let description: String
  /// To whom the token may be sent.
  public let origin: HTTPURL.Origin
  /// Whether plain http and private addresses are allowed on the caller's word.
  public let allowsPrivate: Bool
  private let prefix: String

  /// The public hub.
  public static let huggingFace = HubEndpoint(
    origin: HTTPURL.Origin(scheme: "https", host: "huggingface.co", port: 443), prefix: "",
    allowsPrivate: false)

  /// The endpoint for an address out of the configuration or `HF_ENDPOINT`.
  ///
  /// - Parameter allowsPrivate: whether plain http to another machine, and redirects into a private network,
  ///   are allowed. The token is never sent over such a connection.
  /// - Throws: `HubError` of kind `invalidEndpoint` for anything but https, or http on a loopback host.
  public init(_ text: String, allowsPrivate: Bool = false) throws(HubError) {
    guard let url = HTTPURL(text), url.query == nil else {
      throw HubError(.invalidEndpoint, text.prefix { $0 != "?" && $0 != "@" }.description)
    }
    guard url.origin.scheme == "https" || url.origin.isLoopback || allowsPrivate else {
      throw HubError(.invalidEndpoint, url.description, detail: "plain http to another machine")
    }
    var prefix = url.path
    while prefix.hasSuffix("/") { prefix.removeLast() }
    self.init(origin: url.origin, prefix: prefix, allowsPrivate: allowsPrivate)
  }

  private init(origin: HTTPURL.Origin, prefix: String, allowsPrivate: Bool) {
    self.origin = origin
    self.prefix = prefix
    self.allowsPrivate = allowsPrivate
    description = origin.description + prefix
  }

  /// An address below the endpoint, out of path segments and query items that are not encoded yet.
  func url(_ segments: [String], _ query: [(name: String, value: String)] = []) -> HTTPURL {
    let path = segments.map { "/" + HTTPURL.escaped($0) }.joined()
    let items = query.map { "\(HTTPURL.escaped($0.name))=\(HTTPURL.escaped($0.value))" }.joined(
      separator: "&")
    return HTTPURL(origin: origin, path: prefix + path, query: items.isEmpty ? nil : items)
  }

  /// Whether a token may go to an address: the endpoint's own origin, encrypted or on this machine.
  func mayReceiveToken(_ url: HTTPURL) -> Bool {
    url.origin == origin && (origin.scheme == "https" || origin.isLoopback)
  }

  /// Whether a redirect may lead to an address.
  ///
  /// From the public hub: huggingface.co, hf.co and hosts below hf.co, over https. From this machine: this
  /// machine. From any other endpoint: its own host, never from https back to http.
  func mayRedirect(to url: HTTPURL) -> Bool {
    let host = url.origin.host
    if origin.isLoopback { return url.origin.isLoopback }
    guard url.origin.scheme == "https" || origin.scheme == "http" else { return false }
    if origin.host == "huggingface.co" {
      return host == "huggingface.co" || host == "hf.co" || host.hasSuffix(".hf.co")
    }
    return host == origin.host
  }

  /// Whether connections to an address must not end in a private network: those to hosts that a redirect named. On the
  /// caller's word the endpoint's own host may lie there, and nothing else.
  func distrustsAddress(of url: HTTPURL) -> Bool {
    url.origin != origin && !origin.isLoopback && !(allowsPrivate && url.origin.host == origin.host)
  }

  /// The quota that an address counts against; nil outside of the endpoint.
  func bucket(_ url: HTTPURL) -> RateBucket? {
    guard url.origin == origin else { return nil }
    let path = url.path.dropFirst(prefix.utf8.count)
    if path.hasPrefix("/api/resolve-cache/") || path.contains("/resolve/") { return .resolvers }
    return path.hasPrefix("/api/") ? .api : .pages
  }
}
