import Domain
import HTTP

/// A file of a commit, and where its bytes are right now.
///
/// The location of a file in LFS is signed, which makes it as good as a password: it has no part in any
/// description.
public struct ResolvedFile: Sendable, Hashable, CustomStringConvertible {
  /// The repository that was asked.
  public let id: RepoID
  /// The commit that the revision means.
  public let commit: CommitHash
  /// The file's path, size in bytes and hash.
  public let file: ModelFile
  /// Where to GET it. A secret when it has a query.
  public let location: HTTPURL
  /// When the location stops being valid, in seconds since 1970; nil when it does not say.
  public let expires: Int64?

  /// Repository, commit and path.
  public var description: String { "\(id)@\(commit.short)/\(file.path)" }

  init(id: RepoID, commit: CommitHash, file: ModelFile, location: HTTPURL) {
    self.id = id
    self.commit = commit
    self.file = file
    self.location = location
    expires = Self.expiry(location)
  }

  /// The end of a CloudFront signature (`Expires`), or of an S3 one (`X-Amz-Date` and `X-Amz-Expires`).
  private static func expiry(_ url: HTTPURL) -> Int64? {
    if let moment = url.queryItem("Expires").flatMap({ Int64($0) }) { return moment }
    guard let date = url.queryItem("X-Amz-Date"),
      let life = url.queryItem("X-Amz-Expires").flatMap({ Int64($0) }),
      date.utf8.count == 16, date.utf8.allSatisfy({ $0 < 128 })
    else { return nil }
    // 20260619T094033Z
    let digits = date.utf8.map { Int64($0) - 48 }
    func number(_ range: Range<Int>) -> Int64 { digits[range].reduce(0) { $0 * 10 + $1 } }
    let start = HTTPDate.seconds(
      year: number(0..<4), month: number(4..<6), day: number(6..<8), hour: number(9..<11),
      minute: number(11..<13), second: number(13..<15))
    return start.flatMap { start in
      let (end, overflow) = start.addingReportingOverflow(life)
      return overflow ? nil : end
    }
  }
}
