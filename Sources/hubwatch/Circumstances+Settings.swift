import Catalog
import Digest
import Domain
import Downloads
import Foundation
import Hub
import Settings
import Watch

extension Circumstances {
  /// How things stand now, by configuration, disk and catalog.
  ///
  /// The card of this machine is not looked for: it is the one that models were judged against.
  ///
  /// - Throws: `DeviceError` for a card of the configuration that nobody knows, `CatalogError`.
  init(_ loaded: LoadedSettings, _ catalog: Catalog, now: Date) async throws {
    self.init()
    var settings = loaded.settings
    settings.devices.removeAll { $0.isLocal }
    if !settings.devices.isEmpty {
      devices = try await DeviceChoice.devices(settings).devices.map { Device(name: $0.name, bytes: $0.total.bytes) }
        .sorted { ($0.bytes, $0.name) < ($1.bytes, $1.name) }
    }
    fetchesByItself = settings.downloads.automatic
    let report = StateReport(loaded.places, loaded.settings, version: Version.text, now: now)
    health = report.health
    // A trouble is kept in words, and ours end in these.
    hasBadToken = report.lastCycle?.trouble?.contains(HubError(.badToken, "").problem) ?? false
    for copy in try catalog.copies(in: [.wanted, .downloading, .waiting, .blocked]) {
      retries[copy.id] = copy.blockedUntil.map { max($0, report.nextCycleAt ?? $0) } ?? report.nextCycleAt
    }
    missingBytes = try MissingRoom(
      catalog: catalog, cache: HubCache(root: loaded.places.cache), floor: settings.downloads.reserve
    ).bytes()
  }
}
