import Catalog
import Digest
import Domain
import FortnightSupport
import Foundation
import Settings
import TestSupport
import Testing
import Watch

/// Two weeks in which cycles are killed, disks are full, clocks are wrong and the hub is away, and what has to hold of
/// them all the same.
struct FaultyLife {
  private let seed: UInt64
  private let town: FortnightTown
  private let cycle: Program
  private let hubwatch: Program
  private let disk: FullDisk?
  private var chance: Noise.Generator
  /// What has happened, for a person.
  private var story: [String] = []
  /// Models that were told as new, by their numbers.
  private var told: Set<Int64> = []

  init(seed: UInt64, disk: FullDisk?) throws {
    self.seed = seed
    self.disk = disk
    cycle = try #require(Program.built("one-cycle"), "one-cycle is not built")
    hubwatch = try #require(Program.hubwatch, "hubwatch is not built")
    chance = Noise.Generator(seed: seed &+ 99)
    var plan = FortnightTown.Plan()
    plan.seed = seed
    plan.perDay = 240
    plan.configuration = plan.configuration.replacing("describe = 150", with: "describe = 30")
      .replacing("first_days = 1", with: "first_days = 3650")
      .replacing("[smoke]", with: "[probes]\nautomatic = false\n[smoke]")
    plan.faults = (
      [
        .serverError(500, .none), .serverError(503, .none), .html, .truncated, .cut, .brokenRows, .repeatedPage,
        .absurdDate, .linkToStart, .linkToItself,
      ], 0.03
    )
    town = try FortnightTown(plan)
  }

  /// Lives it, with a digest every morning.
  mutating func live() async throws {
    for day in 1...FortnightTown.days {
      for number in 0..<3 {
        town.pass(hours: 8)
        if number == 1 { try town.plant(day: day) }
        town.trouble(day * 10 + number)
        // For two days nobody reaches the hub.
        if [5, 6].contains(day) {
          town.hub.setFaults(FaultPlan(seed: 1, rate: 1, kinds: [.serverError(503, .none), .cut]))
        }
        let mishap = Mishap(&chance)
        story.append("day \(day): \(mishap)")
        try await run(mishap)
      }
      try await tell(day)
    }
    town.hub.setFaults(nil)
    // In calm everything comes to its end.
    var missing: String?
    for _ in 0..<30 {
      town.clock.advance(by: 4 * 3600)
      try await run(.none)
      missing = try incomplete()
      if missing == nil { break }
    }
    #expect(missing == nil, "\(missing ?? ""), \(trail)")
    try await tell(FortnightTown.days + 1)
    let catalog = try catalog()
    let all = try catalog.repos(in: RepoState.allCases)
    #expect(told == Set(all.map(\.key)), "the digests told \(told.count) of \(all.count) models as new, \(trail)")
    #expect(!town.hub.tokenLeaked)
  }

  private var trail: String { "seed \(seed): " + story.suffix(40).joined(separator: "; ") }

  private func catalog() throws -> Catalog { try Catalog(folder: "\(town.folder.path)/state") }

  // MARK: Cycles

  private func run(_ mishap: Mishap) async throws {
    var environment = town.environment
    var moment = town.clock.now
    var isFull = false
    switch mishap {
    case .crash(let point, let count): environment["HUBWATCH_CRASH_AT"] = "\(point):\(count)"
    case .wrongClock(let seconds): moment += seconds
    case .fullDisk(let nth):
      if let disk { environment.merge(disk.environment(nth: nth, below: town.folder.path)) { $1 } }
      isFull = true
    case .none, .kill, .night: break
    }
    let before = town.hub.requests
    let running = try cycle.start(["\(moment)", "\(seed)", hubwatch.path], environment: environment)
    switch mishap {
    case .kill(let requests):
      try await wait(for: running, requests: before + requests)
      running.signal(SIGKILL)
    case .night(let requests):
      try await wait(for: running, requests: before + requests)
      running.signal(SIGSTOP)
      town.pass(hours: 9)
      running.signal(SIGCONT)
    default: break
    }
    let outcome = await running.outcome()
    let isExpected =
      switch outcome.status {
      case 0, 69: true
      // Killed from outside, or ended by a crash point.
      case nil: if case .kill = mishap { true } else { false }
      case 137: if case .crash = mishap { true } else { false }
      case 78: isFull
      default: false
      }
    #expect(
      isExpected, "\(mishap) ended with \(String(describing: outcome.status)): \(outcome.error.suffix(600)), \(trail)")
  }

  /// Until the hub has had so many requests, or the process has ended.
  private func wait(for running: RunningProgram, requests: Int) async throws {
    for _ in 0..<2000 where town.hub.requests < requests && running.isRunning {
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  // MARK: Mornings

  private mutating func tell(_ day: Int) async throws {
    let catalog = try catalog()
    #expect(catalog.rescue == nil, "the catalog was damaged, \(trail)")
    try catalog.check()
    let loaded = try LoadedSettings(environment: town.environment)
    let morning = try await Morning(catalog, loaded, at: Date(timeIntervalSince1970: town.clock.now))
    let text = morning.text()
    #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count <= 60 && !text.isEmpty)
    let digest = morning.story
    #expect(digest.places.values.reduce(0, +) == digest.counts.polled, "\(trail)")
    let named = digest.families.reduce(0) { $0 + 1 + $1.otherMembers.count }
    #expect(named + digest.unnamed.values.reduce(0, +) == digest.counts.polled + digest.wentOn, "\(trail)")
    let models = try catalog.modelsRecorded(since: digest.since ?? .distantPast, until: morning.end)
    #expect(models.count == digest.counts.polled, "\(trail)")
    for model in models where model.isNew {
      #expect(told.insert(model.key).inserted, "day \(day): a model is new twice, \(trail)")
    }
    for entry in digest.families where [.fetching, .blocked, .broken, .gated, .failed].contains(entry.place) {
      #expect(!entry.reasons.isEmpty, "\(entry.id) is \(entry.place) without a reason, \(trail)")
    }
    for copy in try catalog.copies(in: [.waiting, .blocked, .quarantined, .lost]) {
      #expect(copy.reason?.isEmpty == false, "\(copy.repo) is \(copy.state) without a reason, \(trail)")
      if copy.state == .blocked { #expect(copy.blockedUntil != nil) }
    }
  }

  // MARK: The hub's truth

  /// Every model that the hub shows is recorded once, under its present id; nil when that is so.
  private func incomplete() throws -> String? {
    let repos = try catalog().repos(in: RepoState.allCases)
    var byKey: [String: RepoRecord] = [:]
    for repo in repos {
      guard let index = town.hub.index(of: repo.id.description) else { return "\(repo.id) is no model" }
      let objectID = town.hub.model(index).objectID
      if byKey.updateValue(repo, forKey: objectID) != nil { return "\(repo.id) is recorded twice" }
    }
    for index in 0..<town.hub.count {
      let model = town.hub.model(index)
      guard model.isVisible else { continue }
      guard let repo = byKey[model.objectID] else { return "\(model.id) is public, and not recorded" }
      if repo.state == .gone || repo.id.description != model.id {
        return "\(model.id) is recorded as \(repo.id), \(repo.state)"
      }
    }
    return nil
  }
}
