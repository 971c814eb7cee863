import Domain
import HTTP

extension HubClient {
  /// Asks where a file's bytes are, without fetching them.
  ///
  /// Redirects within the hub are followed; the first one that leads away from it, with the file's size and hash
  /// beside it, is the answer. The token does not leave the endpoint's origin.
  ///
  /// - Parameter revision: a commit, branch or tag. When it is a commit, the answer must be of that commit.
  /// - Throws: `gated`, `entryNotFound`, `revisionNotFound`, `repoNotFound`, `redirectRefused`,
  ///   `unexpectedAnswer` when size, hash or commit are missing or contradict the request.
  public func resolve(
    _ id: RepoID, revision: String = "main", path: RepoPath
  ) async throws(HubError) -> ResolvedFile {
    let subject = subject(id, path)
    let segments = Self.segments(id) + ["resolve", revision] + path.segments.map(String.init)
    var trail = RedirectTrail(start: endpoint.url(segments))
    var facts = LinkedFacts()
    while true {
      var request = request(.head, trail.url, encoding: .identity)
      request.headers["X-HF-Download-Counter"] = "1"
      request.limits.total = options.answerLimit
      let head = try await send(request, subject: subject).head
      facts.learn(head)
      let location: HTTPURL
      if (300..<400).contains(head.status) {
        location = try trail.follow(head, endpoint: endpoint, subject: subject)
        guard location.origin != endpoint.origin, facts.isComplete else { continue }
      } else {
        location = trail.url
      }
      guard let commit = facts.commit, let size = facts.size, let hash = facts.hash else {
        throw HubError(.unexpectedAnswer, subject.name, detail: "no commit, size or hash of the file")
      }
      if let asked = CommitHash(revision), asked != commit {
        throw HubError(.unexpectedAnswer, subject.name, detail: "another commit than was asked for")
      }
      let file = ModelFile(path: path, size: size, hash: hash)
      return ResolvedFile(id: id, commit: commit, file: file, location: location)
    }
  }

  /// The request that fetches a resolved file's body, for a caller with a sink of its own.
  ///
  /// It asks for the bytes as they are, on a connection of its own, and carries the token only when the location
  /// lies on the endpoint's origin. The sink has to refuse a status other than 200 and 206, and a
  /// `Content-Range` other than the asked one.
  ///
  /// - Parameters:
  ///   - offset: the first byte.
  ///   - end: the byte after the last; nil for the file's end. With offset 0 and no end no range is asked for.
  public func downloadRequest(for file: ResolvedFile, from offset: Int64 = 0, to end: Int64? = nil)
    -> HTTPRequest
  {
    var request = request(.get, file.location, encoding: .identity)
    request.headers["X-HF-Download-Counter"] = "1"
    request.sharesConnection = false
    if let end, end > offset {
      request.range = .bytes(offset..<end)
    } else if offset > 0 {
      request.range = .from(offset)
    }
    return request
  }

  /// The error that a location's answer of 400 and above means.
  ///
  /// A status that expired signatures are answered with becomes `locationExpired`: resolve again.
  ///
  /// - Parameter words: the beginning of its body.
  public func downloadError(_ head: HTTPHead, for file: ResolvedFile, words: String = "") -> HubError {
    let subject = subject(file.id, file.file.path)
    if endpoint.bucket(file.location) == nil, [400, 401, 403, 404, 410].contains(head.status) {
      return HubError(.locationExpired(status: head.status), subject.name, detail: words)
    }
    return HubError(answer: head, subject: subject, now: clock.now(), words: words)
  }
}

/// Commit, size and hash of a file, gathered from the answers of a chain of redirects.
struct LinkedFacts {
  var commit: CommitHash?
  private var linkedSize: Int64?
  private var linkedHash: ContentHash?
  private var ownSize: Int64?
  private var ownHash: ContentHash?

  var size: Int64? { linkedSize ?? ownSize }
  var hash: ContentHash? { linkedHash ?? ownHash }
  var isComplete: Bool { commit != nil && linkedSize != nil && linkedHash != nil }

  mutating func learn(_ head: HTTPHead) {
    commit = commit ?? head.headers["X-Repo-Commit"].flatMap(CommitHash.init)
    linkedSize = linkedSize ?? Self.size(head.headers["X-Linked-Size"].flatMap { Int64($0) })
    linkedHash = linkedHash ?? head.headers["X-Linked-Etag"].flatMap(Self.hash)
    // Length and ETag of a redirect are those of its own text.
    guard head.status == 200 else { return }
    ownSize = Self.size(head.contentLength)
    ownHash = head.headers["ETag"].flatMap(Self.hash)
  }

  private static func size(_ value: Int64?) -> Int64? {
    value.flatMap { BoundedCount.range.contains($0) ? $0 : nil }
  }

  private static func hash(_ tag: String) -> ContentHash? {
    ContentHash(String((tag.hasPrefix("W/") ? tag.dropFirst(2) : tag[...]).filter { $0 != "\"" }))
  }
}
