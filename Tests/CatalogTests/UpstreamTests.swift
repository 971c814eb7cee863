import Domain
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Catalog

@Suite("Upstreams in the catalog")
struct UpstreamTests {
  private let folder: TemporaryFolder
  private let now = Date(timeIntervalSince1970: 1_800_000_000)
  private let url = "https://example.org/a/b"

  init() throws { folder = try TemporaryFolder() }

  private func object(_ digit: String) throws -> GitObjectID {
    try #require(GitObjectID(String(repeating: digit, count: 40)))
  }

  @Test func aDatabaseFromBeforeGetsTheTables() throws {
    do {
      let queue = try DatabaseQueue(path: "\(folder.path)/hubwatch.sqlite")
      try Schema.migrator.migrate(queue, upTo: "1 the morning ritual")
      try queue.write { try $0.execute(sql: "INSERT INTO mark VALUES ('x', 'y')") }
    }
    let catalog = try Catalog(folder: folder.path)
    #expect(try catalog.upstreams().isEmpty)
    #expect(try catalog.mark("x") == "y")
  }

  @Test func whatAnAnswerSaysIsWhatIsKnown() throws {
    let catalog = try Catalog(folder: folder.path)
    try catalog.watchUpstreams([(url, "b")])
    #expect(try catalog.upstreamRefs(url) == nil)
    let (a, b) = (try object("a"), try object("b"))
    let first = RemoteRefs(head: a, branch: "main", tags: ["v1": a, "v2": a])
    try catalog.record(first, news: [], newestTag: "v2", of: url, at: now)
    #expect(try catalog.upstreamRefs(url) == first)
    let second = RemoteRefs(head: nil, branch: nil, tags: ["v2": b, "v3": b])
    let news = UpstreamNews(kind: .tag, name: "v3", old: nil, new: b, count: 1)
    try catalog.record(second, news: [news], newestTag: "v3", of: url, at: now + 1)
    #expect(try catalog.upstreamRefs(url) == second)
    #expect(
      try catalog.upstreamNews(since: now, until: now + 1) == [UpstreamNewsRecord(url: url, at: now + 1, news: news)])
    #expect(try catalog.upstreamNews(since: now + 1, until: now + 9).isEmpty)
    let record = try #require(try catalog.upstream(url))
    #expect(record.firstSuccessAt == now && record.changedAt == now + 1 && record.tagCount == 2)
  }

  @Test func troubleBeginsOnceAndEndsWithAnAnswer() throws {
    let catalog = try Catalog(folder: folder.path)
    try catalog.watchUpstreams([(url, "b")])
    try catalog.recordTrouble("one", ofUpstream: url, at: now)
    try catalog.recordTrouble("two", ofUpstream: url, at: now + 5)
    var record = try #require(try catalog.upstream(url))
    #expect(record.trouble == "two" && record.troubleSince == now && record.failures == 2)
    #expect(record.lastCheckedAt == now + 5 && record.lastSuccessAt == nil)
    try catalog.record(RemoteRefs(), news: [], newestTag: nil, of: url, at: now + 6)
    record = try #require(try catalog.upstream(url))
    #expect(record.trouble == nil && record.troubleSince == nil && record.failures == 0)
  }

  @Test func whoIsNoLongerNamedIsRemembered() throws {
    let catalog = try Catalog(folder: folder.path)
    try catalog.watchUpstreams([(url, "b"), ("/x", "x")])
    try catalog.record(RemoteRefs(head: try object("a")), news: [], newestTag: nil, of: url, at: now)
    try catalog.watchUpstreams([("/x", "y")])
    #expect(try catalog.upstreams().map(\.name) == ["y"])
    #expect(try catalog.upstream(url)?.isWatched == false)
    try catalog.watchUpstreams([("/x", "y"), (url, "b")])
    #expect(try catalog.upstreams().map(\.name) == ["b", "y"])
    #expect(try catalog.upstreamRefs(url)?.head == object("a"))
  }

  @Test(arguments: ["UPDATE upstream SET head = 'zz'", "UPDATE upstreamTag SET object = 'zz'"])
  func aRowThatCannotBeIsDamage(_ sql: String) throws {
    let catalog = try Catalog(folder: folder.path)
    try catalog.watchUpstreams([(url, "b")])
    let refs = RemoteRefs(head: try object("a"), tags: ["v1": try object("a")])
    try catalog.record(refs, news: [], newestTag: "v1", of: url, at: now)
    try DatabaseQueue(path: catalog.path).write { try $0.execute(sql: sql) }
    #expect {
      try catalog.upstreamRefs(url)
    } throws: { ($0 as? CatalogError)?.kind == .corrupt }
  }
}
