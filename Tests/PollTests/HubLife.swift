import Catalog
import Domain
import Fit
import Foundation
import GRDB
import HTTP
import Hub
import Settings
import TestSupport
import Watch

/// A small hub lives through a few polls, with events and faults between and during them.
///
/// Everything follows from the seed but the client's jitter, which moves the virtual clock by seconds.
struct HubLife {
  let seed: UInt64
  private var fortune: Fortune
  private let hub: SimulatedHub
  private let clock: VirtualClock
  /// The catalog's file, for reading.
  private let database: DatabaseQueue
  private let street: Street
  private let http: HTTPClient
  private let folder: FastFolder
  /// Polls that suffice for everything once the trouble is over.
  private let calmPolls: Int
  /// How this life is set up, for a person.
  private let setup: String
  private var renamed = 0
  /// What was in the catalog after one of the polls, by index.
  private var everRecorded: Set<Int> = []

  init(seed: UInt64) throws {
    self.seed = seed
    var fortune = Fortune(seed: seed)
    let clock = VirtualClock(at: 1_790_000_000 + Double(fortune.number(0...100_000)))
    let models = fortune.number(60...300)
    var law = HubLaw(seed: seed, models: models, now: Int(clock.now))
    law.perDay = Double(fortune.one(of: [30, 300, 3000]))
    law.days = Double(fortune.one(of: [3, 60, 1500]))
    law.granularity = fortune.one(of: [1, 60, 3600])
    var options = SimulatedHub.Options(law: law) { clock.now }
    // Four repositories are looked at side by side.
    options.parallel = 4
    options.longestPage = fortune.number(10...50)
    options.quotas = [
      .api: fortune.one(of: [40, 200, 1000]), .resolvers: fortune.one(of: [60, 3000]), .pages: 100,
    ]
    let hub = try SimulatedHub(options)
    let token: Secret? = fortune.chance(0.75) ? Secret("hf_simulated") : nil
    let http = try HTTPClient(.init(userAgent: HubClient.userAgent(version: "test")))
    let client = HubClient(endpoint: try HubEndpoint(hub.endpoint), token: token, http: http, clock: clock.hubClock)
    let folder = try FastFolder()
    let catalog = try Catalog(folder: folder.path)
    var reading = Configuration()
    reading.readonly = true
    let database = try DatabaseQueue(path: catalog.path, configuration: reading)
    var settings = Settings()
    settings.watch.firstDays = 3650
    settings.watch.pages = fortune.number(2...6)
    settings.watch.describe = fortune.number(1...5)
    settings.watch.headers = 1
    settings.watch.recheck = fortune.number(0...5)
    let street = Street(
      .init(
        settings: settings, catalog: catalog, hub: client, http: http, cacheRoot: folder.path + "/cache",
        device: .card(gibibytes: 12), program: "/nonexistent"),
      now: { Date(timeIntervalSince1970: clock.now) })
    calmPolls = 6 + 6 * (models + 100) / (options.longestPage * settings.watch.pages)
    setup =
      "\(models) models, \(Int(law.perDay)) a day in \(Int(law.days)) days in steps of \(law.granularity) s; "
      + "\(settings.watch.pages) pages of \(options.longestPage) a pass; quota \(options.quotas[.api] ?? 0)"
    self.fortune = fortune
    self.hub = hub
    self.clock = clock
    self.database = database
    self.street = street
    self.http = http
    self.folder = folder
  }

  /// Lives it.
  ///
  /// - Returns: the first thing that is not as it should be; nil when all is well.
  mutating func run() async throws -> String? {
    let trouble = try await live()
    await http.shutdown()
    return trouble.map { "\($0) [\(setup)]" }
  }

  private mutating func live() async throws -> String? {
    for round in 0..<fortune.number(4...8) {
      if round > 0 { for _ in 0..<fortune.number(0...8) { hub.apply(event()) } }
      for _ in 0..<fortune.number(0...4) { hub.schedule(event(), beforeRequest: fortune.number(1...12)) }
      hub.setFaults(faults(round: round))
      if let trouble = try await poll() ?? lost() { return "after poll \(round + 1): \(trouble)" }
      clock.advance(by: Double(fortune.one(of: [600, 3600, 14_400, 90_000])))
    }
    hub.setFaults(nil)
    var missing: String?
    for _ in 0..<calmPolls {
      if let trouble = try await poll() ?? lost() { return "in calm: \(trouble)" }
      missing = try incomplete()
      if missing == nil { break }
      clock.advance(by: 3600)
    }
    if let missing { return "after \(calmPolls) calm polls: \(missing)" }
    if let violation = hub.violations.first { return "impolite: \(violation)" }
    if hub.tokenLeaked { return "the token went to another host" }
    return nil
  }

  /// One poll. The hub may be the reason that it ends early; then the next one has to make up for it.
  private func poll() async throws -> String? {
    do {
      _ = try await street.poll()
      return nil
    } catch is HubError {
      return nil
    } catch {
      return "a poll ended with \(error)"
    }
  }

  // MARK: What happens

  private mutating func event() -> HubEvent {
    let index = fortune.number(0...hub.count - 1)
    switch fortune.number(0...99) {
    case ..<30: return .insert(fortune.number(1...10))
    case ..<40: return .commit(index)
    case ..<48: return .retime(index, to: Int(clock.now))
    case ..<56: return .fill(index)
    case ..<66:
      renamed += 1
      return .rename(index, to: "moved/Renamed-\(seed)-\(renamed)")
    case ..<72: return .delete(index)
    case ..<80: return .makePrivate(index)
    // No listing by time tells of a model that comes back without a change.
    case ..<92: return .makePublic(index, touching: true)
    case ..<96: return .gate(index)
    default: return .ungate(index)
    }
  }

  private mutating func faults(round: Int) -> FaultPlan? {
    guard fortune.chance(0.7) else { return nil }
    var kinds: [HubFault] = [
      .tooMany(.seconds(fortune.number(1...90))), .tooMany(.date(fortune.number(1...90))), .tooMany(.none),
      .windowUsedUp, .serverError(500, .none), .serverError(502, .none),
      .serverError(503, .seconds(fortune.number(1...60))), .serverError(504, .none), .html, .truncated, .cut, .deepJSON,
      .linkToItself, .linkToStart, .linkElsewhere, .repeatedPage, .repeatedPage, .brokenRows, .brokenRows, .absurdDate,
      .absurdDate,
    ]
    // 16 MiB have to be sent before a client may give up.
    if fortune.chance(0.05) { kinds += [.endless, .gigabyte] }
    var plan = FaultPlan(
      seed: seed &* 31 &+ UInt64(round), rate: fortune.one(of: [0.02, 0.1, 0.3]), kinds: kinds)
    plan.longest = fortune.one(of: [1, 1, 3, 8])
    return plan
  }

  // MARK: What has to hold

  /// A row of the catalog, read past its room: the records with all their tags would be half of this test's work.
  private struct Recorded {
    let id: String
    let objectID: String?
    let isGone: Bool
  }

  private func recorded() throws -> [Recorded] {
    try database.read { database in
      try Row.fetchAll(database, sql: "SELECT id, lower(hex(objectID)), state FROM repo").map { row in
        Recorded(id: row[0], objectID: row[1], isGone: row[2] == RepoState.gone.rawValue)
      }
    }
  }

  /// After every poll: what was recorded once stays, once only, and nothing is given up too early.
  private mutating func lost() throws -> String? {
    var isGone: [Int: Bool] = [:]
    for repo in try recorded() {
      guard let index = hub.index(of: repo.id) else { return "\(repo.id) is recorded, and is no model" }
      if isGone.updateValue(repo.isGone, forKey: index) != nil { return "\(name(index)) is recorded twice" }
      let objectID = hub.model(index).objectID
      guard repo.objectID == objectID else {
        return "\(name(index)) is recorded with the key \(repo.objectID ?? "none"); it has \(objectID)"
      }
    }
    for index in everRecorded.union(isGone.keys) where isGone[index] ?? true {
      let looks = hub.failedLooks(index)
      guard let first = looks.first, let last = looks.last, looks.count >= 3, last - first >= 86_400 else {
        let fate = isGone[index] == nil ? "was lost from the catalog" : "is given up"
        return "\(name(index)) \(fate) after \(looks.count) failing looks"
      }
    }
    everRecorded.formUnion(isGone.keys)
    return nil
  }

  /// In the end: whatever is there is recorded, under its present id.
  private func incomplete() throws -> String? {
    let isGone = Dictionary(try recorded().map { ($0.id, $0.isGone) }, uniquingKeysWith: { $0 || $1 })
    for index in 0..<hub.count {
      let model = hub.model(index)
      guard model.isVisible else { continue }
      guard let isGone = isGone[model.id] else { return "\(name(index)) is public, and not recorded under that id" }
      if isGone { return "\(name(index)) is public, and recorded as gone" }
    }
    return nil
  }

  private func name(_ index: Int) -> String { "model \(index) (\(hub.model(index).id))" }
}
