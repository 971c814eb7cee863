import CCurl
import Domain
import Glibc
import Synchronization

/// An HTTP client: one thread, any number of concurrent requests, no redirects, no cookies, no retries but one: a request
/// that a kept connection swallowed before a byte came back is sent once more over a fresh one.
///
/// ```swift
/// let client = try HTTPClient(.init(userAgent: "hubwatch/1.0"))
/// let response = try await client.data(for: HTTPRequest(.get, url))
/// await client.shutdown()
/// ```
///
/// Cancelling the task cancels the transfer within milliseconds.
public final class HTTPClient: Sendable {
  /// What holds for all requests of a client.
  public struct Configuration: Sendable {
    /// Which addresses of a host are tried.
    public enum AddressFamily: Sendable {
      case any
      case ipv4
      case ipv6

      var curlValue: Int {
        switch self {
        case .any: Int(CURL_IPRESOLVE_WHATEVER)
        case .ipv4: Int(CURL_IPRESOLVE_V4)
        case .ipv6: Int(CURL_IPRESOLVE_V6)
        }
      }
    }

    /// The `User-Agent` of every request.
    public var userAgent: String
    /// A PEM file of certificate authorities to trust; nil for the system's.
    public var certificateAuthorityFile: String?
    /// The proxy's address without user and password; nil for none. The environment is never asked.
    public var proxy: String?
    /// `user:password` for the proxy.
    public var proxyCredentials: Secret?
    /// Hosts that are reached without the proxy, separated by commas.
    public var proxyExceptions: String
    /// Which addresses are tried.
    public var addressFamily: AddressFamily
    /// Addresses of hosts in place of the name server's, `host:port:address,address`, as a hosts file has them. For tests.
    var hosts: @Sendable () -> [String] = { [] }
    /// Transfers at one time; further ones wait for their turn, and their limits begin with it.
    public var maximumTransfers: Int

    /// The usual configuration.
    public init(
      userAgent: String, certificateAuthorityFile: String? = nil, proxy: String? = nil,
      proxyCredentials: Secret? = nil, proxyExceptions: String = "", addressFamily: AddressFamily = .any,
      maximumTransfers: Int = 32
    ) {
      self.userAgent = userAgent
      self.certificateAuthorityFile = certificateAuthorityFile
      self.proxy = proxy
      self.proxyCredentials = proxyCredentials
      self.proxyExceptions = proxyExceptions
      self.addressFamily = addressFamily
      self.maximumTransfers = max(1, maximumTransfers)
    }
  }

  /// The most bytes of a body that `data` takes, after decompression, unless the request says otherwise: 16 MiB.
  public static let defaultBodyLimit: Int64 = 16 << 20

  /// What holds for all requests.
  public let configuration: Configuration
  private let loop: CurlLoop
  private let lastID = Atomic<UInt64>(0)

  /// Begins a client and its thread.
  ///
  /// - Throws: `HTTPError` of kind `unavailable` when libcurl or the system refuses.
  public init(_ configuration: Configuration) throws(HTTPError) {
    self.configuration = configuration
    loop = try CurlLoop(configuration)
    try loop.start()
  }

  deinit {
    loop.close()
    loop.detach()
  }

  /// Cancels all transfers and waits for the thread's end. Later requests fail as cancelled.
  public func shutdown() async {
    let loop = loop
    loop.close()
    await withCheckedContinuation { continuation in
      // Joining blocks for as long as a sink still writes, which must not hold up a thread of the task pool.
      let join = { @Sendable in
        loop.join()
        continuation.resume()
      }
      // Without a thread to spare, this one waits.
      if let thread = BlockingThread.start(join) { pthread_detach(thread) } else { join() }
    }
  }

  /// A whole answer in memory, whatever its status.
  ///
  /// - Throws: `HTTPError`; `tooLarge` above `request.limits.body`, or 16 MiB when that is nil.
  public func data(for request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
    var capped = request
    capped.limits.body = request.limits.body ?? Self.defaultBodyLimit
    let buffer = BodyBuffer()
    do {
      let head = try await transfer(capped, sink: buffer)
      return HTTPResponse(head: head, body: buffer.body)
    } catch let error as HTTPError {
      throw error
    } catch {
      throw HTTPError(.cancelled, at: request.url)
    }
  }

  /// Streams an answer into a sink, whatever its status.
  ///
  /// - Returns: the head, after the last byte of the body.
  /// - Throws: the sink's own error, or `HTTPError`.
  public func transfer(_ request: HTTPRequest, sink: some BodySink) async throws -> HTTPHead {
    try check(request)
    let id = lastID.add(1, ordering: .relaxed).newValue
    let cancellation = CancellationFlag()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        loop.post(
          .start(
            TransferOrder(
              id: id, request: request, sink: sink, usesProxy: configuration.proxy != nil,
              cancellation: cancellation, continuation: continuation)))
      }
    } onCancel: {
      cancellation.set()
      loop.post(.cancel(id))
    }
  }

  /// Believes no connection and no name any more, because the machine has slept or is in another network: what is
  /// under way ends as `interrupted`, and what begins from now on connects anew.
  public func forgetConnections() { loop.post(.forgetConnections) }

  private func check(_ request: HTTPRequest) throws(HTTPError) {
    guard request.headers.isSendable else {
      throw HTTPError(.invalidRequest, at: request.url, detail: "a header holds a control character")
    }
    guard request.range?.isValid ?? true else {
      throw HTTPError(.invalidRequest, at: request.url, detail: "an empty range")
    }
    guard request.body.isEmpty || request.method == .post else {
      throw HTTPError(.invalidRequest, at: request.url, detail: "a body needs POST")
    }
  }
}
