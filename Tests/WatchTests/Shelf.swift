import Catalog
import Domain
import Foundation
import TestSupport
import Testing

/// A catalog of its own for one test.
struct Shelf {
  let folder: TemporaryFolder
  let catalog: Catalog
  let now = Date(timeIntervalSince1970: 1_790_000_000)

  init() throws {
    folder = try TemporaryFolder()
    catalog = try Catalog(folder: folder.path)
  }

  func row(_ name: String, downloads: Int = 0) throws -> ListedRepo {
    ListedRepo(
      id: try #require(RepoID(name)), commit: CommitHash(String(repeating: "1", count: 40)), createdAt: now,
      lastModified: now, tags: ["gguf"], gated: false, downloads: downloads, likes: 0)
  }

  func record(_ name: String, downloads: Int = 0) throws {
    _ = try catalog.record([row(name, downloads: downloads)], at: now)
  }
}
