import Domain
import Foundation

/// Files: `/resolve`, `/raw` and the cache route that small files are redirected to.
extension HubService {
  /// `/{id}/resolve/{rev}/{path}` and `/{id}/raw/{rev}/{path}`.
  func fileRoute(
    _ request: HubRequest, _ segments: [String], caller: Caller, fault: Fault.Action?
  ) async throws -> Answer {
    let verbs = ["resolve", "raw"]
    // An id has two parts; the oldest ones, which only matter when they were renamed, have one.
    let parts = segments.count > 2 && verbs.contains(segments[2]) ? 2 : 1
    guard segments.count >= parts + 3, verbs.contains(segments[parts]) else { throw Refusal.page }
    let name = segments.prefix(parts).joined(separator: "/")
    let repo = try await repo(name, at: 0, of: request, caller: caller)
    let isRaw = segments[parts] == "raw"
    let path = segments.dropFirst(parts + 2).joined(separator: "/")
    // The card of a gated repository is open to all, but only here.
    if isRaw || path != "README.md" { try caller.passGate(of: repo, address: origin(request)) }
    let content = try await content(of: repo, at: segments[parts + 1])
    guard let file = RepoPath(path).flatMap({ content.file($0) }) else {
      throw Refusal.entry(commit: content.commit)
    }
    if isRaw { return try raw(request, file, content, fault: fault) }
    return redirect(request, repo, file, content)
  }

  private func redirect(_ request: HubRequest, _ repo: Repo, _ file: HostedFile, _ content: RepoContent)
    -> Answer
  {
    let headers = [
      ("X-Repo-Commit", content.commit.description), ("X-Linked-Size", "\(file.found.size)"),
      ("X-Linked-Etag", "\"\(file.etag)\""), ("Accept-Ranges", "bytes"), ("ETag", "\"\(file.etag)\""),
    ]
    if EntityTag.ifNoneMatch(request.header("If-None-Match"), matches: file.etag) {
      return .notModified(size: file.found.size, headers)
    }
    // The ETag proves the content, not the redirect; the hub sends it as X-Linked-Etag only.
    let linked = headers.filter { $0.0 != "ETag" }
    if file.sha256 != nil {
      let now = parts.options.now().timeIntervalSince1970
      let expires = Int64(now.rounded(.up)) + Int64(parts.options.signedURLLifetime)
      let target = parts.signer.target(repo: repo, file: file, expires: expires)
      return .redirect(302, to: cdnOrigin(request) + target, linked)
    }
    let path =
      "/api/resolve-cache/models/\(repo.id)/\(content.commit)"
      + "/\(PercentEncoding.path(file.found.path.description))"
    let query = "\(PercentEncoding.component(request.path))=&etag=%22\(file.etag)%22"
    return .redirect(307, to: "\(path)?\(query)", linked)
  }

  private func raw(
    _ request: HubRequest, _ file: HostedFile, _ content: RepoContent, fault: Fault.Action?
  ) throws -> Answer {
    let headers = [
      ("Content-Type", "text/plain; charset=utf-8"), ("ETag", "W/\"\(file.oid)\""),
      ("X-Repo-Commit", content.commit.description),
    ]
    if let pointer = file.pointer { return Answer(200, headers, body: .bytes(pointer)) }
    return Answer(200, headers, body: .file(try OpenFile(file.found.location), 0..<file.found.size))
  }

  /// `/api/resolve-cache/models/{id}/{commit}/{path}`.
  ///
  /// - Parameter rest: the segments from the id on.
  func resolveCache(
    _ request: HubRequest, _ rest: [String], caller: Caller, fault: Fault.Action?
  ) async throws -> Answer {
    guard rest.count >= 4 else { throw Refusal.page }
    let repo = try await repo("\(rest[0])/\(rest[1])", at: 3, of: request, caller: caller)
    let path = rest.dropFirst(3).joined(separator: "/")
    if path != "README.md" { try caller.passGate(of: repo, address: origin(request)) }
    let content = try await content(of: repo, at: rest[2])
    guard let file = RepoPath(path).flatMap({ content.file($0) }), file.sha256 == nil else {
      throw Refusal.entry(commit: content.commit)
    }
    let headers = [
      ("Content-Type", "text/plain; charset=utf-8"), ("X-Repo-Commit", content.commit.description),
    ]
    return try await FileAnswer(repo: repo, file: file, etag: file.oid, headers: headers)
      .answer(request, parts.faults, pathFault: fault)
  }
}
