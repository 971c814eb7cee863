import Domain
import Foundation

/// Answers requests to the CDN's port: signed addresses alone, never a token.
struct ContentService: Sendable {
  let parts: HubParts

  /// The file's bytes; 403 for an address that is not ours or has expired.
  func answer(_ request: HubRequest) async -> Answer {
    await Answer.catching {
      guard request.method == "GET" || request.isHead else {
        throw Refusal(405, "Method not allowed", isJSON: false, headers: [("Allow", "GET, HEAD")])
      }
      guard let id = request.queryValue("repo").flatMap(RepoID.init),
        let path = request.queryValue("path").flatMap(RepoPath.init),
        parts.signer.isValid(request, repo: id, file: path, now: parts.options.now())
      else { throw Refusal(403, "Access denied: the signature is wrong or has expired", isJSON: false) }
      guard let repo = try await parts.store.repo(id),
        let file = try await parts.store.content(of: repo).file(path),
        AddressSigner.path(repo: repo, file: file) == request.path
      else { throw Refusal(404, "No such content", isJSON: false) }
      let headers = [("Content-Type", "application/octet-stream")]
      return try await FileAnswer(
        repo: repo, file: file, etag: AddressSigner.contentID(file), headers: headers
      )
      .answer(request, parts.faults)
    }
  }
}
