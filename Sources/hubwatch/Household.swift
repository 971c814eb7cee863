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
  private let environment: [String: String]
  private var house: House
  private var retired: [House] = []
  private var cyclesUnderWay = 0
  private(set) var logger: Logger
  nonisolated let catalog: Catalog
  nonisolated let places: Places
  nonisolated let pulse: Pulse

  /// Reads the configuration and opens everything; systemd is asked for patience while the database is brought up to date.
  ///
  /// - Throws: the error of the room that cannot be opened.
  init(_ environment: [String: String], notifier: ServiceNotifier) async throws {
    let patience = TimeoutExtension(notifier, after: 20)
    defer { patience.end() }
    let loaded = try LoadedSettings(environment: environment)
    let logger = Self.logger(loaded, environment)
    let heart = Heart()
    let house = try await House(loaded, observe: Self.observer(logger, heart, loaded))
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

  private static func observer(_ logger: Logger, _ heart: Heart, _ loaded: LoadedSettings) -> StreetObserver {
    let log = EventLog(logger: logger).observer
    let testSeconds = Double(loaded.settings.smoke.timeoutSeconds)
    let probeSeconds = Double(SmokeRunner.longestProbing(budgetSeconds: loaded.settings.probes.budgetSeconds))
    return { event in
      let pulse = heart.pulse.withLock { $0 }
      switch event {
      case .testing: pulse?.beat(extraPatience: testSeconds)
      case .probing: pulse?.beat(extraPatience: probeSeconds)
      default: pulse?.beat()
      }
      log(event)
    }
  }

  /// Seconds between the starts of two cycles.
  var interval: Double { Double(house.loaded.settings.daemon.intervalSeconds) }

  /// Asks whether what waits for the disk could be written.
  var storageQuestion: StorageQuestion {
    StorageQuestion(
      catalog: catalog, cache: HubCache(root: places.cache), reserve: house.loaded.settings.downloads.reserve)
  }

  /// What models are judged against.
  var device: Device { house.device }

  /// One cycle in the house of the moment.
  func cycle() async throws -> Bool {
    let street = house.street
    cyclesUnderWay += 1
    do {
      let isWhole = try await street.cycle()
      await cycleEnded()
      return isWhole
    } catch {
      await cycleEnded()
      throw error
    }
  }

  private func cycleEnded() async {
    cyclesUnderWay -= 1
    await closeRetired()
  }

  /// Closes the houses that were replaced, unless a cycle is still at work in one.
  private func closeRetired() async {
    guard cyclesUnderWay == 0 else { return }
    let old = retired
    retired = []
    for house in old { await house.close() }
  }

  /// Reads the configuration again, and uses it from the next cycle on; connections and the store of certificates are new,
  /// too. When it cannot be used, everything stays as it is.
  ///
  /// - Throws: the error that the configuration has, or that of a room that cannot be opened with it.
  func reload() async throws {
    do {
      let loaded = try LoadedSettings(environment: environment)
      let logger = Self.logger(loaded, environment)
      let new = try await house.rebuilt(loaded, observe: Self.observer(logger, heart, loaded))
      retired.append(house)
      house = new
      self.logger = logger
      try catalog.setMark(StateReport.reloadMark, "")
    } catch let error as any ReportableError {
      try catalog.setMark(StateReport.reloadMark, error.problem)
      throw error
    }
    await closeRetired()
  }

  /// Ends the network threads.
  func close() async {
    for house in retired + [house] { await house.close() }
    retired = []
  }
}
