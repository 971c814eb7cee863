import Domain
import Foundation
import Testing

@testable import Catalog

@Suite("Families in the catalog")
struct FamilyTests {
  private let shelf: Shelf
  private var catalog: Catalog { shelf.catalog }

  init() throws { shelf = try Shelf() }

  private func quantized(_ base: String) -> [String] { ["gguf", "base_model:\(base)", "base_model:quantized:\(base)"] }

  @Test func quantizationsOfOneModelAreOneFamily() throws {
    try shelf.record(
      shelf.row("a/One-GGUF", quantized("m/Base-7B")), shelf.row("m/Base-7B", ["llama"], likes: 5),
      shelf.row("b/Two-GGUF", quantized("a/One-GGUF")), shelf.row("c/Three-AWQ", quantized("m/base-7b")))
    try shelf.derive()
    #expect(
      try ["a/One-GGUF", "m/Base-7B", "b/Two-GGUF", "c/Three-AWQ"].map(shelf.family)
        == Array(repeating: "m/Base-7B", count: 4))
    let family = try #require(try catalog.families(limit: 10).first)
    #expect(family.memberCount == 4 && family.ownerCount == 4 && family.score == 5 && family.relation == nil)
    #expect(try catalog.members(of: family.key).first?.repo.id == shelf.id("m/Base-7B"))
    #expect(try catalog.families(limit: 10).count == 1)
  }

  @Test func whatWasQuantizedFromAQuantizationGoesBackToItsBaseWhenThatIsMet() throws {
    try shelf.record(shelf.row("b/Two-GGUF", quantized("a/One-7B-GGUF")))
    try shelf.derive()
    #expect(try shelf.family("b/Two-GGUF") == "a/One-7B-GGUF")
    try shelf.record(shelf.row("a/One-7B-GGUF", quantized("m/Base")))
    try shelf.derive()
    #expect(try shelf.family("b/Two-GGUF") == "m/Base" && shelf.family("a/One-7B-GGUF") == "m/Base")
    #expect(try catalog.families(limit: 10).map(\.name) == ["m/Base"])
    #expect(try catalog.family(named: shelf.id("a/One-7B-GGUF"))?.name == "m/Base")
  }

  @Test func aFinetuneIsAFamilyOfItsOwnThatKnowsItsBase() throws {
    try shelf.record(
      shelf.row("m/Base", ["llama"]),
      shelf.row("x/Tuned", ["llama", "base_model:m/Base", "base_model:finetune:m/Base"]))
    try shelf.derive()
    let family = try #require(try catalog.family(named: shelf.id("x/Tuned")))
    #expect(family.name == "x/Tuned" && family.relation == .finetune && family.bases.map(\.description) == ["m/Base"])
    #expect(try catalog.descendants(of: shelf.id("m/Base"), limit: 5).map(\.name) == ["x/Tuned"])
  }

  @Test func aNameTellsWhereTagsDoNot() throws {
    try shelf.record(
      shelf.row("TheBloke/Llama-2-7B-Chat-GGUF"), shelf.row("q/Llama-2-7b-Chat-4bit-128g-GPTQ", ["gptq"]),
      shelf.row("x/test-GGUF"), shelf.row("y/test-GGUF"))
    try shelf.derive()
    let families = [
      try shelf.family("q/Llama-2-7b-Chat-4bit-128g-GPTQ"), try shelf.family("TheBloke/Llama-2-7B-Chat-GGUF"),
    ]
    #expect(families[0] == families[1] && families[0] != nil)
    // A name without a size says too little.
    #expect(try shelf.family("x/test-GGUF") != shelf.family("y/test-GGUF"))
    try shelf.record(shelf.row("meta/Llama-2-7b-chat", ["llama"]))
    try shelf.derive()
    #expect(try shelf.family("TheBloke/Llama-2-7B-Chat-GGUF") == "meta/Llama-2-7b-chat")
  }

  @Test func theSameBytesAreOneFamily() throws {
    try shelf.record(shelf.row("a/First-GGUF", seed: 1), shelf.row("b/Copy-GGUF", seed: 2))
    try shelf.derive()
    #expect(try catalog.families(limit: 10).count == 2)
    for name in ["a/First-GGUF", "b/Copy-GGUF"] {
      let commit = try #require(try catalog.repo(shelf.id(name))?.commit)
      try catalog.describe(
        shelf.id(name), DescriptionRecord(commit: commit, shape: nil, contents: ["same", "own \(name)"]),
        state: .described, reason: nil, weights: [], at: shelf.now)
    }
    try shelf.derive()
    #expect(try catalog.families(limit: 10).map(\.memberCount) == [2])
    #expect(try catalog.repo(shelf.id("b/Copy-GGUF"))?.kinship != .original)
  }

  @Test func whatTheRulesLeaveOutHasNoFamily() throws {
    let row = try shelf.row("a/Out-7B-GGUF", quantized("m/Base-7B"))
    let out: Judge = { _ in Ruling(isAdmitted: false, rule: .mute, finding: "a") }
    _ = try catalog.record([row], at: shelf.now, judge: out)
    try shelf.derive()
    #expect(try catalog.repo(shelf.id("a/Out-7B-GGUF"))?.state == .leftOut)
    #expect(try catalog.families(limit: 10).isEmpty)
    // The rules change: it is let in, and out again.
    var key: Int64? = 0
    while let after = key {
      key = try catalog.judgeAgain(after: after, at: shelf.now) { _ in Ruling(isAdmitted: true, rule: .follow) }
    }
    try shelf.derive()
    #expect(try shelf.family("a/Out-7B-GGUF") == "m/Base-7B")
    key = 0
    while let after = key { key = try catalog.judgeAgain(after: after, at: shelf.now, judge: out) }
    try shelf.derive()
    #expect(try shelf.family("a/Out-7B-GGUF") == nil && catalog.families(limit: 10).isEmpty)
  }

  /// Whatever the order in which repositories are met, the families are the same.
  @Test(arguments: 0..<40)
  func theOrderOfMeetingDoesNotMatter(_ seed: UInt64) throws {
    var random = SeededRandom(seed)
    var rows = [
      try shelf.row("m/Base-7B", ["llama"]), try shelf.row("a/Base-7B-GGUF", quantized("m/Base-7B")),
      try shelf.row("b/Base-7B-i1-GGUF", quantized("a/Base-7B-GGUF")),
      try shelf.row("x/Tuned-7B", ["llama", "base_model:finetune:m/Base-7B"]),
      try shelf.row("c/Tuned-7B-GGUF", quantized("x/Tuned-7B")),
      try shelf.row("d/Tuned-7B-AWQ", quantized("x/Tuned-7B")),
      try shelf.row("z/Mix-7B", ["llama", "base_model:merge:m/Base-7B", "base_model:merge:x/Tuned-7B"]),
    ]
    rows.shuffle(using: &random)
    for row in rows {
      try shelf.record(row)
      if Bool.random(using: &random) { try shelf.derive() }
    }
    try shelf.derive()
    #expect(Set(try catalog.families(limit: 10).map(\.name)) == ["m/Base-7B", "x/Tuned-7B", "z/Mix-7B"])
    #expect(try catalog.family(named: shelf.id("m/Base-7B"))?.memberCount == 3)
    #expect(try catalog.family(named: shelf.id("x/Tuned-7B"))?.memberCount == 3)
  }
}

/// SplitMix64: the same numbers for the same seed.
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
