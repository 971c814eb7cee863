import Catalog
import Domain
import Fit
import Foundation
import HTTP
import Hub
import Settings
import TestSupport
import Testing
import Watch

/// A quiet hub, and a street that polls it by a clock of its own.
private struct QuietHub {
  let hub: SimulatedHub
  let clock: VirtualClock
  let catalog: Catalog
  let street: Street
  private let folder: FastFolder
  private let http: HTTPClient

  init(token: Secret? = nil) throws {
    let clock = VirtualClock(at: 1_790_000_000)
    let hub = try SimulatedHub(.init(law: HubLaw(seed: 11, models: 30, now: Int(clock.now))) { clock.now })
    let http = try HTTPClient(.init(userAgent: HubClient.userAgent(version: "test")))
    let client = HubClient(endpoint: try HubEndpoint(hub.endpoint), token: token, http: http, clock: clock.hubClock)
    let folder = try FastFolder()
    let catalog = try Catalog(folder: folder.path)
    var settings = Settings()
    settings.watch.firstDays = 3650
    settings.watch.describe = 1000
    settings.watch.recheck = 1000
    street = Street(
      .init(
        settings: settings, catalog: catalog, hub: client, http: http, cacheRoot: folder.path + "/cache",
        device: .card(gibibytes: 12), program: "/nonexistent"),
      now: { Date(timeIntervalSince1970: clock.now) })
    self.hub = hub
    self.clock = clock
    self.catalog = catalog
    self.folder = folder
    self.http = http
  }

  /// A model that a first poll finds in order, and its number on the hub.
  func firstPoll() async throws -> (repo: RepoRecord, index: Int) {
    _ = try await street.poll()
    let repo = try #require(try catalog.repos(in: [.sized]).first { !$0.gated })
    return (repo, try #require(hub.index(of: repo.id.description)))
  }

  /// One more poll, some hours later.
  func poll(after hours: Double) async throws {
    clock.advance(by: hours * 3600)
    _ = try await street.poll()
  }

  func repo(_ id: RepoID) throws -> RepoRecord { try #require(try catalog.repo(id)) }

  func stop() async { await http.shutdown() }
}

@Suite("What becomes of models that leave the hub")
struct FateTests {
  @Test("C9 three looks over more than a day make it gone", arguments: [nil, "hf_simulated"])
  func deleted(token: String?) async throws {
    let life = try QuietHub(token: token.flatMap { Secret($0) })
    let (repo, index) = try await life.firstPoll()
    life.hub.apply(.delete(index))
    for _ in 0..<8 {
      try await life.poll(after: 13)
      let looks = life.hub.failedLooks(index)
      let isLong = (looks.last ?? 0) - (looks.first ?? 0) >= 86_400
      let known = try life.repo(repo.id)
      #expect(known.state == (looks.count >= 3 && isLong ? .gone : .sized), "\(looks)")
      if known.state == .gone { break }
    }
    let known = try life.repo(repo.id)
    #expect(known.state == .gone && known.reason?.isEmpty == false && known.key == repo.key)
    let looks = life.hub.failedLooks(index).count
    try await life.poll(after: 200)
    #expect(life.hub.failedLooks(index).count == looks, "it is left alone")
    await life.stop()
  }

  @Test("C9 three looks within a day are not enough") func threeLooksWithinADayAreNotEnough() async throws {
    let life = try QuietHub()
    let (repo, index) = try await life.firstPoll()
    life.hub.apply(.makePrivate(index))
    for look in 1...4 {
      let due = Date(timeIntervalSince1970: 1)
      try life.catalog.setState(repo.id, .sized, reason: nil, lookAgainAt: due, at: repo.stateAt)
      try await life.poll(after: 1)
      #expect(try life.repo(repo.id).misses == look)
      #expect(try life.repo(repo.id).state == .sized)
    }
    try await life.poll(after: 25)
    #expect(try life.repo(repo.id).state == .gone)
    await life.stop()
  }

  @Test func whoComesBackBeginsAnew() async throws {
    let life = try QuietHub()
    let (repo, index) = try await life.firstPoll()
    life.hub.apply(.makePrivate(index))
    while life.hub.failedLooks(index).count < 2 { try await life.poll(after: 13) }
    life.hub.apply(.makePublic(index, touching: false))
    try await life.poll(after: 13)
    let back = try life.repo(repo.id)
    #expect(back.state == .sized && back.misses == 0 && back.missingSince == nil && back.key == repo.key)
    life.hub.apply(.makePrivate(index))
    while life.hub.failedLooks(index).count < 4 { try await life.poll(after: 13) }
    #expect(try life.repo(repo.id).state == .sized && life.repo(repo.id).misses == 2)
    await life.stop()
  }

  @Test("C10 a gate shuts and opens") func aGateShutsAndOpens() async throws {
    let life = try QuietHub()
    let (repo, index) = try await life.firstPoll()
    life.hub.apply(.gate(index))
    try await life.poll(after: 1)
    let gated = try life.repo(repo.id)
    #expect(gated.state == .gated && gated.gated && gated.key == repo.key && gated.firstSeenAt == repo.firstSeenAt)
    #expect(gated.reason?.contains("\(life.hub.endpoint)/\(repo.id)") == true)
    life.hub.apply(.ungate(index))
    try await life.poll(after: 1)
    #expect(try life.repo(repo.id).state == .sized && !life.repo(repo.id).gated)
    await life.stop()
  }
}
