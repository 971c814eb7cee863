import Domain
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Catalog

/// A state folder of one test, whose catalog is opened and closed again and again.
struct Home {
  let folder: TemporaryFolder
  let now = Date(timeIntervalSince1970: 1_800_000_000)

  init() throws { folder = try TemporaryFolder() }

  /// A home on another disk.
  init(_ folder: TemporaryFolder) { self.folder = folder }

  var files: CatalogFiles { CatalogFiles(folder: folder.path) }
  var names: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() } }

  /// The verdict of SQLite's quick check, by a connection of our own.
  func quickCheck(_ path: String? = nil) throws -> String? {
    try DatabaseQueue(path: path ?? files.database).read { try String.fetchOne($0, sql: "PRAGMA quick_check(1)") }
  }

  func commit(_ digit: String = "1") throws -> CommitHash {
    try #require(CommitHash(String(repeating: digit, count: 40)))
  }

  func file(_ name: String, _ size: Int64 = 10, digit: String = "c") throws -> ModelFile {
    ModelFile(
      path: try #require(RepoPath(name)), size: size,
      hash: try #require(ContentHash(String(repeating: digit, count: 64))))
  }

  func want(_ catalog: Catalog, _ name: String, _ files: [ModelFile], byHand: Bool = false) throws -> CopyRecord {
    try catalog.want(
      repo: try #require(RepoID(name)), commit: commit(), quantization: "Q4_0", files: files, byHand: byHand, at: now)
  }

  /// Records so many repositories with long tags, so that the database has pages enough to be damaged anywhere.
  func fill(_ catalog: Catalog, _ count: Int) throws {
    for start in stride(from: 0, to: count, by: 500) {
      let rows = try (start..<min(count, start + 500)).map { number in
        ListedRepo(
          id: try #require(RepoID("org\(number)/model-\(number)")), commit: try commit(), createdAt: now,
          lastModified: now, tags: TagList(["gguf", String(repeating: "t\(number)", count: 40)]), gated: false,
          downloads: number, likes: 2)
      }
      _ = try catalog.record(rows, at: now)
    }
  }

  /// As if the process that wrote had been killed.
  func die() throws { try LifeMarker(boot: BootID.current, processID: 4_194_305).write(files) }
}
