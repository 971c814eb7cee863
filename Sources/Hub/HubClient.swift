import Domain
import HTTP

/// The hub's API, typed.
///
/// ```swift
/// let hub = HubClient(endpoint: .huggingFace, token: nil, http: client)
/// for try await page in hub.models(ModelQuery(filters: ["gguf"], sort: .createdAt)) { … }
/// ```
///
/// Every function throws `HubError`. Requests are held back by the rate limiter, and retried as `Options` says.
public struct HubClient: Sendable {
  /// How stubborn a client is.
  public struct Options: Sendable {
    /// Further tries after 408, 429 and 5xx.
    public var retries = 4
    /// Tries altogether while no connection comes about or it breaks.
    public var connectionTries = 3
    /// Seconds; the n-th wait is drawn evenly from 0 … baseDelay · 2^(n-1).
    public var baseDelay: Double = 1
    /// The most seconds that one request waits in all, the rate limiter included.
    public var longestWait: Double = 330
    /// Seconds that one answer of the API may take.
    public var answerLimit: Duration = .seconds(120)
    /// Draws from a range, so that many clients do not come back at the same moment.
    public var jitter: @Sendable (ClosedRange<Double>) -> Double = { Double.random(in: $0) }

    /// The usual options.
    public init() {}
  }

  /// The User-Agent for a version of hubwatch, in the hub's own form.
  public static func userAgent(version: String) -> String { "hubwatch/\(version); swift/6; linux" }

  /// The hub's address.
  public let endpoint: HubEndpoint
  let http: HTTPClient
  let options: Options
  let clock: HubClock
  private let token: Secret?
  let gate: RequestGate

  /// A client.
  ///
  /// - Parameters:
  ///   - token: sent to the endpoint's own origin only, and only over https or loopback.
  ///   - http: carries the User-Agent; it may be shared.
  ///   - politeness: the state that the last run stored.
  public init(
    endpoint: HubEndpoint, token: Secret?, http: HTTPClient, politeness: Politeness = Politeness(),
    options: Options = Options(), clock: HubClock = .system
  ) {
    self.endpoint = endpoint
    self.token = token
    self.http = http
    self.options = options
    self.clock = clock
    gate = RequestGate(politeness: politeness, clock: clock)
  }

  /// What is known of the hub's patience as it stands, to be stored.
  public var politeness: Politeness {
    get async { await gate.state }
  }

  /// Seconds by which the hub's clock is ahead of ours, negative when it is behind; nil before its first answer.
  public var clockSkew: Double? {
    get async { await gate.clockSkew }
  }

  /// Whether requests to the hub carry a token.
  public var hasToken: Bool {
    token != nil && (endpoint.origin.scheme == "https" || endpoint.origin.isLoopback)
  }

  /// The client's time, in seconds since 1970.
  public var now: Double { clock.now() }

  func subject(_ repo: RepoID? = nil, _ path: RepoPath? = nil) -> RequestSubject {
    RequestSubject(repo: repo, path: path, hasToken: hasToken, endpoint: endpoint.description)
  }

  /// A request with the token where it belongs, and the guard against private addresses where that belongs.
  func request(_ method: HTTPMethod, _ url: HTTPURL, encoding: BodyEncoding) -> HTTPRequest {
    var request = HTTPRequest(method, url, encoding: encoding)
    if let token, endpoint.mayReceiveToken(url) {
      request.headers["Authorization"] = "Bearer \(token.revealed())"
    }
    request.refusesPrivateAddresses = endpoint.distrustsAddress(of: url)
    return request
  }

  /// A GET of the API, redirects within the endpoint's origin followed: an answer of 200, or 304 when `etag` is the
  /// entity tag of what there is.
  func get(
    _ url: HTTPURL, subject: RequestSubject, unlessMatching etag: String? = nil
  ) async throws(HubError) -> HTTPResponse {
    var hops = RedirectTrail(start: url)
    while true {
      var request = request(.get, hops.url, encoding: .gzip)
      request.headers["Accept"] = "application/json"
      if let etag, etag.utf8.count <= 256 { request.headers["If-None-Match"] = etag }
      request.limits.total = options.answerLimit
      let response = try await send(request, subject: subject)
      if response.head.status == 304, etag != nil { return response }
      guard (300..<400).contains(response.head.status) else { return response }
      let next = try hops.follow(response.head, endpoint: endpoint, subject: subject)
      guard next.origin == endpoint.origin else {
        throw HubError(.redirectRefused, subject.name, detail: "the API sent us to \(next.origin.host)")
      }
    }
  }

  /// One request with its retries: an answer below 400.
  func send(_ request: HTTPRequest, subject: RequestSubject) async throws(HubError) -> HTTPResponse {
    try await retrying(request.url, subject: subject) { () async throws -> HTTPResponse in
      try await http.data(for: request)
    } head: {
      $0.head
    }
  }

  /// Makes an attempt until it gives an answer below 400, an error that lasts, or patience ends.
  func retrying<Answer: Sendable>(
    _ url: HTTPURL, subject: RequestSubject, attempt: () async throws -> Answer, head: (Answer) -> HTTPHead
  ) async throws(HubError) -> Answer {
    var patience = Patience(options: options)
    while true {
      if let wait = await gate.pause(of: url.origin.authority) {
        throw HubError(.resting(seconds: wait), subject.name)
      }
      try await passGate(url, subject: subject, patience: &patience)
      let wait: Double?
      let failure: HubError
      do {
        let answer = try await attempt()
        let head = head(answer)
        if let bucket = endpoint.bucket(url) { await gate.observed(head, bucket: bucket) }
        if head.status < 500 { await gate.succeeded(url.origin.authority) }
        guard head.status >= 400 else { return answer }
        failure = HubError(answer: head, subject: subject, now: clock.now())
        wait = patience.waitAfterAnswer(failure.kind, head: head, now: clock.now())
      } catch let error as HTTPError {
        failure =
          error.kind == .cancelled
          ? HubError(.cancelled, subject.name) : HubError(.unreachable(error), subject.name)
        wait = error.isTransient ? patience.waitAfterBrokenConnection() : nil
      } catch let error as HubError {
        throw error
      } catch {
        throw HubError(.cancelled, subject.name)
      }
      guard let wait, patience.spend(wait) else {
        if failure.isFailureOfHost { await gate.failed(url.origin.authority) }
        throw failure
      }
      try await sleep(wait, subject: subject)
    }
  }

  /// Waits until the quotas allow a request.
  ///
  /// - Throws: `rateLimited` when that takes too long, `cancelled`.
  func passGate(_ url: HTTPURL, subject: RequestSubject, patience: inout Patience) async throws(HubError) {
    guard let bucket = endpoint.bucket(url) else { return }
    while true {
      let wait = await gate.ask(bucket)
      guard wait > 0 else { return }
      guard patience.spend(wait) else { throw HubError(.rateLimited(retryAfter: wait), subject.name) }
      // A little later than allowed, so that two clocks need not agree to the millisecond.
      try await sleep(wait + options.jitter(0...min(0.5, wait / 10)), subject: subject)
    }
  }

  private func sleep(_ seconds: Double, subject: RequestSubject) async throws(HubError) {
    do {
      try await clock.sleep(seconds)
    } catch {
      throw HubError(.cancelled, subject.name)
    }
  }
}
