import Domain
import Foundation
import TestSupport
import Testing

@testable import Catalog

@Suite("Looking through the catalog")
struct BrowseTests {
  private let home: Home
  private let catalog: Catalog

  /// Sixty repositories by three owners, in families of four.
  init() throws {
    home = try Home()
    catalog = try Catalog(folder: home.folder.path)
    let rows = try (0..<60).map { number in
      let family = number / 4 * 4
      var tags = ["gguf", "license:\(number % 3 == 0 ? "mit" : "other")"]
      if number != family { tags.append("base_model:quantized:maker\(family % 3)/Model-\(family)") }
      var repo = ListedRepo(
        id: try #require(RepoID("maker\(number % 3)/Model-\(number)")), commit: try home.commit(),
        // Several that are equal, and some that nobody knows.
        createdAt: number % 7 == 0 ? nil : home.now - Double(number % 10) * 1000, lastModified: home.now,
        tags: TagList(tags), gated: number % 6 == 0, downloads: number * 7 % 20, likes: number % 4,
        architecture: number % 2 == 0 ? "llama" : nil, parameters: number % 5 == 0 ? nil : Int64(number) * 1_000_000_000
      )
      if number % 10 == 9 { repo.ruling = Ruling(isAdmitted: false, rule: .licences) }
      return repo
    }
    _ = try catalog.record(rows, at: home.now)
    while try catalog.derive(at: home.now, score: { Double($0.likes % 3) }) > 0 {}
  }

  /// All pages of a query, one after the other.
  private func walk(_ query: BrowseQuery) throws -> [String] {
    var (query, ids) = (query, [String]())
    for _ in 0..<100 {
      let page = try catalog.browse(query)
      ids += page.rows.map { "\($0.repo.id)" }
      guard page.hasMore else { return ids }
      query.after = try #require(page.rows.last).repo.key
    }
    Issue.record("the pages do not end")
    return ids
  }

  @Test(arguments: BrowseQuery.Order.allCases, [1, 7, 50])
  func pagesShowEverythingOnceInOrder(order: BrowseQuery.Order, limit: Int) throws {
    for crowd in [5, 1000] {
      var query = BrowseQuery()
      (query.order, query.crowd) = (order, crowd)
      query.limit = 1000
      let whole = try catalog.browse(query).rows.map { "\($0.repo.id)" }
      #expect(Set(whole).count == 54 && whole.count == 54)
      query.limit = limit
      #expect(try walk(query) == whole, "\(order) \(limit) \(crowd)")
      #expect(try catalog.count(query, limit: 1000) == 54 && catalog.count(query, limit: 10) == 10)
    }
  }

  @Test func sortingAndWalkingByRankAgree() throws {
    var query = BrowseQuery()
    query.limit = 1000
    query.crowd = 5
    let walked = try catalog.browse(query).rows.map(\.repo.key)
    query.crowd = 1000
    #expect(try catalog.browse(query).rows.map(\.repo.key) == walked)
  }

  @Test(arguments: BrowseQuery.Order.allCases)
  func wordsAreFoundPageByPage(order: BrowseQuery.Order) throws {
    var query = BrowseQuery()
    (query.words, query.order, query.limit) = ("model", order, 8)
    let found = try walk(query)
    #expect(found.count == 54 && Set(found).count == 54)
    #expect(try catalog.count(query, limit: 1000) == 54)
    // Of a word that everybody uses the newest are looked at.
    query.mostHits = 20
    let newest = try walk(query)
    #expect(newest.count == 18 && newest.allSatisfy { Int($0.split(separator: "-")[1]) ?? 0 >= 40 })
    query.words = "model \"12"
    // Three others say that they came from it.
    let kin = try walk(query)
    #expect(Set(kin) == ["maker0/Model-12", "maker1/Model-13", "maker2/Model-14", "maker0/Model-15"])
    query.words = "* OR ("
    #expect(try walk(query).isEmpty)
  }

  @Test func everyFilterCounts() throws {
    func ids(_ change: (inout BrowseQuery) -> Void) throws -> Int {
      var query = BrowseQuery()
      change(&query)
      query.limit = 13
      let found = try walk(query)
      #expect(try catalog.count(query, limit: 1000) == found.count)
      return found.count
    }
    #expect(try ids { $0.owner = "maker1" } == 18 && ids { $0.owner = "maker" } == 0)
    #expect(try ids { $0.states = [.leftOut] } == 6 && ids { $0.states = [.seen, .leftOut] } == 60)
    #expect(try ids { $0.licence = "mit" } == 18 && ids { $0.licence = "mi" } == 0)
    #expect(try ids { $0.gated = true } == 10 && ids { $0.gated = false } == 44)
    #expect(try ids { $0.architecture = "LLAMA" } == 30)
    #expect(try ids { ($0.minParameters, $0.belowParameters) = (10_000_000_000, 20_000_000_000) } == 7)
    #expect(try ids { $0.neededBytes = 1 << 50 } == 0 && ids { $0.verdict = .pass } == 0)
    #expect(try ids { ($0.gated, $0.licence, $0.words) = (true, "mit", "model") } == 10)
  }

  @Test func aRepositoryThatIsGoneFromTheListBeginsItAnew() throws {
    var query = BrowseQuery()
    query.limit = 5
    let first = try catalog.browse(query)
    for order in [BrowseQuery.Order.rank, .likes] {
      (query.order, query.after) = (order, 999_999)
      #expect(try catalog.browse(query).rows.count <= 5)
    }
    query = BrowseQuery()
    (query.limit, query.crowd, query.after) = (5, 1, 999_999)
    #expect(try catalog.browse(query) == first)
  }

  @Test func aLineTellsTheBestOfferAndTheLastVerdict() throws {
    let id = try #require(RepoID("maker1/Model-1"))
    let offers: [(String, Int64, FitVerdict)] = [
      ("Q8_0", 8000, .no), ("Q4_K_M", 4000, .fits), ("Q2_K", 2000, .fits), ("Q5_K_M", 5000, .smallerContext),
    ]
    let weights = try offers.map { name, bytes, _ in
      WeightsRecord(
        repo: id, path: try #require(RepoPath("\(name).gguf")), commit: try home.commit(),
        quantization: try #require(Quantization(name)), bytes: bytes, evidence: .header,
        layout: WeightLayout(tensors: [], layers: 1),
        files: [try home.file("\(name).gguf", bytes)])
    }
    try catalog.describe(
      id, DescriptionRecord(commit: home.commit(), shape: nil), state: .sized, reason: nil, weights: weights,
      at: home.now)
    try catalog.setFits(
      zip(weights, offers).map {
        FitRecord(
          repo: id, path: $0.path, device: "card", context: 4096, total: ByteCount($1.1), margin: ByteCount(10),
          verdict: $1.2, maxContext: 4096)
      }, of: id)
    let copy = try home.want(catalog, "maker1/Model-1", weights[1].files)
    try catalog.setState(ofCopy: copy.id, .verified, reason: nil, at: home.now)
    for verdict in [SmokeVerdict.fail, .pass] {
      try catalog.record(
        SmokeRecord(
          copy: copy.id, at: home.now, verdict: verdict, reasons: [], tokensPerSecond: nil, perplexity: nil, sample: nil
        ))
    }
    var query = BrowseQuery()
    query.verdict = .pass
    let row = try #require(try catalog.browse(query).rows.first)
    #expect(row.repo.id == id && row.copy == .tested && row.verdict == .pass)
    #expect(row.best == .init(quantization: "Q4_K_M", bytes: 4010, verdict: .fits))
    query.verdict = .fail
    #expect(try catalog.browse(query).rows.isEmpty)
    query.verdict = nil
    query.neededBytes = 2010
    #expect(try catalog.browse(query).rows.map(\.repo.id) == [id])
    query.neededBytes = 2009
    #expect(try catalog.browse(query).rows.isEmpty)
  }

  @Test func theTallyCountsEverything() throws {
    let cycle = try catalog.beginCycle(at: home.now)
    try catalog.endCycle(cycle, trouble: nil, at: home.now + 60)
    _ = try home.want(catalog, "maker1/Model-1", [home.file("a.gguf", 500)])
    let tally = try catalog.tally()
    #expect(tally.repos[.seen] == 54 && tally.repos[.leftOut] == 6 && tally.repos[.sized] == 0)
    #expect(tally.copies[.wanted] == .init(count: 1, bytes: 500) && tally.copies[.lost] == .init())
    #expect(tally.families == 15 && tally.cycles == 1 && tally.usedBytes == 500 && tally.smokes[.pass] == 0)
    #expect(tally.lastEnded?.endedAt == home.now + 60 && tally.lastRecordedAt == home.now)
    let empty = try Catalog(folder: "\(home.folder.path)/other").tally()
    #expect(empty.lastRecordedAt == nil && empty.lastEnded == nil && empty.repos[.seen] == 0)
  }
}
