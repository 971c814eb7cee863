/// The methods that hubwatch uses.
public enum HTTPMethod: String, Sendable, Hashable {
  case get = "GET"
  case head = "HEAD"
  case post = "POST"
}

/// Which bytes of a body are asked for.
public enum ByteRange: Hashable, Sendable {
  /// From an offset to the end.
  case from(Int64)
  /// Exactly these; never empty.
  case bytes(Range<Int64>)

  /// The value of a `Range` header.
  var headerValue: String {
    switch self {
    case .from(let offset): "bytes=\(offset)-"
    case .bytes(let range): "bytes=\(range.lowerBound)-\(range.upperBound - 1)"
    }
  }

  var isValid: Bool {
    switch self {
    case .from(let offset): offset >= 0
    case .bytes(let range): range.lowerBound >= 0 && !range.isEmpty
    }
  }
}

/// How a body may be encoded on its way.
public enum BodyEncoding: Hashable, Sendable {
  /// Byte for byte (`Accept-Encoding: identity`); any other encoding in the answer is an error. For blobs.
  case identity
  /// gzip is asked for and undone; a body that grows more than 200 times is an error.
  case gzip
}

/// One request. Nothing is followed, remembered or added to it but `Host`, `User-Agent` and `Accept`.
public struct HTTPRequest: Sendable {
  /// The method; `get` unless said otherwise.
  public var method: HTTPMethod
  /// Where it goes.
  public var url: HTTPURL
  /// Header fields beside those that the properties below stand for.
  public var headers: HTTPHeaders
  /// The bytes that are asked for; nil for all of them.
  public var range: ByteRange?
  /// The body of a POST.
  public var body: [UInt8]
  /// How the answer's body may be encoded.
  public var encoding: BodyEncoding
  /// When to give up.
  public var limits: HTTPLimits
  /// What this transfer shares the line with; nil for no limit.
  public var budget: BandwidthBudget?
  /// What holds this transfer back while its bytes cannot be put away; nil for nothing.
  public var backpressure: Backpressure?
  /// Whether requests to one host share a connection (HTTP/2 over TLS). Off for bulk transfers, where
  /// several connections are the point.
  public var sharesConnection: Bool
  /// Whether to refuse a connection to a loopback, private or link-local address, whatever the name says.
  /// Without effect behind a proxy, which does the resolving.
  public var refusesPrivateAddresses: Bool

  /// A request with the usual limits.
  public init(
    _ method: HTTPMethod = .get, _ url: HTTPURL, headers: HTTPHeaders = HTTPHeaders(),
    range: ByteRange? = nil,
    body: [UInt8] = [], encoding: BodyEncoding = .gzip, limits: HTTPLimits = HTTPLimits(),
    budget: BandwidthBudget? = nil, sharesConnection: Bool = true, refusesPrivateAddresses: Bool = false
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.range = range
    self.body = body
    self.encoding = encoding
    self.limits = limits
    self.budget = budget
    self.sharesConnection = sharesConnection
    self.refusesPrivateAddresses = refusesPrivateAddresses
  }
}
