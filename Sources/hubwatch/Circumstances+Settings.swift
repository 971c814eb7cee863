import Catalog
import Digest
import Domain
import Downloads
import Fit
import Foundation
import Hub
import Settings
import Watch

extension Circumstances {
  /// How things stand now, by configuration, disk and catalog.
  ///
  /// The card of this machine is not looked for: it is the one that models were judged against.
  ///
  /// - Parameter catalog: tells what waits for what; nil before there is one.
  /// - Throws: `DeviceError` for a card of the configuration that nobody knows, `CatalogError`.
  init(_ loaded: LoadedSettings, _ catalog: Catalog?, now: Date) async throws {
    var settings = loaded.settings
    settings.devices.removeAll { $0.isLocal }
    let devices = settings.devices.isEmpty ? [] : try await DeviceChoice.devices(settings).devices
    let report = StateReport(loaded.places, loaded.settings, version: Version.text, now: now)
    self.init(loaded.settings, report, devices: devices)
    guard let catalog else { return }
    for copy in try catalog.copies(in: [.wanted, .downloading, .waiting, .blocked]) {
      retries[copy.id] = copy.blockedUntil.map { max($0, report.nextCycleAt ?? $0) } ?? report.nextCycleAt
    }
    missingBytes = try MissingRoom(
      catalog: catalog, cache: HubCache(root: loaded.places.cache), floor: settings.downloads.reserve
    ).bytes()
  }

  /// The same out of what is known already, without a look at what waits.
  init(_ settings: Settings, _ report: StateReport, devices: [Fit.Device]) {
    self.init()
    self.devices = devices.map { Device(name: $0.name, bytes: $0.total.bytes) }
      .sorted { ($0.bytes, $0.name) < ($1.bytes, $1.name) }
    fetchesByItself = settings.downloads.automatic
    health = report.health
    // A trouble is kept in words, and ours end in these.
    hasBadToken = report.lastCycle?.trouble?.contains(HubError(.badToken, "").problem) ?? false
  }
}
