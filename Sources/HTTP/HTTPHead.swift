/// The first part of an answer: all but the body.
public struct HTTPHead: Sendable, Hashable {
  /// The status code, 200 … 599. Interim answers (1xx) are not reported.
  public let status: Int
  /// `1.0`, `1.1`, `2` …
  public let version: String
  /// The header fields; trailers are not among them.
  public let headers: HTTPHeaders
  /// The address that answered.
  public let url: HTTPURL

  /// A head out of its parts.
  public init(status: Int, version: String = "1.1", headers: HTTPHeaders = HTTPHeaders(), url: HTTPURL) {
    self.status = status
    self.version = version
    self.headers = headers
    self.url = url
  }

  /// The body's length in bytes on the wire, where the server says it plainly.
  public var contentLength: Int64? {
    headers["Content-Length"].flatMap { HTTPText.number($0) }
  }

  /// The range that a 206 or 416 names; nil when the header is absent or malformed.
  public var contentRange: ContentRange? {
    headers["Content-Range"].flatMap(ContentRange.init)
  }
}

/// A whole answer in memory.
public struct HTTPResponse: Sendable {
  /// Status and headers.
  public let head: HTTPHead
  /// The body after decompression.
  public let body: [UInt8]

  /// An answer out of its parts.
  public init(head: HTTPHead, body: [UInt8]) {
    self.head = head
    self.body = body
  }
}
