import Catalog
import Domain
import Downloads
import Fit
import Foundation
import HTTP
import Hub
import Settings
import Smoke
import Upstreams

/// The one way through the house: poll, fit, plan, download, smoke test.
///
/// Each step reads what the step before left in the catalog and leaves one fact more, so that every step
/// can be run alone and a killed one is simply run again. The owner holds the state lock.
public struct Street: Sendable {
  /// The catalog, open for writing.
  public let catalog: Catalog
  /// The hub.
  public let hub: HubClient
  let settings: Settings
  private let device: Device
  let suite: [Probe]
  let downloader: Downloader
  let smoke: SmokeRunner
  let cache: HubCache
  let observe: StreetObserver
  let now: @Sendable () -> Date
  private let parts: Parts

  /// What a street is built of.
  public struct Parts: Sendable {
    /// The effective settings.
    public var settings: Settings
    /// The catalog, open for writing.
    public var catalog: Catalog
    /// The hub.
    public var hub: HubClient
    /// Carries the bodies of downloads.
    public var http: HTTPClient
    /// The Hugging Face cache.
    public var cacheRoot: String
    /// What models are judged against.
    public var device: Device
    /// The program that runs models when it is started as `smoke-child`; hubwatch itself.
    public var program: String
    /// What models that pass are asked.
    public var suite: [Probe]

    /// All parts.
    public init(
      settings: Settings, catalog: Catalog, hub: HubClient, http: HTTPClient, cacheRoot: String, device: Device,
      program: String, suite: [Probe] = []
    ) {
      self.settings = settings
      self.catalog = catalog
      self.hub = hub
      self.http = http
      self.cacheRoot = cacheRoot
      self.device = device
      self.program = program
      self.suite = suite
    }
  }

  /// - Parameters:
  ///   - parts: what it is built of.
  ///   - now: the wall clock; what is written down gets later from moment to moment also when it is set back.
  ///   - observe: shown what happens.
  public init(
    _ parts: Parts, now wallClock: @escaping @Sendable () -> Date = { Date() },
    observe: @escaping StreetObserver = { _ in }
  ) {
    let clock = SteadyClock(wallClock, after: parts.catalog)
    let now: @Sendable () -> Date = { clock.moment() }
    self.parts = parts
    catalog = parts.catalog
    hub = parts.hub
    settings = parts.settings
    device = parts.device
    suite = parts.suite
    cache = HubCache(root: parts.cacheRoot)
    let limit = parts.settings.downloads.limit
    var options = Downloader.Options(reserve: parts.settings.downloads.reserve)
    options.date = now
    downloader = Downloader(
      hub: parts.hub, http: parts.http, catalog: parts.catalog, cache: cache, options: options,
      budget: BandwidthBudget { limit.rate(atMinute: LocalTime.minuteOfDay) })
    smoke = SmokeRunner(program: parts.program, options: .init(parts.settings.smoke))
    self.now = now
    self.observe = observe
  }

  /// The same street for one piece of work, with settings and an observer of its own.
  public func changed(
    observe: @escaping StreetObserver, _ change: (inout Settings) -> Void = { _ in }
  ) -> Street {
    var parts = parts
    change(&parts.settings)
    return Street(parts, now: now, observe: observe)
  }

  private var rules: Rules { Rules(settings.watch) }
  private var describer: Describer {
    Describer(hub: hub, catalog: catalog, settings: settings.watch, rules: rules, now: now)
  }
  private var fitStep: FitStep {
    FitStep(catalog: catalog, device: device, request: DeviceChoice.request(settings.device))
  }

  /// The watch over the repositories of tools.
  public var upstreams: UpstreamStep {
    UpstreamStep(
      catalog: catalog, settings: settings.tools, remote: GitRemote(environment: ProcessInfo.processInfo.environment),
      now: now, observe: observe)
  }

  /// Authors whose models come first.
  var follow: [String] { settings.watch.follow }

  var room: QuotaRoom {
    QuotaRoom(
      catalog: catalog, cache: cache, quota: settings.downloads.quota, mayEvict: settings.downloads.evict,
      observe: observe, now: now)
  }

  /// The device, for messages.
  var deviceName: String { "\(device.name) at context \(settings.device.context)" }

  /// Memory of all its cards; nil where there is only main memory.
  var cardBytes: Int64? { device.source == .mainMemory ? nil : device.total.bytes }

  /// What a quantization needs on the device.
  func estimate(_ shape: ModelShape, _ record: WeightsRecord) -> Estimate {
    MemoryArithmetic(shape: shape, layout: record.layout, device: device)
      .estimate(DeviceChoice.request(settings.device))
  }

  /// One cycle: everything once. Trouble with one model is that model's state, not the cycle's; trouble with the
  /// hub ends the steps that need it, and the others still run.
  ///
  /// - Returns: whether every download came as far as it could; false when a connection broke more often than was worth
  ///   trying, so that a daemon should come back sooner.
  /// - Throws: the hub's error after everything else was done; `CatalogError`; `CancellationError`.
  @discardableResult
  public func cycle() async throws -> Bool {
    let id = try catalog.beginCycle(at: now())
    var trouble: [String] = []
    var hubError: HubError?
    var isCutOff = false
    let absence = try diskAbsence()
    if let absence {
      trouble.append(absence.problem)
    } else {
      trouble += try reverify()
      try reconcile()
    }
    do {
      trouble += try await poll()
    } catch let error as HubError where error.kind != .cancelled {
      hubError = error
      trouble.append(error.problem)
    }
    if let upstreamTrouble = try await upstreams.check().trouble { trouble.append(upstreamTrouble) }
    try bringFitsUpToDate()
    if hubError == nil {
      // Nothing is chosen for, or deleted from, a disk that is not there.
      if absence == nil, let words = try plan() { trouble.append(words) }
      let pulled = try await pullAll()
      hubError = pulled.hubError
      trouble += pulled.trouble
      isCutOff = pulled.isCutOff
      if let hubError { trouble.append(hubError.problem) }
    }
    if settings.smoke.automatic, absence == nil {
      trouble += try await smokeAll()
      trouble += try await probeAll()
    }
    try await storePoliteness()
    trouble += try tidy()
    try catalog.endCycle(id, trouble: trouble.isEmpty ? nil : trouble.joined(separator: "; "), at: now())
    if let hubError { throw hubError }
    return !isCutOff
  }

  /// Judges what is not judged yet.
  func bringFitsUpToDate() throws { try fitStep.bringUpToDate() }

  /// Chooses what is fetched without being asked for.
  ///
  /// - Returns: what a person should know of the quota; nil when there is nothing.
  func plan() throws -> String? {
    try Planner(
      catalog: catalog, settings: settings.downloads, follow: settings.watch.follow, room: room, observe: observe,
      now: now
    ).plan()
  }

  /// So many repositories in a row on which the hub fails mean that the hub has trouble, not they.
  private static let failuresInARow = 3

  /// Polls and writes it down as a cycle of its own, so that the digest knows of its troubles.
  ///
  /// - Returns: what could not be read, for a person.
  /// - Throws: as `poll`.
  public func pollAlone() async throws -> [String] {
    let id = try catalog.beginCycle(at: now())
    var gaps: [String] = []
    var hubError: HubError?
    do {
      gaps = try await poll()
    } catch let error as HubError where error.kind != .cancelled {
      hubError = error
      gaps.append(error.problem)
    }
    if let trouble = try await upstreams.check().trouble { gaps.append(trouble) }
    try await storePoliteness()
    try catalog.endCycle(id, trouble: gaps.isEmpty ? nil : gaps.joined(separator: "; "), at: now())
    if let hubError { throw hubError }
    return gaps
  }

  /// Records what is new on the hub, and looks at what it holds.
  ///
  /// - Returns: what could not be read, for a person.
  /// - Throws: `HubError`, `CatalogError`.
  public func poll() async throws -> [String] {
    try applyRules()
    try fitStep.bringUpToDate()
    var troubles = try await Poller(
      hub: hub, catalog: catalog, settings: settings.watch, rules: rules, observe: observe, now: now
    ).poll()
    troubles += try await describeAll()
    try await Recheck(hub: hub, catalog: catalog, rules: rules, now: now).run(limit: settings.watch.recheck)
    try derive()
    if let skew = await hub.clockSkew, abs(skew) > Self.toleratedSkew {
      troubles.append(
        "this machine's clock is \(Int(abs(skew) / 60)) minutes \(skew > 0 ? "behind" : "ahead of") the hub's: set it "
          + "right, or certificates and signed addresses may seem to have expired")
    }
    return troubles
  }

  /// Seconds by which two clocks may differ without anybody's harm.
  private static let toleratedSkew: Double = 300

  /// Looks at what waits for a look, as many as one poll may: one after the other, so that a hub that has had enough
  /// is not asked by requests that were already on their way.
  private func describeAll() async throws -> [String] {
    let limit = settings.watch.describe
    let due = try catalog.reposToDescribe(at: now(), limit: limit + 1)
    var troubles: [String] = []
    var failures = 0
    for repo in due.prefix(limit) {
      try Task.checkCancellation()
      let finding = try await describer.describe(repo)
      failures = finding.isTroubleOfTheHub ? failures + 1 : 0
      if finding.state == .sized, let sized = try catalog.repo(repo.id) { try fitStep.judge(sized) }
      observe(.described(repo.id, finding.state, reason: finding.reason))
      if failures == Self.failuresInARow {
        troubles.append("the hub fails on one repository after the other: \(finding.reason ?? "")")
        break
      }
    }
    if due.count > limit {
      // The next polls look at them; the digest counts them, and nothing is wrong.
      observe(.noticed("more repositories wait to be looked at than one poll looks at (watch.describe is \(limit))"))
    }
    return troubles
  }

  /// Brings families, scores and the search index up to date.
  ///
  /// - Throws: `CatalogError`, `CancellationError`.
  func derive() throws {
    let rank = Rank(weights: settings.rank, rules: rules)
    while try catalog.derive(at: now(), score: { rank.score($0) }) > 0 { try Task.checkCancellation() }
  }

  /// Looks at one repository that a person named, whether or not a poll has met it.
  ///
  /// - Returns: the repository as the catalog knows it now; its state may be other than `sized`.
  /// - Throws: `HubError`, `CatalogError`.
  public func describe(_ id: RepoID) async throws -> RepoRecord {
    let info = try await hub.modelInfo(id, expand: ModelQuery.ggufPollMembers)
    try record(info)
    let id = info.id
    guard let known = try catalog.repo(id) else { throw HubError(.repoNotFound, "\(id)") }
    if known.describedCommit != known.commit || known.state != .sized {
      _ = try await describer.describe(known, isAskedFor: true)
    }
    guard let repo = try catalog.repo(id) else { throw HubError(.repoNotFound, "\(id)") }
    try fitStep.judge(repo)
    try derive()
    return repo
  }

  /// Where a copy's first file lies.
  func path(of copy: CopyRecord) -> String {
    copy.folder.map { "\($0)/\(copy.path)" } ?? cache.snapshot(copy.repo, copy.commit, copy.path)
  }

  /// Why the models' disk is not to be touched; nil when it is there.
  func diskAbsence() throws -> DownloadError? {
    do {
      try ModelStore(catalog: catalog, cache: cache).expect()
      return nil
    } catch let error as DownloadError {
      return error
    }
  }

  /// Finds out which copies somebody has deleted or changed since, so that neither the quota nor the digest counts them.
  func reconcile() throws {
    let inspection = ShelfInspection(catalog: catalog, cache: cache, now: now)
    for copy in try catalog.copies(in: [.verified, .tested]) {
      try Task.checkCancellation()
      do {
        _ = try inspection.isSound(copy)
      } catch let error as DownloadError {
        // What cannot be read now may be readable tomorrow; until then it is not lost.
        observe(.notFetched(copy.repo, copy.state, reason: error.problem))
      }
    }
  }

  /// Judges the catalog anew when the rules have changed, and makes what needed a token due when there is one now.
  private func applyRules() throws {
    let rules = rules
    let judged = try catalog.mark("watch.rules")
    if judged != rules.fingerprint {
      if judged != nil {
        var key: Int64? = 0
        while let after = key {
          try Task.checkCancellation()
          key = try catalog.judgeAgain(after: after, at: now()) { rules.judge($0) }
        }
      }
      try catalog.setMark("watch.rules", rules.fingerprint)
    }
    let token = "\(hub.hasToken)"
    let known = try catalog.mark("hub.hasToken")
    guard known != token else { return }
    if known != nil { try catalog.lookAgain(at: [.gated], now: now()) }
    try catalog.setMark("hub.hasToken", token)
  }

  /// Records what the hub says of one repository.
  func record(_ info: ModelListing) throws(CatalogError) {
    let rules = rules
    let architectures = TagSet(settings.watch.architectures.map { $0.lowercased() })
    _ = try catalog.record([Poller.listed(info, architectures: architectures)], at: now()) { rules.judge($0) }
  }

  /// Tests one copy and stores the finding.
  ///
  /// - Throws: `SmokeError`, `CatalogError`, `CancellationError`.
  public func test(_ copy: CopyRecord) async throws -> SmokeReport {
    observe(.testing(copy.repo, quantization: copy.quantization))
    let path = path(of: copy)
    guard FileManager.default.fileExists(atPath: path) else {
      try catalog.setState(ofCopy: copy.id, .lost, reason: "\(path) is no longer there", at: now())
      let report = SmokeReport(path: path, verdict: .fail, reasons: ["the file is no longer there"])
      observe(.tested(copy.repo, report))
      return report
    }
    let expected = Expectation(parameters: try catalog.repo(copy.repo)?.parameters)
    let report = try await smoke.test(path, expected: expected)
    try catalog.record(SmokeRecord(copy: copy.id, at: now(), report))
    observe(.tested(copy.repo, report))
    return report
  }

  /// Keeps what is known of the hub's patience for the next process.
  func storePoliteness() async throws {
    let data = try JSONEncoder().encode(await hub.politeness)
    try catalog.setMark(Self.politenessMark, String(decoding: data, as: UTF8.self))
  }

  /// The name under which it is kept.
  static let politenessMark = "hub.rateLimiter"

  /// What the last process knew of the hub's patience; nothing when there is none or it does not read.
  public static func storedPoliteness(_ catalog: Catalog) throws(CatalogError) -> Politeness {
    guard let text = try catalog.mark(politenessMark),
      let politeness = try? JSONDecoder().decode(Politeness.self, from: Data(text.utf8))
    else { return Politeness() }
    return politeness
  }
}
