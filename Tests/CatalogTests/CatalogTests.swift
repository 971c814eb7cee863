import Domain
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Catalog

@Suite("The catalog")
struct CatalogTests {
  private let folder: TemporaryFolder
  private let now = Date(timeIntervalSince1970: 1_800_000_000)

  init() throws { folder = try TemporaryFolder() }

  private func id(_ text: String) throws -> RepoID { try #require(RepoID(text)) }
  private func commit(_ digit: String) throws -> CommitHash {
    try #require(CommitHash(String(repeating: digit, count: 40)))
  }
  private func listed(_ name: String, _ commit: CommitHash, gated: Bool = false) throws -> ListedRepo {
    ListedRepo(
      id: try id(name), commit: commit, createdAt: now, lastModified: now, tags: ["gguf"], gated: gated,
      downloads: 1, likes: 2)
  }
  private func file(_ name: String, _ size: Int64) throws -> ModelFile {
    ModelFile(
      path: try #require(RepoPath(name)), size: size,
      hash: try #require(ContentHash(String(repeating: "c", count: 64))))
  }
  private static let shape = ModelShape(
    architecture: "llama", layers: 1, embedding: 32, feedForward: 64, heads: 4, kvHeads: [2], keyLength: 8,
    valueLength: 8, vocabulary: 64, contextLength: 128, parameters: 1000)

  @Test func aListingIsRecordedOnce() throws {
    let catalog = try Catalog(folder: folder.path)
    let page = [try listed("a/b", try commit("1")), try listed("a/c", try commit("2"))]
    #expect(try catalog.record(page, at: now) == RecordingResult(new: 2))
    #expect(try catalog.record(page, at: now + 10) == RecordingResult(unchanged: 2))
    let repo = try #require(try catalog.repo(id("a/b")))
    #expect(repo.state == .seen && repo.recordedAt == now && repo.tags == ["gguf"])
    #expect(try catalog.repoCount() == 2)
  }

  @Test func aNewCommitStartsOver() throws {
    let catalog = try Catalog(folder: folder.path)
    let first = try commit("1")
    _ = try catalog.record([try listed("a/b", first)], at: now)
    let weights = WeightsRecord(
      repo: try id("a/b"), path: try file("m.gguf", 5).path, commit: first,
      quantization: try #require(Quantization("Q4_0")), bytes: 5, evidence: .header,
      layout: WeightLayout(tensors: [(name: "output.weight", bytes: Int64(5))], layers: 1),
      files: [try file("m.gguf", 5)])
    try catalog.describe(
      id("a/b"), DescriptionRecord(commit: first, shape: Self.shape), state: .sized, reason: nil, weights: [weights],
      at: now)
    #expect(try catalog.repo(id("a/b"))?.state == .sized)
    #expect(try catalog.repo(id("a/b"))?.shape == Self.shape)
    #expect(try catalog.weights(of: id("a/b")) == [weights])
    #expect(try catalog.reposToDescribe(at: now, limit: 10).isEmpty)

    let fit = FitRecord(
      repo: try id("a/b"), path: weights.path, device: "d", context: 4096, total: ByteCount(7),
      margin: ByteCount(1), verdict: .fits, maxContext: 128)
    try catalog.setFits([fit], of: id("a/b"))
    #expect(try catalog.fits(of: id("a/b")) == [fit])

    let result = try catalog.record([try listed("a/b", try commit("2"))], at: now + 60)
    #expect(result == RecordingResult(changed: 1))
    #expect(try catalog.repo(id("a/b"))?.state == .seen)
    #expect(try catalog.repo(id("a/b"))?.recordedAt == now + 60)
    #expect(try catalog.reposToDescribe(at: now + 60, limit: 10).map(\.id) == [id("a/b")])
  }

  @Test func whatIsEmptyIsLookedAtAgainWhenItsTimeComes() throws {
    let catalog = try Catalog(folder: folder.path)
    _ = try catalog.record([try listed("a/b", try commit("1"))], at: now)
    try catalog.setState(id("a/b"), .noWeights, reason: "empty", lookAgainAt: now + 100, at: now)
    #expect(try catalog.reposToDescribe(at: now + 99, limit: 10).isEmpty)
    #expect(try catalog.reposToDescribe(at: now + 101, limit: 10).count == 1)
  }

  @Test func aCopyAndItsJournal() throws {
    let catalog = try Catalog(folder: folder.path)
    let files = [try file("m-00001-of-00002.gguf", 10), try file("m-00002-of-00002.gguf", 20)]
    func want() throws -> CopyRecord {
      try catalog.want(
        repo: id("a/b"), commit: commit("1"), quantization: "Q4_0", files: files, byHand: false, at: now)
    }
    let copy = try want()
    #expect(copy.state == .wanted && copy.bytes == 30)
    #expect(try want().id == copy.id)
    let journal = PartialRecord(boot: "boot", durable: ByteRanges([0..<3, 5..<7]), entityTag: "host \"tag\"")
    try catalog.setPartial(files[0].hash, journal)
    #expect(try catalog.partial(files[0].hash) == journal)
    try catalog.setVerified(copy: copy.id, path: files[1].path, origin: .fetched, boot: "boot", at: now)
    let parts = try catalog.parts(ofCopy: copy.id)
    #expect(parts.map(\.isVerified) == [false, true])
    #expect(parts[1].origin == .fetched && parts[1].boot == "boot" && parts[1].verifiedAt == now)
    try catalog.setVerified(copy: copy.id, path: files[0].path, origin: .found, boot: "boot", at: now)
    #expect(try catalog.partial(files[0].hash) == nil)
    try catalog.setState(ofCopy: copy.id, .verified, reason: nil, at: now)
    #expect(try want().state == .verified)
    try catalog.setState(ofCopy: copy.id, .lost, reason: "deleted", at: now)
    #expect(try want().state == .wanted)
    // The first file was put there by another program.
    #expect(try catalog.bytesOnDisk() == files[1].size)
    #expect(try catalog.bytesOnDisk(except: [copy.id]) == 0)
  }

  @Test func findingsAndCycles() throws {
    let catalog = try Catalog(folder: folder.path)
    let copy = try catalog.want(
      repo: id("a/b"), commit: commit("1"), quantization: "Q4_0", files: [file("m.gguf", 1)], byHand: true, at: now)
    let smoke = SmokeRecord(
      copy: copy.id, at: now, verdict: .fail, reasons: ["broken"], tokensPerSecond: nil, perplexity: 3.5, sample: "x")
    try catalog.record(smoke)
    #expect(try catalog.lastSmoke(ofCopy: copy.id) == smoke)
    #expect(try catalog.copies(of: id("a/b")).first?.state == .tested)
    let cycle = try catalog.beginCycle(at: now)
    try catalog.endCycle(cycle, trouble: "hub down", at: now + 5)
    #expect(
      try catalog.cycles(since: now - 1, until: now)
        == [CycleRecord(startedAt: now, endedAt: now + 5, trouble: "hub down")])
  }

  @Test func anAbsentDatabaseIsSaidToBeAbsent() throws {
    #expect {
      try Catalog(folder: folder.path, readOnly: true)
    } throws: { ($0 as? CatalogError)?.kind == .absent }
  }

  @Test func readersSeeWhatTheWriterHasCommitted() throws {
    let writer = try Catalog(folder: folder.path)
    let reader = try Catalog(folder: folder.path, readOnly: true)
    _ = try writer.record([try listed("a/b", try commit("1"))], at: now)
    #expect(try reader.repoCount() == 1)
    #expect(throws: CatalogError.self) { try reader.setMark("x", "y") }
  }
}
