import Catalog
import Domain
import Testing

@testable import Watch

@Suite("What a repository offers, and what is taken")
struct OfferTests {
  private func file(_ name: String, _ size: Int64 = 100) throws -> ModelFile {
    ModelFile(
      path: try #require(RepoPath(name)), size: size, hash: .sha256(String(repeating: "a", count: 64)))
  }

  @Test("C13 only complete sets of shards are offered")
  func wholeFilesAndCompleteShardSets() throws {
    let files = [
      try file("model.Q4_K_M.gguf"), try file("q8/model-Q8_0-00001-of-00002.gguf"),
      try file("q8/model-Q8_0-00002-of-00002.gguf"), try file("model-Q6_K-00001-of-00003.gguf"),
      try file("model-Q6_K-00003-of-00003.gguf"), try file("mmproj-F16.gguf"), try file("README.md"),
      try file("empty.Q2_K.gguf", 0), try file("model.gguf"),
    ]
    let offers = Offer.all(in: files)
    #expect(offers.map(\.quantization?.description) == ["Q4_K_M", nil, "Q8_0"])
    #expect(offers.map(\.files.count) == [1, 1, 2])
    #expect(offers.last?.bytes == 200)
    #expect(Offer.all(in: []).isEmpty)
  }

  private func weights(_ name: String, _ bytes: Int64) throws -> WeightsRecord {
    let path = try #require(RepoPath("m.\(name).gguf"))
    return WeightsRecord(
      repo: try #require(RepoID("a/b")), path: path,
      commit: try #require(CommitHash(String(repeating: "1", count: 40))),
      quantization: try #require(Quantization(name)), bytes: bytes, evidence: .header,
      layout: WeightLayout(tensors: [(name: "output.weight", bytes: bytes)], layers: 1), files: [])
  }

  @Test func theLadderPrefersBitsThenModernTypesAndFloatsLast() throws {
    let names = ["F16", "Q4_0", "Q8_0", "Q4_K_S", "Q4_K_M", "BF16", "Q4_1", "Q2_K", "F32"]
    let order = Ladder.ordered(try names.map { try weights($0, 1) }).map(\.quantization.description)
    #expect(order == ["Q8_0", "Q4_K_M", "Q4_K_S", "Q4_1", "Q4_0", "Q2_K", "BF16", "F16", "F32"])
  }

  @Test func theBestThatFitsIsTaken() throws {
    let all = [try weights("Q8_0", 80), try weights("Q4_K_M", 50), try weights("F16", 160)]
    #expect(Ladder.best(all) { $0.bytes <= 60 }?.quantization.description == "Q4_K_M")
    #expect(Ladder.best(all) { $0.bytes <= 200 }?.quantization.description == "Q8_0")
    #expect(Ladder.best(all) { _ in false } == nil)
  }
}
