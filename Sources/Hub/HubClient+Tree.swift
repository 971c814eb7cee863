import Domain
import HTTP

/// The files of a repository at a revision.
public struct TreeListing: Sendable {
  /// The files that can be fetched, in the hub's order.
  public let files: [ModelFile]
  /// Entries with a path, size or hash that is not acceptable; `index` counts over all pages.
  public let skipped: [SkippedRow]
  /// `last` when the listing is complete.
  public let end: PageEnd
}

extension HubClient {
  /// All files of a repository, folders entered.
  ///
  /// - Parameters:
  ///   - revision: a branch, tag or commit; a commit is what makes later steps repeatable.
  ///   - pageLimit: the most pages of 1,000 entries.
  /// - Throws: `repoNotFound`, `revisionNotFound`, `disabled`, and what every request may throw.
  public func tree(
    _ id: RepoID, revision: String = "main", pageLimit: Int = 50
  ) async throws(HubError) -> TreeListing {
    let subject = subject(id)
    let segments = ["api", "models"] + Self.segments(id) + ["tree", revision]
    let first = endpoint.url(segments, [("recursive", "true"), ("expand", "false")])
    var walk = PageWalk(first: first, pageLimit: max(1, pageLimit))
    var files: [ModelFile] = []
    var skipped: [SkippedRow] = []
    var end = PageEnd.last
    var entries = 0
    while let url = walk.next {
      let response = try await get(url, subject: subject)
      let page = try Rows.decode(TreeEntry.self, response, subject: subject)
      files += page.rows.compactMap(\.file)
      skipped += page.skipped.map { SkippedRow(index: entries + $0.index, reason: $0.reason) }
      entries += page.rows.count + page.skipped.count
      end = walk.advance(response.head)
    }
    return TreeListing(files: files, skipped: skipped, end: end)
  }
}
