import Domain
import Foundation
import HTTP
import LoopbackServer
import Testing

@testable import Hub

@Suite("Politeness")
struct PolitenessTests {
  @Test("N13 a host that fails is left alone for longer and longer") func aHostThatFailsIsLeftAloneForLongerAndLonger()
  {
    var breaker = CircuitBreaker()
    for _ in 0..<4 { breaker.failed("hub", now: 1000) }
    #expect(breaker.pause(of: "hub", now: 1000) == nil)
    breaker.failed("hub", now: 1000)
    #expect(breaker.pause(of: "hub", now: 1000) == 60 && breaker.pause(of: "other", now: 1000) == nil)
    var now = 1000.0
    for expected in [60.0, 120, 240, 480, 960, 1800, 1800] {
      #expect(breaker.pause(of: "hub", now: now) == expected)
      now += expected
      // One request may try.
      #expect(breaker.pause(of: "hub", now: now) == nil)
      breaker.failed("hub", now: now)
    }
    breaker.succeeded("hub")
    #expect(breaker.pause(of: "hub", now: now) == nil)
    breaker.failed("hub", now: now)
    #expect(breaker.pause(of: "hub", now: now) == nil)
  }

  @Test func aClockThatJumpsBackDoesNotStopItForGood() {
    var breaker = CircuitBreaker()
    for _ in 0..<5 { breaker.failed("hub", now: 1_000_000) }
    #expect(breaker.pause(of: "hub", now: 0) == CircuitBreaker.longestPause)
  }

  @Test func theStateSurvivesAndTheOlderFormIsRead() throws {
    var politeness = Politeness()
    for _ in 0..<5 { politeness.breaker.failed("hub", now: 1000) }
    _ = politeness.limiter.willSend(.api, now: 5)
    let data = try JSONEncoder().encode(politeness)
    #expect(try JSONDecoder().decode(Politeness.self, from: data) == politeness)
    let older = try JSONEncoder().encode(politeness.limiter)
    #expect(try JSONDecoder().decode(Politeness.self, from: older).limiter == politeness.limiter)
  }

  @Test("N13 a client stops asking a hub that fails") func aClientStopsAskingAHubThatFails() async throws {
    var options = HubClient.Options()
    options.retries = 0
    let fixture = try HubFixture(options: options) { _ in LoopbackServer.answer(503, text: "") }
    for _ in 0..<5 { _ = await hubError { _ = try await fixture.hub.modelInfo(repo) } }
    let count = fixture.server.requests.count
    let error = await hubError { _ = try await fixture.hub.modelInfo(repo) }
    guard case .resting(let seconds) = error?.kind else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(seconds > 0 && error?.exitCode == .hubUnreachable && error?.isTransient == true)
    #expect(fixture.server.requests.count == count)
  }

  @Test func refusalsAreNoFailuresOfTheHost() async throws {
    let fixture = try HubFixture { _ in LoopbackServer.answer(404, text: "") }
    for _ in 0..<12 {
      let error = await hubError { _ = try await fixture.hub.modelInfo(repo) }
      #expect(error?.kind == .repoNotFound)
    }
    #expect(fixture.server.requests.count == 12)
  }

  @Test func whatHasNotChangedIsNotSentAgain() async throws {
    let fixture = try HubFixture { request in
      request.headers["if-none-match"] == "W/\"7\""
        ? LoopbackServer.answer(304, text: "")
        : LoopbackServer.answer(headers: ["ETag: W/\"7\""], text: "{\"id\":\"org/name\"}")
    }
    guard
      case .changed(let info, let etag) = try await fixture.hub.modelInfo(
        repo, expand: ["sha"], unlessMatching: nil)
    else {
      Issue.record("unchanged at the first question")
      return
    }
    #expect(info.id == repo && etag == "W/\"7\"")
    guard case .unchanged = try await fixture.hub.modelInfo(repo, expand: ["sha"], unlessMatching: etag) else {
      Issue.record("changed although nothing has")
      return
    }
  }

  @Test func aStoredPlaceElsewhereIsNotGoneTo() async throws {
    let fixture = try HubFixture(token: "hf_x") { _ in LoopbackServer.answer(text: "[]") }
    for place in ["http://127.0.0.1:9/api/models?cursor=x", "/api/other?cursor=x", "https://evil.example/api/models"] {
      for try await page in fixture.hub.models(ModelQuery(filters: ["gguf"]), from: place) {
        #expect(page.end == .last)
      }
    }
    #expect(fixture.server.requests.count == 3)
    #expect(fixture.server.requests.allSatisfy { $0.target.contains("/api/models?filter=gguf") })
    for try await _ in fixture.hub.models(ModelQuery(), from: "/api/models?cursor=abc") {}
    #expect(fixture.server.requests.last?.target.contains("/api/models?cursor=abc") == true)
  }
}
