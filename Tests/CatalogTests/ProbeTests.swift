import Domain
import Foundation
import TestSupport
import Testing

@testable import Catalog

@Suite("What models can do")
struct ProbeTests {
  private let shelf: Shelf
  private var catalog: Catalog { shelf.catalog }
  private let gib: Int64 = 1 << 30

  init() throws { shelf = try Shelf() }

  private func copy(_ name: String, bytes: Int64) throws -> CopyRecord {
    let file = ModelFile(
      path: try #require(RepoPath("m.gguf")), size: bytes,
      hash: try #require(ContentHash(String(repeating: "c", count: 64))))
    return try catalog.want(
      repo: shelf.id(name), commit: try #require(CommitHash(String(repeating: "1", count: 40))), quantization: "Q4_0",
      files: [file], byHand: false, at: shelf.now)
  }

  private func result(
    _ name: String, _ outcome: ProbeResult.Outcome, version: String = "1", answer: String? = nil
  ) -> ProbeResult {
    ProbeResult(
      name: name, capability: "reading", version: version, outcome: outcome, right: outcome == .passed ? 2 : 0,
      cases: 2,
      reason: outcome == .failed ? "wrong" : nil, answer: answer)
  }

  private var classes: [Int64] { [8, 12, 24, 48].map { $0 * gib } }

  @Test func resultsAreKeptInTheirOrderAndReplaced() throws {
    let copy = try copy("org/a", bytes: 100)
    _ = try catalog.record(
      [result("z", .passed), result("a", .failed), result("m", .notAsked)], ofCopy: copy.id, classes: classes,
      at: shelf.now)
    #expect(try catalog.probes(ofCopy: copy.id).map(\.result.name) == ["z", "a", "m"])
    let later = shelf.now.addingTimeInterval(60)
    _ = try catalog.record(
      [result("z", .notAsked), result("a", .passed, answer: "x"), result("m", .failed)], ofCopy: copy.id,
      classes: classes, at: later)
    let stored = try catalog.probes(ofCopy: copy.id)
    // What got no turn this time keeps what is known.
    #expect(stored.map(\.result.outcome) == [.passed, .passed, .failed])
    #expect(stored.map(\.at) == [shelf.now, later, later])
    #expect(stored[1].result == result("a", .passed, answer: "x"))
    #expect(try catalog.probes(ofCopy: copy.id + 1).isEmpty)
    #expect(throws: CatalogError.self) { try catalog.record([], ofCopy: 999, classes: [], at: later) }
  }

  @Test func theFirstWithinAClassIsToldOnce() throws {
    let big = try copy("org/big", bytes: 30 * gib)
    let small = try copy("org/small", bytes: 5 * gib)
    let tiny = try copy("org/tiny", bytes: 1 * gib)
    func news(_ copy: CopyRecord, _ version: String = "1") throws -> [ProbeNews.First] {
      try catalog.record(
        [result("read a table", .passed, version: version)], ofCopy: copy.id, classes: classes, at: shelf.now
      ).firsts
    }
    #expect(try news(big) == [.init(name: "read a table", bytes: 48 * gib)])
    #expect(try news(big) == [])
    #expect(try news(small) == [.init(name: "read a table", bytes: 8 * gib)])
    #expect(try news(tiny) == [])
    // Another question is another first.
    #expect(try news(tiny, "2") == [.init(name: "read a table", bytes: 8 * gib)])
    #expect(try news(big, "2") == [])
    let failed = try catalog.record([result("sort", .failed)], ofCopy: tiny.id, classes: classes, at: shelf.now)
    #expect(failed.isEmpty)
    let told = try catalog.probeNews(since: .distantPast, until: shelf.now)
    #expect(told.map(\.repo) == ["org/small", "org/tiny", "org/big"])
    #expect(try catalog.probeNews(since: shelf.now, until: .distantFuture).isEmpty)
  }

  @Test func aModelLargerThanEveryClassIsNoFirst() throws {
    let huge = try copy("org/huge", bytes: 300 * gib)
    #expect(try catalog.record([result("x", .passed)], ofCopy: huge.id, classes: classes, at: shelf.now).firsts.isEmpty)
  }

  @Test func whatABasePassesAndItsDescendantFailsIsARegression() throws {
    try shelf.record(
      shelf.row("org/base", object: 1),
      shelf.row("org/tune", ["gguf", "base_model:org/base", "base_model:finetune:org/base"], seed: 2, object: 2),
      shelf.row("org/other", seed: 3, object: 3))
    try shelf.derive()
    let (base, tune, other) = (
      try copy("org/base", bytes: 10), try copy("org/tune", bytes: 10), try copy("org/other", bytes: 10)
    )
    func record(_ copy: CopyRecord, _ results: [ProbeResult], after: Double = 0) throws -> ProbeNews {
      try catalog.record(results, ofCopy: copy.id, classes: [], at: shelf.now + after)
    }
    #expect(try record(base, [result("table", .passed), result("sum", .failed), result("sort", .passed)]).isEmpty)
    #expect(try record(other, [result("table", .failed)]).isEmpty)
    let news = try record(
      tune, [result("table", .failed), result("sum", .failed), result("sort", .failed, version: "2")], after: 1)
    #expect(news.regressions == [.init(name: "table", base: "org/base")])
    let told = try catalog.probeNews(since: shelf.now, until: shelf.now + 1)
    #expect(told.map(\.repo) == ["org/tune"] && told.first?.regressions == news.regressions)
    // Mended: no news any more.
    #expect(try record(tune, [result("table", .passed)], after: 2).isEmpty)
    #expect(try catalog.probeNews(since: shelf.now, until: shelf.now + 9).isEmpty)
  }

  @Test func theErrorOfEstimatesIsTheirMean() throws {
    #expect(try catalog.estimateAccuracy() == nil)
    let copy = try copy("org/a", bytes: 100)
    for (peak, estimate) in [(110, 100), (95, 100), (nil, 100), (50, nil), (70, 0)] as [(Int64?, Int64?)] {
      var smoke = SmokeRecord(
        copy: copy.id, at: shelf.now, verdict: .pass, reasons: [], tokensPerSecond: 1, perplexity: 2, sample: nil)
      smoke.peakMemoryBytes = peak
      smoke.estimateBytes = estimate
      smoke.architecture = "llama"
      smoke.parameters = 7
      smoke.loadSeconds = 0.5
      smoke.promptTokensPerSecond = 99
      smoke.bitsPerByte = 1.25
      try catalog.record(smoke)
      #expect(try catalog.lastSmoke(ofCopy: copy.id) == smoke)
    }
    let accuracy = try #require(try catalog.estimateAccuracy())
    #expect(accuracy.loads == 2 && abs(accuracy.meanError - 0.075) < 1e-12 && abs(accuracy.worstError - 0.1) < 1e-12)
  }
}
