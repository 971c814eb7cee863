import Digest
import Domain
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
  /// - Throws: `DeviceError` for a card of the configuration that nobody knows.
  init(_ loaded: LoadedSettings, now: Date) async throws {
    var settings = loaded.settings
    settings.devices.removeAll { $0.isLocal }
    let devices = settings.devices.isEmpty ? [] : try await DeviceChoice.devices(settings).devices
    let report = StateReport(loaded.places, loaded.settings, version: Version.text, now: now)
    self.init(loaded.settings, report, devices: devices)
  }

  /// The same out of what is known already.
  init(_ settings: Settings, _ report: StateReport, devices: [Fit.Device]) {
    self.init()
    self.devices = devices.map { Device(name: $0.name, bytes: $0.total.bytes) }
    fetchesByItself = settings.downloads.automatic
    health = report.health
    // A trouble is kept in words, and ours end in these.
    hasBadToken = report.lastCycle?.trouble?.contains(HubError(.badToken, "").problem) ?? false
    if report.copies.contains(where: { $0.state == .waiting }), let free = report.disk.freeBytes {
      let wanted = report.copies.filter { [.wanted, .downloading, .waiting].contains($0.state) }
      let room = max(0, free - (report.disk.reserveBytes ?? 0))
      let needed = wanted.reduce(Int64(0)) { sum, copy in
        let (sum, overflow) = sum.addingReportingOverflow(copy.bytes)
        return overflow ? .max : sum
      }
      missingBytes = max(0, needed - room)
    }
  }
}
