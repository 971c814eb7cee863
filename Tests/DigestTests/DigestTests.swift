import Catalog
import Console
import Digest
import Domain
import Foundation
import TestSupport
import Testing

@Suite("The digest")
struct DigestTests {
  private let folder: TemporaryFolder
  private let catalog: Catalog
  private let now = Date(timeIntervalSince1970: 1_800_000_000)

  init() throws {
    folder = try TemporaryFolder()
    catalog = try Catalog(folder: folder.path)
  }

  private static let shape = ModelShape(
    architecture: "llama", layers: 1, embedding: 32, feedForward: 64, heads: 4, kvHeads: [2], keyLength: 8,
    valueLength: 8, vocabulary: 64, contextLength: 128, parameters: 134_515_008)

  private func commit() throws -> CommitHash { try #require(CommitHash(String(repeating: "1", count: 40))) }

  private func add(_ name: String, _ state: RepoState, reason: String? = nil, verdict: FitVerdict? = nil) throws
    -> RepoID
  {
    let id = try #require(RepoID(name))
    _ = try catalog.record(
      [
        ListedRepo(
          id: id, commit: commit(), createdAt: now, lastModified: now, tags: [], gated: state == .gated,
          downloads: 0, likes: 0)
      ], at: now)
    guard let verdict else {
      try catalog.setState(id, state, reason: reason, at: now)
      return id
    }
    let path = try #require(RepoPath("m.Q4_1.gguf"))
    let file = ModelFile(path: path, size: 98_362_432, hash: .sha256(String(repeating: "a", count: 64)))
    let weights = WeightsRecord(
      repo: id, path: path, commit: try commit(), quantization: try #require(Quantization("Q4_1")),
      bytes: file.size, evidence: .header,
      layout: WeightLayout(tensors: [(name: "output.weight", bytes: Int64(5))], layers: 1), files: [file])
    try catalog.describe(
      id, DescriptionRecord(commit: commit(), shape: Self.shape), state: .sized, reason: nil, weights: [weights],
      at: now)
    try catalog.setFits(
      [
        FitRecord(
          repo: id, path: path, device: "12 GiB card", context: 4096, total: .mebibytes(600), margin: .mebibytes(130),
          verdict: verdict, maxContext: 8192)
      ], of: id)
    return id
  }

  private func test(_ id: RepoID, _ verdict: SmokeVerdict, _ reasons: [String], sample: String? = nil) throws {
    let path = try #require(RepoPath("m.Q4_1.gguf"))
    let file = ModelFile(path: path, size: 98_362_432, hash: .sha256(String(repeating: "a", count: 64)))
    let copy = try catalog.want(
      repo: id, commit: commit(), quantization: "Q4_1", files: [file], byHand: false, at: now)
    try catalog.setState(ofCopy: copy.id, .verified, reason: nil, at: now)
    try catalog.record(
      SmokeRecord(
        copy: copy.id, at: now, verdict: verdict, reasons: reasons, tokensPerSecond: 61.4, perplexity: 12.34,
        sample: sample))
  }

  private func morning() throws -> Story {
    try test(try add("good/model", .sized, verdict: .fits), .pass, [], sample: "a girl\u{1B}[2J named Lily.")
    try test(try add("bad/model", .sized, verdict: .fits), .fail, ["the logits are not finite"])
    _ = try add("small/model", .sized, verdict: .fits)
    _ = try add("big/model", .sized, verdict: .split)
    _ = try add("shut/model", .gated)
    _ = try add("empty/model", .noWeights, reason: "no weights yet")
    _ = try add("other/model", .leftOut, reason: "architecture qwen2")
    _ = try add("fresh/model", .seen)
    return try StoryTeller(catalog: catalog, cacheRoot: "/cache/hub").story(since: nil, until: now)
  }

  @Test func everythingThatWasPolledIsInExactlyOnePlace() throws {
    let story = try morning()
    #expect(story.counts.polled == 8 && story.wentOn == 0 && story.unnamed.isEmpty)
    #expect(story.places.values.reduce(0, +) == 8)
    #expect(
      story.places == [
        "passed": 1, "failed": 1, "fits": 1, "tooBig": 1, "gated": 1, "noWeights": 1, "leftOut": 1, "waiting": 1,
      ])
    #expect(
      story.counts
        == Story.Counts(
          polled: 8, leftOut: 1, new: 8, gated: 1, noWeights: 1, waiting: 1, fits: 3, tooBig: 1, downloaded: 2,
          passed: 1, suspect: 0, failed: 1, unsupported: 0))
    #expect(story.device == "12 GiB card")
  }

  @Test func whatDeservesALookMostComesFirst() throws {
    for name in ["plain/model", "starred/model", "liked/model"] { _ = try add(name, .sized, verdict: .fits) }
    _ = try add("starred/shut", .gated)
    while try catalog.derive(
      at: now, score: { $0.owners.contains("starred") ? 9 : $0.owners.contains("liked") ? 5 : 1 })
      > 0
    {}
    let story = try StoryTeller(catalog: catalog, cacheRoot: "/cache/hub").story(since: nil, until: now)
    #expect(story.families.map(\.id) == ["starred/model", "liked/model", "plain/model", "starred/shut"])
    #expect(story.families.map(\.score) == [9, 5, 1, 9])
  }

  @Test func theTextForATerminal() throws {
    let text = TextDigest(endpoint: "https://huggingface.co", width: 76, style: .plain).render(try morning())
    #expect(
      text == """
        hubwatch · 15 January 2027, 08:00 UTC
        8 models polled, all new: 1 passed, 1 failed, 1 fit, 1 too big, 1 gated, 1
        waiting for a look, 1 without weights, 1 left out.
        Measured against: 12 GiB card

        Ready to try
        ✓ good/model
          Q4_1 · 135 M parameters · needs 730 MiB · context up to 8192 · 61 tokens/s
          on the processor · perplexity 12.3
          “a girl\\u{1b}[2J named Lily.”
          `hubwatch path good/model`

        Failed
        ✗ bad/model  Q4_1 · needs 730 MiB
          the logits are not finite

        Fits, not fetched
        · small/model  Q4_1 · needs 730 MiB

        Needs a bigger card
        · big/model  Q4_1 needs 730 MiB: a card of 8 GiB

        Behind terms that only you can accept
        ! https://huggingface.co/shut/model

        Waiting for a look: fresh/model
        Nothing to run: empty/model
        Left out by rule: other/model

        Health: no cycle ran in this time.
        """)
  }

  @Test func nothingNewIsOneLine() throws {
    let cycle = try catalog.beginCycle(at: now + 1)
    try catalog.endCycle(cycle, trouble: nil, at: now + 2)
    let story = try StoryTeller(catalog: catalog, cacheRoot: "/c").story(since: now, until: now + 3)
    #expect(
      TextDigest(endpoint: "https://h", width: 60, style: .plain).render(story)
        == "hubwatch · 15 January 2027, 08:00 UTC: nothing new.")
    #expect(
      MarkdownDigest(endpoint: "https://h").render(story) == "**hubwatch, 15 January 2027, 08:00 UTC**: nothing new.")
    let page = HTMLDigest(endpoint: "https://h").render(story)
    #expect(page.contains("<p>Nothing new since 15 January 2027, 08:00 UTC.</p>") && !page.contains("<section>"))
    let data = Data(try JSONOutput.document(story).utf8)
    let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    #expect((object["families"] as? [Any])?.isEmpty == true && (object["gaps"] as? [Any])?.isEmpty == true)
  }

  @Test func whenNoCycleRanThatIsSaidToo() throws {
    let story = try StoryTeller(catalog: catalog, cacheRoot: "/c").story(since: now, until: now + 1)
    let lines = TextDigest(endpoint: "https://h", width: 80, style: .plain).render(story).split(separator: "\n")
    #expect(
      lines.dropFirst() == ["Nothing new since 15 January 2027, 08:00 UTC.", "Health: no cycle ran in this time."])
  }

  @Test func theWindowIsHalfOpen() throws {
    _ = try add("a/b", .seen)
    let teller = StoryTeller(catalog: catalog, cacheRoot: "/c")
    #expect(try teller.story(since: now - 1, until: now).counts.polled == 1)
    #expect(try teller.story(since: now, until: now + 1).counts.polled == 0)
  }

  @Test func markdownHasNoLiveForeignSyntax() throws {
    let id = try add("evil/model", .broken, reason: "<script>alert(1)</script> [x](javascript:1) `*_")
    #expect(id.description == "evil/model")
    let story = try StoryTeller(catalog: catalog, cacheRoot: "/c").story(since: nil, until: now)
    let text = MarkdownDigest(endpoint: "https://h").render(story)
    #expect(text.contains("\\[x\\]\\(javascript\\:1\\) \\`\\*\\_"))
    #expect(!text.contains("<script"))
    #expect(text.contains("- [evil/model](https://h/evil/model): "))
  }

  @Test func theJSONHasTheContractsKeys() throws {
    let data = Data(try JSONOutput.document(try morning()).utf8)
    let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    #expect(object["schema"] as? String == "hubwatch.digest/1")
    for key in ["since", "until", "counts", "places", "families", "tools", "gaps"] {
      #expect(object[key] != nil, "\(key)")
    }
    let counts = try #require(object["counts"] as? [String: Int])
    let expected = [
      "polled", "leftOut", "new", "gated", "noWeights", "waiting", "fits", "tooBig", "downloaded", "passed",
      "suspect", "failed", "unsupported",
    ]
    #expect(Set(counts.keys) == Set(expected))
  }

  @Test func manyEntriesAreCountedNotListed() throws {
    for number in 0..<30 { _ = try add("a/model-\(number)", .gated) }
    let story = try StoryTeller(catalog: catalog, cacheRoot: "/c").story(since: nil, until: now)
    let text = TextDigest(endpoint: "https://h", width: 60, style: .plain).render(story)
    #expect(text.contains("and 25 more: `hubwatch digest gated`"))
    #expect(text.split(separator: "\n").allSatisfy { TextWidth.columns(String($0)) <= 60 })
  }
}
