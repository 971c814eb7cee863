import Catalog
import Console
import Digest
import Domain
import Downloads
import FortnightSupport
import Foundation
import Hub
import TestSupport
import Testing
import Watch

/// Two weeks of a person's life, on real parts: a hub of three thousand new models a day that fails now and then, the
/// catalog, the poll, the arithmetic, real downloads of small models, and real verdicts about them.
///
/// The fourteen digests are compared whole with what was read and found right.
@Suite("A fortnight", .enabled(if: Toys.folder != nil, "needs ../shared/models"))
struct FortnightTests {
  @Test func fourteenDigests() async throws {
    let program = try #require(Program.hubwatch, "hubwatch is not built: swift build --product hubwatch")
    let tool = try await GitRepo(name: "llama-runner.git")
    let commits = [try await tool.commit("one"), try await tool.commit("two"), try await tool.commit("three")]
    try tool.set("refs/heads/main", commits[0])
    try tool.set("refs/tags/b100", commits[0])
    var plan = FortnightTown.Plan()
    // What ends a connection may be tried again by libcurl itself, and then every later request has another number.
    plan.faults = (
      [
        .tooMany(.seconds(20)), .serverError(502, .none), .serverError(503, .seconds(5)), .html, .brokenRows,
        .repeatedPage, .absurdDate,
      ], 0.004
    )
    let town = try FortnightTown(plan, tools: [tool.path])
    let house = try await WatchHouse(
      environment: town.environment, program: program.path, clock: town.clock, seed: plan.seed)
    var new: Set<Int64> = []
    var polled = 0
    for day in 1...FortnightTown.days {
      if day == 5 {
        try tool.set("refs/tags/b101", commits[1])
        try tool.set("refs/heads/main", commits[1])
      }
      if day == 12 { try tool.set("refs/heads/main", commits[2]) }
      // The last cycle before the digest is an hour old.
      for (number, hours) in [5, 6, 6, 6].enumerated() {
        town.pass(hours: hours)
        if number == 1 { try town.plant(day: day) }
        town.trouble(day * 10 + number)
        // On the ninth day nothing of the hub can be reached for half a day.
        if day == 9, number > 1 {
          town.hub.setFaults(FaultPlan(seed: 1, rate: 1, kinds: [.serverError(503, .none)]))
        }
        do {
          try await house.street.cycle()
        } catch is HubError {
          // What it means is in the digest.
        }
      }
      if day == 11 {
        let (clock, cache) = (town.clock, HubCache(root: house.loaded.places.cache))
        try await Scrub(catalog: house.catalog, cache: cache, now: { Date(timeIntervalSince1970: clock.now) })
          .run(all: true) { _, verdict in #expect(verdict == .sound) }
      }
      let morning = FortnightTown.start + Double(day) * 86_400
      town.clock.advance(by: morning - town.clock.now)
      #expect(town.clock.now == morning, "a day has 24 hours")
      let digest = try await Morning(
        house.catalog, house.loaded, at: Date(timeIntervalSince1970: morning))
      try expectSense(digest.story)
      for model in try house.catalog.modelsRecorded(since: digest.story.since ?? .distantPast, until: digest.end)
      where model.isNew {
        #expect(new.insert(model.key).inserted, "no model is new twice")
      }
      polled += digest.story.counts.new
      let name = "day-\(day < 10 ? "0" : "")\(day)"
      try Golden.expect(digest.text(), "\(name).txt")
      if [3, 6].contains(day) {
        try Golden.expect(digest.text(width: 60), "\(name)-narrow.txt")
        try Golden.expect(digest.markdown, "\(name).md")
      }
      if day == 6 { try Golden.expect(digest.html.replacing("><", with: ">\n<"), "\(name).html") }
      if day == 3 { try Golden.expect(JSONOutput.document(digest.abridged), "\(name).json") }
    }
    #expect(polled == new.count)
    #expect(try house.catalog.repoCount() == new.count)
    #expect(town.hub.violations.isEmpty && !town.hub.tokenLeaked)
    await house.close()
  }

  /// What has to hold of every digest.
  private func expectSense(_ story: Story) throws {
    #expect(story.places.values.reduce(0, +) == story.counts.polled)
    let named = story.families.reduce(0) { $0 + 1 + $1.otherMembers.count }
    #expect(named + story.unnamed.values.reduce(0, +) == story.counts.polled + story.wentOn)
    for entry in story.families where [.fetching, .blocked, .broken, .gated, .failed, .suspect].contains(entry.place) {
      #expect(!entry.reasons.isEmpty, "\(entry.id) does not say why")
    }
  }
}
