import Catalog
import Domain
import Foundation
import HTTP
import Hub
import LoopbackServer
import TestSupport
import Testing

@testable import Settings
@testable import Watch

@Suite("Looking again at what no listing shows")
struct RecheckTests {
  typealias Respond = @Sendable (LoopbackServer.Request) -> [LoopbackServer.Step]

  private let shelf: Shelf
  private let clock: VirtualClock

  init() throws {
    shelf = try Shelf()
    clock = VirtualClock(at: shelf.now.timeIntervalSince1970)
  }

  /// A repository that was looked at so many seconds ago.
  @discardableResult
  private func described(_ name: String, ago: Double = 0) throws -> RepoRecord {
    try shelf.record(name, downloads: 7)
    let id = try #require(RepoID(name))
    let commit = try #require(CommitHash(String(repeating: "1", count: 40)))
    try shelf.catalog.describe(
      id, DescriptionRecord(commit: commit, shape: nil), state: .sized, reason: nil, weights: [], at: shelf.now - ago)
    return try #require(try shelf.catalog.repo(id))
  }

  /// Looks again, a day and an hour later, and gives back how often the hub was asked.
  @discardableResult
  private func recheck(_ respond: @escaping Respond) async throws -> Int {
    let server = LoopbackServer(respond)
    let http = try HTTPClient(.init(userAgent: "test"))
    let hub = try HubClient(
      endpoint: HubEndpoint(server.address("")), token: Secret("hf_t"), http: http, clock: clock.hubClock)
    clock.advance(by: 90_000)
    let clock = clock
    let recheck = Recheck(
      hub: hub, catalog: shelf.catalog, rules: Rules(Settings.Watch()),
      now: { Date(timeIntervalSince1970: clock.now) })
    do {
      try await recheck.run(limit: 10)
    } catch {
      await http.shutdown()
      throw error
    }
    await http.shutdown()
    return server.requests.count
  }

  private static func info(_ name: String, _ members: String = "") -> [LoopbackServer.Step] {
    let commit = String(repeating: "1", count: 40)
    return LoopbackServer.answer(
      text:
        "{\"_id\":\"6a350e917c8a230bec04a600\",\"id\":\"\(name)\",\"sha\":\"\(commit)\",\"tags\":[\"gguf\"]\(members)}")
  }

  private static let missing = LoopbackServer.answer(404, headers: ["X-Error-Code: RepoNotFound"])

  @Test("C9 a renamed repository keeps its history") func aRenamedRepositoryKeepsItsHistory() async throws {
    let before = try described("a/old")
    try await recheck { request in
      request.path == "/api/models/a/old"
        ? LoopbackServer.answer(307, headers: ["Location: /api/models/b/new"]) : Self.info("b/new")
    }
    let id = try #require(RepoID("b/new"))
    let after = try #require(try shelf.catalog.repo(id))
    #expect(after.key == before.key && after.firstSeenAt == before.firstSeenAt && after.downloads == 7)
    #expect(try shelf.catalog.repoCount() == 1)
    #expect(try shelf.catalog.repo(before.id)?.key == before.key)
    #expect(try shelf.catalog.description(of: after.id)?.commit == before.describedCommit)
  }

  @Test func aGateIsNoticedAndTheRepositoryStaysKnown() async throws {
    let before = try described("a/b")
    try await recheck { _ in Self.info("a/b", ",\"gated\":\"manual\"") }
    let after = try #require(try shelf.catalog.repo(before.id))
    #expect(after.gated && after.key == before.key && after.state == .seen)
    #expect(try shelf.catalog.description(of: before.id) != nil)
  }

  @Test func whatTheHubHasDisabledIsGoneAtOnce() async throws {
    let refused = try described("a/refused")
    let told = try described("a/told")
    try await recheck { request in
      request.path.hasSuffix("refused")
        ? LoopbackServer.answer(403, headers: ["X-Error-Message: Access to this resource is disabled."])
        : Self.info("a/told", ",\"disabled\":true")
    }
    for repo in [refused, told] {
      let after = try #require(try shelf.catalog.repo(repo.id))
      #expect(after.state == .gone && after.reason?.contains("disabled") == true, "\(repo.id): \(after.state)")
    }
  }

  @Test func oneMissIsWaitedOutWithoutAskingAgain() async throws {
    let repo = try described("a/b")
    #expect(try await recheck { _ in Self.missing } == 1)
    let after = try #require(try shelf.catalog.repo(repo.id))
    #expect(after.state == .sized && after.misses == 1 && after.lookAgainAt != nil)
    // Its next look is the describer's.
    #expect(try await recheck { _ in Self.missing } == 0)
  }

  static let oddities: [(String, [LoopbackServer.Step])] = [
    ("forbidden", LoopbackServer.answer(403)),
    ("gated", LoopbackServer.answer(403, headers: ["X-Error-Code: GatedRepo"])),
    ("HTML", LoopbackServer.answer(headers: ["Content-Type: text/html"], text: "<html>")),
    ("led elsewhere", LoopbackServer.answer(307, headers: ["Location: http://127.0.0.1:1/api/models/a/b"])),
    ("failing", LoopbackServer.answer(500)),
  ]

  @Test(arguments: oddities.indices)
  func oneOddRepositoryDoesNotKeepTheOthersWaiting(number: Int) async throws {
    let odd = try described("a/odd", ago: 100)
    let other = try described("a/other")
    let (name, steps) = Self.oddities[number]
    try await recheck { $0.path.hasSuffix("odd") ? steps : Self.missing }
    #expect(try shelf.catalog.repo(other.id)?.misses == 1, "\(name)")
    let after = try #require(try shelf.catalog.repo(odd.id))
    #expect(after.state == .sized && after.stateAt == odd.stateAt && after.misses == 0)
    // What is the matter with it comes out when its files are looked at.
    #expect(after.lookAgainAt != nil)
  }

  @Test func aHubThatFailsOnEverythingEndsIt() async throws {
    for number in 0..<8 { try described("a/m\(number)") }
    await #expect {
      try await recheck { _ in LoopbackServer.answer(500) }
    } throws: {
      ($0 as? HubError)?.kind == .serverError(status: 500)
    }
    // Most of them still wait for their turn.
    #expect(try shelf.catalog.repos(in: [.sized]).count { $0.lookAgainAt == nil } == 5)
  }
}
