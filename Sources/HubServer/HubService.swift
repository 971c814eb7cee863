import Domain
import Foundation

/// What both ports share.
struct HubParts: Sendable {
  let options: HubServerOptions
  let store: RepoStore
  let log: RequestLog
  let faults: FaultScript
  let signer = AddressSigner()
}

/// Answers requests to the hub's port.
struct HubService: Sendable {
  let parts: HubParts
  let limiter: RateLimiter
  /// Where the CDN listens.
  let cdnPort: UInt16

  /// The answer to a request, counted against the caller's quota.
  func answer(_ request: HubRequest) async -> Answer {
    let caller = Caller(header: request.header("Authorization"), tokens: parts.options.tokens)
    let bucket = RateLimiter.Bucket(segments: request.segments ?? [])
    let standing = await limiter.count(caller: caller.name, bucket: bucket, now: parts.options.now())
    var answer = await answer(request, caller: caller, standing: standing)
    answer.headers += standing.headers
    return answer
  }

  private func answer(_ request: HubRequest, caller: Caller, standing: RateLimiter.Standing) async -> Answer {
    guard standing.isAllowed else {
      let text =
        "We had to rate limit your IP. To continue using our service, wait \(standing.reset) seconds."
      return Refusal(429, text, isJSON: false, headers: [("Retry-After", "\(standing.reset)")]).answer
    }
    let path = "/" + (request.segments ?? []).joined(separator: "/")
    let fault = await parts.faults.next(for: path, hasBody: !request.isHead)
    if case .status(let status, let seconds) = fault { return .fault(status, retryAfter: seconds) }
    return await Answer.catching {
      var answer = try await route(request, caller: caller, fault: fault)
      answer.fault = answer.fault ?? fault
      return answer
    }
  }

  private func route(_ request: HubRequest, caller: Caller, fault: Fault.Action?) async throws -> Answer {
    guard !request.isTooLong else { throw Refusal(414, "The address is too long", isJSON: false) }
    guard let segments = request.segments else { throw Refusal.badParameter("The path is no valid address") }
    let isPathsInfo = segments.contains("paths-info") && segments.first == "api"
    guard request.method == "GET" || request.isHead || (isPathsInfo && request.method == "POST") else {
      throw Refusal(405, "Method not allowed", headers: [("Allow", isPathsInfo ? "POST" : "GET, HEAD")])
    }
    switch segments.prefix(3) {
    case ["api", "models"]: return try await list(request, caller: caller)
    // An empty registry switches off the client's search for agents.
    case ["api", "agent-harnesses"]:
      return .json(.members([("standardEnvVars", .array([])), ("harnesses", .members([]))]))
    case ["api", "whoami-v2"]: return try whoami(caller)
    case ["api", "resolve-cache", "models"]:
      return try await resolveCache(request, Array(segments.dropFirst(3)), caller: caller, fault: fault)
    default: break
    }
    if segments.starts(with: ["api", "models"]) {
      return try await modelRoute(request, Array(segments.dropFirst(2)), caller: caller)
    }
    return try await fileRoute(request, segments, caller: caller, fault: fault)
  }

  private func whoami(_ caller: Caller) throws(Refusal) -> Answer {
    guard case .account(let access, _) = caller else { throw .anonymous }
    return .json(
      .members([("type", .string("user")), ("name", .string(access.name)), ("orgs", .array([]))]))
  }

  /// The scheme, host and port that the client used, so that links lead back the same way, also through a relay.
  func origin(_ request: HubRequest) -> String { "http://\(Self.host(request, parts.options))" }

  /// The CDN's scheme, host and port.
  func cdnOrigin(_ request: HubRequest) -> String {
    if let advertised = parts.options.advertisedCDN { return advertised }
    let host =
      Self.host(request, parts.options).split(separator: ":").first.map(String.init) ?? parts.options.address
    return "http://\(host):\(cdnPort)"
  }

  private static func host(_ request: HubRequest, _ options: HubServerOptions) -> String {
    // Foreign text that ends up in a header: only what a host name and port are made of.
    guard let host = request.header("Host"), !host.isEmpty,
      host.utf8.allSatisfy({ byte in
        let character = Character(UnicodeScalar(byte))
        return character.isASCII && (character.isLetter || character.isNumber || ".-:".contains(character))
      })
    else { return options.address }
    return host
  }

  /// The repository that a request names.
  ///
  /// - Parameter index: where the id stands among the segments of the request's path.
  func repo(_ name: String, at index: Int, of request: HubRequest, caller: Caller) async throws -> Repo {
    if case .unknownToken = caller { throw Refusal.badToken }
    if let id = RepoID(name), let repo = try await parts.store.repo(id), caller.sees(repo) {
      guard !repo.sidecar.disabled else { throw Refusal.disabled }
      return repo
    }
    if let id = await parts.store.renamed(name), let repo = try await parts.store.repo(id), caller.sees(repo) {
      throw Refusal(
        redirect: request.target(replacingSegmentsAt: index, name.split(separator: "/").count, with: id))
    }
    throw caller.missing
  }

  /// The commit that a revision means.
  func content(of repo: Repo, at revision: String) async throws -> RepoContent {
    let content = try await parts.store.content(of: repo)
    guard revision == "main" || revision == content.commit.description else {
      throw Refusal.revision(revision)
    }
    return content
  }
}

extension Answer {
  /// An answer that a fault puts in place of the right one.
  static func fault(_ status: Int, retryAfter seconds: Int?) -> Answer {
    let headers = seconds.map { [("Retry-After", "\($0)")] } ?? []
    return Refusal(
      status, "The practice hub was told to answer \(status) here", isJSON: false, headers: headers
    ).answer
  }

  /// The answer of `body`, or the one that its error stands for.
  static func catching(_ body: () async throws -> Answer) async -> Answer {
    do {
      return try await body()
    } catch let refusal as Refusal {
      return refusal.answer
    } catch let error as HubServerError {
      return Refusal(500, error.description).answer
    } catch {
      return Refusal(500, "\(error)").answer
    }
  }
}

extension Refusal {
  /// The bare 307 of a renamed repository.
  init(redirect location: String) { answer = .redirect(307, to: location) }
}

extension HubRequest {
  /// The path and query with the `count` segments of an old id replaced by a new one.
  func target(replacingSegmentsAt index: Int, _ count: Int, with id: RepoID) -> String {
    var raw = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    // An id whose slash was escaped stands in fewer segments than it has parts.
    let end = min(raw.count, index + count)
    if index < end { raw.replaceSubrange(index..<end, with: [id.description]) }
    return "/" + raw.joined(separator: "/") + (rawQuery.isEmpty ? "" : "?\(rawQuery)")
  }
}
