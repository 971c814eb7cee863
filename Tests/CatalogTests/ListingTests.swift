import Domain
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Catalog

@Suite("Listings in the catalog")
struct ListingTests {
  private let shelf: Shelf
  private var catalog: Catalog { shelf.catalog }

  init() throws { shelf = try Shelf() }

  @Test func aRenamedRepositoryStaysTheSame() throws {
    try shelf.record(shelf.row("a/old", object: 1))
    let copy = try catalog.want(
      repo: shelf.id("a/old"), commit: #require(CommitHash(Shelf.hexadecimal(1, 40))), quantization: "Q4_0",
      files: [
        ModelFile(
          path: #require(RepoPath("m.gguf")), size: 1, hash: #require(ContentHash(Shelf.hexadecimal(3, 64))))
      ], byHand: false, at: shelf.now)
    let result = try shelf.record(shelf.row("a/new", object: 1), after: 5)
    #expect(result == RecordingResult(changed: 1))
    #expect(try catalog.repoCount() == 1)
    #expect(try catalog.repo(shelf.id("a/old"))?.id == shelf.id("a/new"))
    #expect(try catalog.copies(of: shelf.id("a/new")).map(\.id) == [copy.id])
    // Its old name is given to another one.
    try shelf.record(shelf.row("a/old", seed: 7, object: 2), after: 9)
    #expect(try catalog.repoCount() == 2)
    #expect(try catalog.repo(shelf.id("a/old"))?.commit?.description == Shelf.hexadecimal(7, 40))
    #expect(try catalog.repo(shelf.id("a/new"))?.commit?.description == Shelf.hexadecimal(1, 40))
  }

  @Test func aNameThatWasTakenOverMeansAnotherModel() throws {
    try shelf.record(shelf.row("a/x", object: 1), shelf.row("a/y", object: 2))
    // x is deleted, and y gets its name.
    try shelf.record(shelf.row("a/x", object: 2), after: 5)
    #expect(try catalog.repoCount() == 1)
    // x is deleted and made again before its old row is seen under any name.
    try shelf.record(shelf.row("a/x", seed: 9, object: 3), after: 6)
    #expect(try catalog.repo(shelf.id("a/x"))?.firstSeenAt == shelf.now + 6)
    try catalog.enterNames()
    #expect(try catalog.repoCount() == 1)
    #expect(try catalog.repo(shelf.id("a/x"))?.firstSeenAt == shelf.now + 6)
  }

  @Test func countersAloneAreNoNews() throws {
    try shelf.record(shelf.row("a/x", likes: 1, downloads: 2))
    #expect(try shelf.record(shelf.row("a/x", likes: 3, downloads: 4), after: 5) == RecordingResult(unchanged: 1))
    let repo = try #require(try catalog.repo(shelf.id("a/x")))
    #expect(repo.likes == 3 && repo.downloads == 4 && repo.recordedAt == shelf.now)
  }

  @Test func whatOneListingDoesNotTellIsKeptFromAnother() throws {
    try shelf.record(shelf.row("a/x", architecture: "qwen2"))
    try shelf.record(shelf.row("a/x"), after: 5)
    #expect(try catalog.repo(shelf.id("a/x"))?.architecture == "qwen2")
  }

  @Test func oneFailedLookIsNoDeletion() throws {
    try shelf.record(shelf.row("a/x"))
    let id = try shelf.id("a/x")
    func miss(_ hours: Double) throws -> Bool {
      try catalog.recordMiss(
        id, reason: "no such repository", lookAgainAt: shelf.now + hours * 3600 + 3600, at: shelf.now + hours * 3600)
    }
    #expect(try !miss(0) && !miss(1) && !miss(2))
    #expect(try catalog.repo(id)?.state == .seen && catalog.repo(id)?.misses == 3)
    #expect(try miss(25))
    #expect(try catalog.repo(id)?.state == .gone)
    // It comes back.
    try shelf.record(shelf.row("a/x"), after: 100_000)
    #expect(try catalog.repo(id)?.state == .seen && catalog.repo(id)?.misses == 0)
  }

  @Test func whatIsDueComesFirstAndNewOnesAreNotStarved() throws {
    for number in 0..<30 { try shelf.record(shelf.row("a/new-\(number)")) }
    for number in 0..<30 {
      try shelf.record(shelf.row("a/again-\(number)"))
      try catalog.setState(
        shelf.id("a/again-\(number)"), .noWeights, reason: nil, lookAgainAt: shelf.now, at: shelf.now)
    }
    let due = try catalog.reposToDescribe(at: shelf.now + 1, limit: 12)
    #expect(due.count == 12 && due.prefix { $0.state == .noWeights }.count == 4)
    #expect(try catalog.reposToDescribe(at: shelf.now + 1, limit: 100).count == 60)
  }

  @Test func aMarkIsStoredWithItsPage() throws {
    _ = try catalog.record([shelf.row("a/x")], at: shelf.now, marks: ["pass": "7"])
    #expect(try catalog.mark("pass") == "7")
  }

  @Test func theStateOfAnOlderHubwatchIsTakenOver() throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/hubwatch.sqlite"
    let commit = Shelf.hexadecimal(5, 40)
    do {
      let queue = try DatabaseQueue(path: path)
      try Schema.migrator.migrate(queue, upTo: "1 the morning ritual")
      try queue.write { database in
        try database.execute(
          sql: """
            INSERT INTO repo VALUES ('a/b', 'sized', NULL, '2026-11-01 10:00:00.500', '\(commit)',
              '2026-10-01 00:00:00.000', NULL, '2026-11-01 09:00:00.000', '2026-11-01 09:00:00.250', '["gguf","x y"]', 0, 3,
              4, '{"architecture":"llama","contextLength":128,"embedding":32,"experts":0,"expertsUsed":0,"feedForward":64,"heads":4,"keyLength":8,"kvHeads":[2],"layers":1,"parameters":1000,"tiedEmbeddings":false,"valueLength":8,"vocabulary":64}',
              '\(commit)', NULL);
            INSERT INTO repo VALUES ('a/c', 'seen', NULL, '2026-11-01 10:00:00.500', NULL, NULL, NULL,
              '2026-11-01 09:00:00.000', '2026-11-01 09:00:00.000', '[]', 1, 0, 0, NULL, NULL, NULL);
            INSERT INTO weights VALUES ('a/b', 'm.gguf', '\(commit)', 'Q4_0', 5, 'header',
              '{"layerBytes":[1],"expertBytes":[],"tokenEmbedding":1,"output":3,"other":0}',
              '[["m.gguf","5","\(Shelf.hexadecimal(9, 64))"]]');
            INSERT INTO fit VALUES ('a/b', 'm.gguf', 'card', 4096, 7, 1, 'fits', 128);
            """)
      }
    }
    let catalog = try Catalog(folder: folder.path)
    // The first poll learns the hub's keys of what was known.
    try shelf.record(into: catalog, shelf.row("a/c", object: 8))
    #expect(try catalog.repoCount() == 2 && catalog.repo(shelf.id("a/c"))?.objectID == Shelf.object(8))
    let repo = try #require(try catalog.repo(shelf.id("a/b")))
    #expect(repo.tags == ["gguf", "x y"] && repo.architecture == "llama" && repo.shape?.heads == 4)
    #expect(repo.recordedAt == Date(timeIntervalSince1970: 1_793_523_600.25))
    #expect(repo.describedCommit?.description == commit && repo.state == .sized)
    #expect(try catalog.weights(of: shelf.id("a/b")).map(\.bytes) == [5])
    #expect(try catalog.fits(of: shelf.id("a/b")).map(\.verdict) == [.fits])
    #expect(try catalog.repoCount() == 2)
    #expect(try catalog.reposToDescribe(at: shelf.now, limit: 5).map(\.id) == [shelf.id("a/c")])
    try shelf.derive(catalog)
    #expect(try catalog.search("b gguf", limit: 5).isEmpty)
    #expect(try catalog.search("a b", limit: 5).map(\.id) == [shelf.id("a/b")])
  }
}
