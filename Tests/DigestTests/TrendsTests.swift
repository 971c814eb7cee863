import Catalog
import Console
import Domain
import Foundation
import TestSupport
import Testing

@testable import Digest

@Suite("Trends")
struct TrendsTests {
  private let folder: TemporaryFolder
  private let catalog: Catalog
  /// A Thursday; its week began on Monday the 11th of January 2027.
  private let now = Date(timeIntervalSince1970: 1_799_884_800)
  private let week: TimeInterval = 7 * 86_400

  init() throws {
    folder = try TemporaryFolder()
    catalog = try Catalog(folder: folder.path)
  }

  private func list(_ name: String, _ architecture: String?, _ parameters: Int64?, at time: Date) throws -> RepoID {
    let id = try #require(RepoID(name))
    _ = try catalog.record(
      [
        ListedRepo(
          id: id, commit: CommitHash(String(repeating: "1", count: 40)), createdAt: time, lastModified: time, tags: [],
          gated: false, downloads: 0, likes: 0, architecture: architecture, parameters: parameters)
      ], at: time)
    return id
  }

  /// A copy that passed, of `bytes`, with a perplexity and so many probes.
  private func pass(_ id: RepoID, bytes: Int64, perplexity: Double, probes: Int, at time: Date) throws {
    let path = try #require(RepoPath("m.gguf"))
    let commit = try #require(CommitHash(String(repeating: "1", count: 40)))
    let hash = ContentHash.sha256(String(repeating: "a", count: 64))
    let copy = try catalog.want(
      repo: id, commit: commit, quantization: "Q4_0", files: [ModelFile(path: path, size: bytes, hash: hash)],
      byHand: false, at: time)
    try catalog.setState(ofCopy: copy.id, .verified, reason: nil, at: time)
    try catalog.record(
      SmokeRecord(
        copy: copy.id, at: time, verdict: .pass, reasons: [], tokensPerSecond: 10, perplexity: perplexity, sample: nil))
    _ = try catalog.record(
      (0..<probes).map {
        ProbeResult(
          name: "p\($0)", capability: "c", version: "1", outcome: .passed, right: 1, cases: 1, reason: nil, answer: nil)
      }, ofCopy: copy.id, classes: [], at: time)
  }

  private func chart(_ key: String, weeks: Int = 4) throws -> Trends.Chart? {
    Trends(try catalog.trends(weeks: weeks, until: now), until: now).charts.first { $0.key == key }
  }

  @Test func memoryIsTheLeastThatWasKnownUntilThen() throws {
    let large = try list("a/large", "llama", 8_000_000_000, at: now - 3 * week)
    let small = try list("a/small", "llama", 1_000_000_000, at: now - week)
    let poor = try list("a/poor", "llama", 100_000_000, at: now)
    try pass(large, bytes: 4_000_000_000, perplexity: 7, probes: 4, at: now - 3 * week)
    try pass(small, bytes: 1_000_000_000, perplexity: 11, probes: 4, at: now - week)
    try pass(poor, bytes: 100_000_000, perplexity: 30, probes: 1, at: now)
    // Files, a tenth more, and half a GiB, while no verdict is known.
    func need(_ bytes: Double) -> Double { bytes * 1.1 + 536_870_912 }
    let chart = try #require(try chart("memoryByPerplexity"))
    #expect(chart.unit == .bytes)
    #expect(chart.lines.map(\.name) == ["perplexity ≤ 8", "perplexity ≤ 12", "perplexity ≤ 20", "perplexity ≤ 40"])
    let (most, less, least) = (need(4e9), need(1e9), need(1e8))
    #expect(chart.lines[0].values == [most, most, most, most])
    #expect(chart.lines[1].values == [most, most, less, less])
    #expect(chart.lines[3].values == [most, most, less, least])
    let probes = try #require(try self.chart("memoryByProbes"))
    #expect(probes.lines.map(\.name) == ["1 probes", "2 probes", "3 probes", "4 probes"])
    #expect(probes.lines[0].values == [most, most, less, least])
    #expect(probes.lines[3].values == [most, most, less, less])
    // What was known before the first week counts from its beginning on.
    #expect(try self.chart("memoryByPerplexity", weeks: 2)?.lines[1].values == [less, less])
    #expect(try self.chart("memoryByPerplexity", weeks: 1)?.lines[1].values == [less])
  }

  @Test func aVerdictOfTheFitSaysWhatIsNeededAndWhatTheCardHolds() throws {
    let id = try list("a/model", "llama", nil, at: now)
    let path = try #require(RepoPath("m.gguf"))
    let commit = try #require(CommitHash(String(repeating: "1", count: 40)))
    let shape = ModelShape(
      architecture: "llama", layers: 1, embedding: 32, feedForward: 64, heads: 4, kvHeads: [2], keyLength: 8,
      valueLength: 8, vocabulary: 64, contextLength: 128, parameters: 134_515_008)
    let file = ModelFile(path: path, size: 1000, hash: .sha256(String(repeating: "a", count: 64)))
    let weights = WeightsRecord(
      repo: id, path: path, commit: commit, quantization: try #require(Quantization("Q4_1")), bytes: 1000,
      evidence: .header, layout: WeightLayout(tensors: [(name: "output.weight", bytes: Int64(5))], layers: 1),
      files: [file])
    try catalog.describe(
      id, DescriptionRecord(commit: commit, shape: shape), state: .sized, reason: nil, weights: [weights], at: now)
    try catalog.setFits(
      [
        FitRecord(
          repo: id, path: path, device: "card", context: 4096, total: .mebibytes(600), margin: .mebibytes(100),
          verdict: .fits, maxContext: 8192)
      ], of: id)
    try pass(id, bytes: 1000, perplexity: 7, probes: 0, at: now)
    let largest = try #require(try chart("largestFitting", weeks: 2))
    #expect(largest.lines[0].values == [nil, 134_515_008])
    while try catalog.derive(at: now, score: { _ in 1 }) > 0 {}
    #expect(try chart("newFamilies", weeks: 2)?.lines[0].values == [nil, 1], "nobody counted before")
    #expect(try chart("memoryByProbes") == nil)
  }

  @Test func newModelsAndTheirMedianAreCountedByWeeksThatBeginOnMondays() throws {
    let monday = Date(timeIntervalSince1970: 1_799_625_600)
    _ = try list("a/before", "Llama", 3_000_000, at: monday - 1)
    for (number, size) in [1_000_000, 5_000_000, 9_000_000, 20_000_000].enumerated() {
      _ = try list("a/m\(number)", number == 3 ? "qwen2" : "llama", Int64(size), at: monday + Double(number))
    }
    _ = try list("a/unknown", nil, nil, at: monday)
    let out = try list("a/out", "llama", 999_000_000, at: monday)
    try catalog.setState(out, .leftOut, reason: nil, at: monday)
    let record = try catalog.trends(weeks: 2, until: now)
    #expect(record.weeks == [monday - week, monday])
    #expect(record.medianParameters.values == [3_000_000, 7_000_000])
    #expect(
      record.newModels == [
        .init(name: "all", values: [1, 5]), .init(name: "llama", values: [1, 3]), .init(name: "qwen2", values: [0, 1]),
        .init(name: "others", values: [0, 1]),
      ])
  }

  @Test func everyOneOfAHundredThousandIsCounted() throws {
    for batch in 0..<20 {
      _ = try catalog.record(
        try (0..<5000).map { number in
          ListedRepo(
            id: try #require(RepoID("owner\(number % 97)/m\(batch)-\(number)")), commit: nil,
            createdAt: now - Double(batch) * week, lastModified: now, tags: [], gated: false, downloads: 0, likes: 0,
            architecture: "arch\(number % 10)", parameters: Int64(1 + number) * 1_000_000)
        }, at: now)
    }
    let record = try catalog.trends(weeks: 20, until: now)
    #expect(record.newModels[0].values.compactMap(\.self).reduce(0, +) == 100_000)
    #expect(record.newModels.dropFirst().flatMap(\.values).compactMap(\.self).reduce(0, +) == 100_000)
    #expect(record.newModels.count == 8 && record.newModels[7].name == "others")
    #expect(record.medianParameters.values.allSatisfy { $0 == 2_500_500_000 })
  }

  @Test func theTextHasSmallCharts() {
    var record = TrendRecord(weeks: [now - week, now])
    record.largestFitting.values = [7e9, 14e9]
    record.newModels = [.init(name: "evil\u{1B}[2J\u{202E}", values: [0, 4])]
    let trends = Trends(record, until: now)
    let text = TrendsText(width: 60, style: .plain).render(trends)
    #expect(
      text == """
        Largest model that fits your card
          largest that fits  ▅█  7.0 B → 14.0 B

        New models a week
          evil\\u{1b}[2J\\u{…  ·█  4

        7 January 2027 to 14 January 2027, one block a week
        """)
    #expect(TrendsText.blocks([nil, 0, 1, 2]) == "·▁▅█")
    #expect(
      TrendsText(width: 60, style: .plain).render(Trends(TrendRecord(weeks: []), until: now)).hasPrefix("Nothing"))
  }

  @Test func longLinesKeepTheNewestWeeks() {
    var record = TrendRecord(weeks: (0..<100).map { now + Double($0) * week })
    record.newModels = [.init(name: "all", values: (0..<100).map { $0 == 99 ? 8 : 1 })]
    let lines = TrendsText(width: 60, style: .plain).render(Trends(record, until: now)).split(separator: "\n")
    #expect(lines.allSatisfy { TextWidth.columns(String($0)) <= 60 })
    #expect(lines[1].contains("▂▂█  1 → 8"))
  }

  @Test func aChartBreaksWhereNothingIsKnown() {
    #expect(TrendsHTML.path([nil, 0, 10], most: 10) == "M300.0 150.0h2L592.0 16.0")
    #expect(TrendsHTML.path([5, nil, 5], most: 10) == "M8.0 83.0h2M592.0 83.0h2")
    #expect(TrendsHTML.path([], most: 0).isEmpty)
  }

  @Test func theJSONHasTheContractsKeys() throws {
    var record = TrendRecord(weeks: [now])
    record.largestFitting.values = [7e9]
    let text = try JSONOutput.document(Trends(record, until: now))
    let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    #expect(object["schema"] as? String == "hubwatch.trends/1")
    let charts = try #require(object["charts"] as? [[String: Any]])
    #expect(charts.count == 1 && Set(charts[0].keys) == ["key", "title", "unit", "lines"])
    #expect((object["weeks"] as? [String])?.count == 1)
  }
}
