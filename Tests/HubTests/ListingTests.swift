import Domain
import FoundationEssentials
import HTTP
import Hub
import LoopbackServer
import Testing

@Suite("Listings")
struct ListingTests {
  private static let json = "Content-Type: application/json; charset=utf-8"

  private func pages(_ hub: HubClient, query: ModelQuery = ModelQuery(), limit: Int = 20) async throws
    -> [ModelPage]
  {
    var pages: [ModelPage] = []
    for try await page in hub.models(query, pageLimit: limit) { pages.append(page) }
    return pages
  }

  @Test func theQueryIsSentAsTheHubWantsIt() async throws {
    let fixture = try HubFixture { _ in LoopbackServer.answer(text: "[]") }
    let query = ModelQuery(
      filters: ["gguf", "license:llama3.1"], search: "a b&c", author: "me", sort: .lastModified, limit: 5000,
      expand: ["sha", "tags"])
    #expect(try await pages(fixture.hub, query: query).count == 1)
    let request = try #require(fixture.server.requests.first)
    #expect(
      request.target == "/api/models?filter=gguf&filter=license%3Allama3.1&author=me&search=a%20b%26c"
        + "&sort=lastModified&limit=1000&expand=sha&expand=tags")
    #expect(request.headers["user-agent"] == "hubwatch/test; swift/6; linux")
    #expect(request.headers["authorization"] == nil)
  }

  @Test func pagesAreFollowedLazily() async throws {
    let fixture = try HubFixture { request in
      let page = request.target.last.flatMap { Int(String($0)) } ?? 0
      let link = page < 3 ? ["Link: </api/models?cursor=\(page + 1)>; rel=\"next\""] : []
      return LoopbackServer.answer(
        headers: [Self.json, "Date: Sun, 06 Nov 1994 08:49:37 GMT"] + link, text: "[{\"id\":\"a/m\(page)\"}]")
    }
    var iterator = fixture.hub.models(ModelQuery(limit: 10)).makeAsyncIterator()
    let first = try #require(try await iterator.next())
    #expect(fixture.server.requests.count == 1)
    #expect(first.end == .more)
    #expect(first.serverTime == 784_111_777)
    var ids = first.models.map(\.id.description)
    var end = first.end
    while let page = try await iterator.next() {
      ids += page.models.map(\.id.description)
      end = page.end
    }
    #expect(ids == ["a/m0", "a/m1", "a/m2", "a/m3"])
    #expect(end == .last)
    #expect(try await iterator.next() == nil)
  }

  @Test("C14 a circle of pages ends") func aCircleOfPagesEnds() async throws {
    let fixture = try HubFixture { request in
      let next = request.target.hasSuffix("=1") ? 2 : 1
      return LoopbackServer.answer(headers: ["Link: </api/models?cursor=\(next)>; rel=next"], text: "[]")
    }
    let ends = try await pages(fixture.hub).map(\.end)
    #expect(ends == [.more, .more, .repeatedCursor])
  }

  @Test("C14 pages are limited") func pagesAreLimited() async throws {
    let fixture = try HubFixture { request in
      LoopbackServer.answer(headers: ["Link: <\(request.target)x>; rel=next"], text: "[]")
    }
    #expect(try await pages(fixture.hub, limit: 4).map(\.end) == [.more, .more, .more, .pageLimit])
    #expect(fixture.server.requests.count == 4)
  }

  @Test(arguments: [
    "http://127.0.0.1:1/api/models?cursor=1", "https://evil.example/api/models", "/api/other?cursor=1",
    "//evil.example/api/models", "ftp://x/",
  ])
  func aLinkElsewhereIsNotFollowed(_ link: String) async throws {
    let fixture = try HubFixture(token: "hf_secret") { _ in
      LoopbackServer.answer(headers: ["Link: <\(link)>; rel=\"next\""], text: "[]")
    }
    #expect(try await pages(fixture.hub).map(\.end) == [.foreignLink])
    #expect(fixture.server.requests.count == 1)
    #expect(fixture.server.requests.first?.headers["authorization"] == "Bearer hf_secret")
  }

  @Test func anotherServerIsNotEvenAskedWithoutTheToken() async throws {
    let other = LoopbackServer { _ in LoopbackServer.answer(text: "[]") }
    let link = other.address("/api/models?cursor=1")
    let fixture = try HubFixture(token: "hf_secret") { _ in
      LoopbackServer.answer(headers: ["Link: <\(link)>; rel=\"next\""], text: "[]")
    }
    let page = try #require(try await pages(fixture.hub).first)
    #expect(page.end == .foreignLink && page.next == nil)
    // Nor when it was stored by somebody else.
    for try await page in fixture.hub.models(ModelQuery(), from: link) { #expect(page.end == .foreignLink) }
    #expect(fixture.server.requests.count == 2)
    #expect(other.requests.isEmpty)
  }

  @Test("C5 bad rows are skipped and counted") func badRowsAreSkippedAndCounted() async throws {
    let rows = #"""
      [{"id":"a/good","downloads":3,"gated":"manual","unknown":{"x":[1,2]},"createdAt":"2026-06-19T09:40:33.000Z"},
       {"id":"a--b/c"}, {"id":"../../etc"}, {"likes":3}, 5, null, "x", {"id":7},
       {"id":"a/b","downloads":-1}, {"id":"a/b","downloads":9223372036854775808}, {"id":"a/b","likes":1e308},
       {"id":"a/b","createdAt":"yesterday"}, {"id":"a/b","sha":"main"}, {"id":"a/b","tags":"x"},
       {"id":"a/b","trendingScore":-1}, {"id":"a/b","_id":"zz"}, {"id":"a/b","downloads":70368744177665},
       {"id":"a/b","sha":null,"sha":null}, {"id":"a/b","\u0069d":"a/b"}, {"id":"a/b","tags":["x",1]},
       {"id":"a/last","gated":false,"unknown":1,"unknown":2,"sha":null,"trendingScore":0.5,"gguf":7,"config":[],"siblings":{}}]
      """#
    let fixture = try HubFixture { _ in LoopbackServer.answer(headers: [Self.json], text: rows) }
    let page = try #require(try await pages(fixture.hub).first)
    #expect(page.models.map(\.id.description) == ["a/good", "a/last"])
    #expect(page.skipped.map(\.index) == Array(1...19))
    let reasons = page.skipped.map(\.reason)
    #expect(reasons[0] == "bad value of id")
    #expect(reasons[2] == "no id")
    #expect(reasons[3...5] == ["not an object", "not an object", "not an object"])
    #expect(reasons[16...] == ["duplicate key sha", "duplicate key id", "bad value of tags"])
    #expect(reasons[7] == "bad value of downloads")
    #expect(page.models[0].gating == .gated("manual"))
    #expect(page.models[0].createdAt == Date(timeIntervalSince1970: 1_781_862_033))
    #expect(page.models[1].gating == .open)
    #expect(page.models[1].gguf == nil)
    #expect(page.models[1].trendingScore == 0.5)
  }

  @Test(
    "C5 what is no listing",
    arguments: [
      ("<!DOCTYPE html><title>Log in</title>", "HTML (text/html) instead of JSON"),
      ("{\"error\":\"x\"}", "not a JSON array (text/html)"), ("", "not a JSON array (text/html)"),
      ("[{\"id\":", "broken JSON: the JSON ends in the middle at byte 7"),
      ("[1,2", "broken JSON: the JSON ends in the middle at byte 4"),
      ("[{\"id\":7,\"x\":01}]", "broken JSON: a number that is none in JSON at byte 13"),
      ("[]]", "broken JSON: something follows the JSON at byte 2"),
      (String(repeating: "[", count: 100_000), "JSON deeper than 64 levels at byte 64"),
      ("[" + String(repeating: "1,", count: 100_001) + "1]", "more than 100000 rows"),
      (
        "[" + String(repeating: "{\"a\":", count: 64) + "1" + String(repeating: "}", count: 64) + "]",
        "JSON deeper than 64 levels at byte 316"
      ),
    ])
  func whatIsNoListing(_ body: String, _ reason: String) async throws {
    let fixture = try HubFixture { _ in
      LoopbackServer.answer(headers: ["Content-Type: text/html; charset=utf-8"], text: body)
    }
    let error = await hubError { _ = try await pages(fixture.hub) }
    #expect(error?.kind == .unexpectedAnswer)
    #expect(error?.detail == reason)
    #expect(error?.exitCode == .hubUnreachable)
  }

  @Test func nestingWithinTheLimitIsFine() async throws {
    let deep = String(repeating: "[", count: 60) + String(repeating: "]", count: 60)
    let fixture = try HubFixture { _ in
      LoopbackServer.answer(
        text: "[{\"id\":\"a/b\",\"deep\":\(deep),\"text\":\"\(String(repeating: "[", count: 99))\"}]")
    }
    #expect(try await pages(fixture.hub).first?.models.count == 1)
  }

  @Test(
    "C5 a page above the cap is refused", arguments: ["", "Content-Length: 1073741824\r\n"],
    [UInt8(ascii: " "), UInt8(ascii: "["), 0])
  func aPageAboveTheCapIsRefused(length: String, padding: UInt8) async throws {
    let fixture = try HubFixture { _ in
      [
        .send(Array("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\(length)\r\n[".utf8)),
        .repeatForever([UInt8](repeating: padding, count: 65_536)),
      ]
    }
    let error = await hubError { _ = try await pages(fixture.hub) }
    guard case .unreachable(let cause) = error?.kind else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(cause.kind == .tooLarge)
    #expect(fixture.server.requests.count == 1)
  }

  @Test("C9 a renamed model is found") func aRenamedModelIsFound() async throws {
    let fixture = try HubFixture(token: "t") { request in
      request.path == "/api/models/bert"
        ? LoopbackServer.answer(307, headers: ["Location: /api/models/google-bert/bert"])
        : LoopbackServer.answer(text: "{\"id\":\"google-bert/bert\",\"sha\":\"\(commit)\"}")
    }
    let model = try await fixture.hub.modelInfo(fixed(RepoID("bert")))
    #expect(model.id.description == "google-bert/bert")
    #expect(model.sha == commit)
    #expect(fixture.server.requests.map { $0.headers["authorization"] } == ["Bearer t", "Bearer t"])
  }

  @Test func theApiDoesNotLeadElsewhere() async throws {
    let other = LoopbackServer { _ in LoopbackServer.answer(text: "{\"id\":\"a/b\"}") }
    let location = other.address("/api/models/a/b")
    let fixture = try HubFixture(token: "t") { _ in
      LoopbackServer.answer(307, headers: ["Location: \(location)"])
    }
    #expect(await hubError { _ = try await fixture.hub.modelInfo(repo) }?.kind == .redirectRefused)
    #expect(other.requests.isEmpty)
  }

  @Test func revisionAndExpandAreSent() async throws {
    let fixture = try HubFixture { _ in LoopbackServer.answer(text: "{\"id\":\"org/name\"}") }
    _ = try await fixture.hub.modelInfo(repo, revision: "refs/pr/1", expand: ["gguf", "config"])
    #expect(
      fixture.server.requests.first?.target
        == "/api/models/org/name/revision/refs%2Fpr%2F1?expand=gguf&expand=config")
  }
}
