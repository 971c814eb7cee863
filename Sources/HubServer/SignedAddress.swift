import Checksums
import Domain
import Foundation

/// Signs the addresses of the CDN and checks them: as good as a password until they expire.
struct AddressSigner: Sendable {
  private let key: [UInt8]

  /// A signer with a key of its own, so that addresses die with the server that made them.
  init() { key = (0..<32).map { _ in UInt8.random(in: .min ... .max) } }

  /// The path and query for a file's content.
  ///
  /// - Parameter expires: Unix seconds.
  func target(repo: Repo, file: HostedFile, expires: Int64) -> String {
    let path = Self.path(repo: repo, file: file)
    let names =
      "repo=\(PercentEncoding.component(repo.id.description))"
      + "&path=\(PercentEncoding.component(file.found.path.description))"
    let signature = sign(path: path, repo: repo.id, file: file.found.path, expires: expires)
    return "\(path)?\(names)&user_id=public&Expires=\(expires)&Signature=\(signature)"
  }

  /// Whether a request's address is one of ours and still good.
  func isValid(_ request: HubRequest, repo: RepoID, file: RepoPath, now: Date) -> Bool {
    guard let expires = request.queryValue("Expires").flatMap({ Int64($0) }),
      let signature = request.queryValue("Signature"), Double(expires) > now.timeIntervalSince1970
    else { return false }
    return signature == sign(path: request.path, repo: repo, file: file, expires: expires)
  }

  /// The path that names a file's content; like the hub's, it holds the repository's and the content's internal ids.
  static func path(repo: Repo, file: HostedFile) -> String {
    "/xet-bridge-local/\(repo.objectID)/\(contentID(file))"
  }

  /// The CDN's own name and ETag for a content; deliberately not its SHA-256, as on the hub.
  static func contentID(_ file: HostedFile) -> String {
    Checksums.sha256("practice content \(file.etag)".utf8)
  }

  private func sign(path: String, repo: RepoID, file: RepoPath, expires: Int64) -> String {
    Checksums.hmacSHA256(key: key, message: Array("\(path)\n\(repo)\n\(file)\n\(expires)".utf8))
  }
}
