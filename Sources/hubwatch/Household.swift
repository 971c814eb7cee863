import Catalog
import Console
import Domain
import Downloads
import Fit
import Foundation
import Logging
import Settings
import Smoke
import Synchronization
import Watch

/// The house of a daemon: the one in use, and those that a changed configuration has replaced and that are still at work.
actor Household {
  let environment: [String: String]
  private var house: House
  private var retired: [House] = []
  private var worksUnderWay = 0
  private var observer: StreetObserver
  private(set) var logger: Logger
  nonisolated let catalog: Catalog
  nonisolated let places: Places
  nonisolated let pulse: Pulse
  /// Files that are being fetched.
  nonisolated let transfers = TransferBoard()

  /// Reads the configuration and opens everything; systemd is asked for patience while the database is brought up to date.
  ///
  /// - Throws: the error of the room that cannot be opened.
  init(_ environment: [String: String], notifier: ServiceNotifier) async throws {
    let patience = TimeoutExtension(notifier, after: 20)
    defer { patience.end() }
    let loaded = try LoadedSettings(environment: environment)
    let logger = Self.logger(loaded, environment)
    let heart = Heart()
    let observer = Self.observer(logger, heart, transfers, loaded)
    let house = try await House(loaded, observe: observer)
    let catalog = house.catalog
    do { try catalog.check() } catch {
      await house.close()
      throw error
    }
    pulse = Pulse(writes: { catalog.writes })
    heart.pulse.withLock { [pulse] in $0 = pulse }
    self.environment = environment
    self.logger = logger
    self.heart = heart
    self.observer = observer
    self.house = house
    self.catalog = catalog
    places = loaded.places
  }

  /// Where events beat: the pulse needs the catalog, and the house needs somebody who watches.
  private final class Heart: Sendable {
    let pulse = Mutex<Pulse?>(nil)
  }

  private let heart: Heart

  private static func logger(_ loaded: LoadedSettings, _ environment: [String: String]) -> Logger {
    Logger(loaded.settings.log, environment: environment)
  }

  private static func observer(
    _ logger: Logger, _ heart: Heart, _ transfers: TransferBoard, _ loaded: LoadedSettings
  ) -> StreetObserver {
    let log = EventLog(logger: logger).observer
    let testSeconds = Double(loaded.settings.smoke.timeoutSeconds)
    let probeSeconds = Double(SmokeRunner.longestProbing(budgetSeconds: loaded.settings.probes.budgetSeconds))
    return { event in
      let pulse = heart.pulse.withLock { $0 }
      switch event {
      case .testing: pulse?.beat(.models, extraPatience: testSeconds)
      case .probing: pulse?.beat(.models, extraPatience: probeSeconds)
      case .listed, .described, .upstream, .upstreamFailed: pulse?.beat(.hub)
      default: pulse?.beat(.models)
      }
      transfers.note(event)
      log(event)
    }
  }

  /// What the configuration says about when things are done.
  var plan: Scheduler.Plan {
    let settings = house.loaded.settings
    var plan = Scheduler.Plan(pollSeconds: Double(settings.daemon.intervalSeconds))
    plan.smokes = settings.smoke.automatic
    // Who reads it in another way has set no way.
    if !settings.digest.channels.isEmpty { plan.digestMinute = settings.digest.time.minute }
    return plan
  }

  /// Asks whether what waits for the disk could be written.
  var storageQuestion: StorageQuestion {
    StorageQuestion(
      catalog: catalog, cache: HubCache(root: places.cache), reserve: house.loaded.settings.downloads.reserve)
  }

  /// What models are judged against.
  var device: Device { house.device }

  /// The configuration in use.
  var loaded: LoadedSettings { house.loaded }
  var settings: Settings { house.loaded.settings }

  /// Listens on the control socket.
  func listen(_ handler: @escaping ControlServer.Handler) throws -> ControlServer {
    try house.listen(ControlPlaces(state: places.state, environment: environment), handler)
  }

  /// Does a piece of work in the house of the moment, which stays open until it has ended.
  ///
  /// - Parameters:
  ///   - observe: is shown what happens, beside the log.
  ///   - change: settings for this piece of work alone.
  func visit<Value: Sendable>(
    observe: @escaping StreetObserver = { _ in }, _ change: @Sendable (inout Settings) -> Void = { _ in },
    _ body: @Sendable (House) async throws -> Value
  ) async throws -> Value {
    let watch = observer
    let house = house.changed(
      observe: {
        watch($0)
        observe($0)
      }, change)
    worksUnderWay += 1
    do {
      let value = try await body(house)
      await workEnded()
      return value
    } catch {
      await workEnded()
      throw error
    }
  }

  private func workEnded() async {
    worksUnderWay -= 1
    await closeRetired()
    guard worksUnderWay == 0 else { return }
    // What was needed is not needed for the hour until the next job.
    catalog.releaseMemory()
    ProcessMemory.giveBack()
  }

  /// Closes the houses that were replaced, unless somebody is still at work in one.
  private func closeRetired() async {
    guard worksUnderWay == 0 else { return }
    let old = retired
    retired = []
    for house in old { await house.close() }
  }

  /// Reads the configuration again, and uses it from the next job on; connections and the store of certificates are new,
  /// too. When it cannot be used, everything stays as it is.
  ///
  /// - Throws: the error that the configuration has, or that of a room that cannot be opened with it.
  func reload() async throws {
    do {
      let loaded = try LoadedSettings(environment: environment)
      let logger = Self.logger(loaded, environment)
      let observer = Self.observer(logger, heart, transfers, loaded)
      let new = try await house.rebuilt(loaded, observe: observer)
      retired.append(house)
      house = new
      self.observer = observer
      self.logger = logger
      try catalog.setMark(StateReport.reloadMark, "")
    } catch let error as any ReportableError {
      try catalog.setMark(StateReport.reloadMark, error.problem)
      throw error
    }
    await closeRetired()
  }

  /// Ends the network threads, and the use of the catalog: somebody may still know this object when the process ends.
  func close() async {
    for house in retired + [house] { await house.close() }
    retired = []
    catalog.endInOrder()
  }
}
