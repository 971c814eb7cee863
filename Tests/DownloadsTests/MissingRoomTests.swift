import Catalog
import Domain
import Foundation
import TestSupport
import Testing

@testable import Downloads

@Suite("How much room is missing")
struct MissingRoomTests {
  private let folder: TemporaryFolder
  private let catalog: Catalog
  private let cache: HubCache
  private let now = Date(timeIntervalSince1970: 1_800_000_000)

  init() throws {
    folder = try TemporaryFolder()
    catalog = try Catalog(folder: "\(folder.path)/state")
    cache = HubCache(root: "\(folder.path)/cache/hub")
    try FileManager.default.createDirectory(atPath: "\(folder.path)/cache/hub", withIntermediateDirectories: true)
  }

  private func want(_ name: String, _ sizes: [String: Int64], _ state: CopyState, _ reason: String? = nil) throws {
    let files = try sizes.sorted { $0.key < $1.key }.map { digit, size in
      ModelFile(
        path: try #require(RepoPath("\(digit).gguf")), size: size,
        hash: try #require(ContentHash(String(repeating: digit, count: 64))))
    }
    let copy = try catalog.want(
      repo: try #require(RepoID(name)), commit: try #require(CommitHash(String(repeating: "1", count: 40))),
      quantization: "Q4_0", files: files, byHand: false, at: now)
    try catalog.setState(ofCopy: copy.id, state, reason: reason, at: now)
  }

  private func missing(usable: Int64?) throws -> Int64 {
    try MissingRoom(catalog: catalog, cache: cache, floor: DiskFloor(bytes: ByteCount(0))).bytes(usable: usable)
  }

  @Test func onlyWhatIsReallyNeededIsAskedFor() throws {
    try want("org/a", ["a": 1_000_000, "b": 500_000], .waiting, "too little room")
    #expect(try missing(usable: 600_000) == 900_000)
    #expect(try missing(usable: -50) == 1_500_000)
    #expect(try missing(usable: 1_500_000) == 0 && missing(usable: nil) == 0)
    // The same content elsewhere is fetched once, and what is on its way needs its own.
    try want("org/b", ["a": 1_000_000], .wanted)
    try want("org/c", ["c": 70_000], .downloading)
    #expect(try missing(usable: 600_000) == 970_000)
    // What has arrived is there already.
    let partial = "\(folder.path)/cache/hubwatch-partial"
    try FileManager.default.createDirectory(atPath: partial, withIntermediateDirectories: true)
    try Data(count: 400_000).write(to: URL(fileURLWithPath: "\(partial)/\(String(repeating: "a", count: 64)).part"))
    let arrived = allocatedSize("\(partial)/\(String(repeating: "a", count: 64)).part")
    #expect(arrived >= 400_000)
    #expect(try missing(usable: 600_000) == 970_000 - arrived)
  }

  @Test func whatWaitsForSomethingElseNeedsNoRoom() throws {
    try want("org/a", ["a": 1_000_000], .waiting, "the hub cannot be reached")
    #expect(try missing(usable: 2_000_000) == 0)
    let quota = DownloadError(.overQuota(needed: ByteCount(5), quota: ByteCount(4)), "org/b").problem
    try want("org/b", ["b": 5_000_000], .waiting, quota)
    #expect(try missing(usable: 2_000_000) == 0)
    try want("org/c", ["c": 9_000_000], .tested)
    #expect(try missing(usable: 0) == 1_000_000)
  }
}
