import Catalog
import Digest
import Domain
import Downloads
import Fit
import Foundation
import HTTP
import Page
import Settings
import Synchronization
import Watch

extension PageHouse {
  /// The page over the state of a configuration.
  ///
  /// - Parameters:
  ///   - environment: of this process, for the daemon's socket.
  ///   - hands: carries out what a person asks for; nil for a page that only shows.
  /// - Throws: `DeviceError`.
  init(_ loaded: LoadedSettings, environment: [String: String], hands: PageHands? = nil) async throws {
    let (places, settings) = (loaded.places, loaded.settings)
    let keeper = CatalogKeeper(folder: places.state)
    let devices = try await DeviceChoice.devices(settings).devices
    // Models are judged against this machine's card anyway.
    let others = devices.filter { device in settings.devices.contains { $0.name == device.name && !$0.isLocal } }
    let sockets = ControlPlaces(state: places.state, environment: environment)
    let report: @Sendable (Date) -> StateReport = { now in
      var report = StateReport(places, settings, version: Version.text, now: now)
      // Whoever holds the state without listening is no daemon, and one that does not answer is no news here.
      if report.holder != nil, let client = sockets.client,
        let live = try? Waiting.on({ try await client.live(patience: 1) })
      {
        report.add(live)
      }
      return report
    }
    var perform: (@Sendable (PageAction) async -> PageAction.Outcome)?
    if let hands { perform = { await hands.perform($0) } }
    self.init(
      catalog: { () throws(CatalogError) -> Catalog? in try keeper.catalog() },
      standing: { (now: Date) -> Standing in Standing(report(now)) },
      circumstances: { (now: Date) -> Circumstances in Circumstances(settings, report(now), devices: others) },
      sheet: { (catalog: Catalog, repo: RepoRecord) throws(CatalogError) -> FitSheet? in
        guard let subject = try FitSubject(catalog: catalog, repo: repo) else { return nil }
        return FitSheet(subject)
      },
      arrived: { (catalog: Catalog, copy: CopyRecord) throws(CatalogError) -> Int64 in
        try ArrivedBytes(catalog: catalog, cache: HubCache(root: places.cache)).count(copy)
      },
      perform: perform, devices: devices, request: DeviceChoice.request(settings.device),
      endpoint: settings.hub.endpoint, cacheRoot: places.cache,
      versions: [
        ("version", Version.text), ("libcurl", HTTPClient.libraryVersion), ("tls", HTTPClient.tlsVersion),
        ("sqlite", Catalog.libraryVersion),
      ])
  }
}

extension PageHouse.Standing {
  /// What `status` says.
  init(_ report: StateReport) {
    self.init()
    worker = report.holder.map { holder in holder.pid.map { "at work, pid \($0)" } ?? "at work" }
    (cycleBeganAt, cycleEndedAt) = (report.lastCycle?.startedAt, report.lastCycle?.endedAt)
    nextCycleAt = report.nextCycleAt
    for copy in report.copies {
      if let next = copy.nextTryAt { nextTries[Self.tryKey(copy.id, copy.quantization)] = next }
    }
    for transfer in report.daemon?.transfers ?? [] { rates[transfer.id, default: 0] += transfer.bytesPerSecond }
    errands = report.daemon?.errands.map { ($0.words, $0.since) } ?? []
    isPaused = report.daemon?.isPaused ?? false
    outbox = report.outbox?.deliveries.count { $0.phase != .sent }
    (freeBytes, reserveBytes) = (report.disk.freeBytes, report.disk.reserveBytes)
    (quotaBytes, usedBytes) = (report.disk.quotaBytes, report.disk.usedBytes)
    health = report.health
  }
}

extension FitSheet {
  /// What `fit` computes with.
  init(_ subject: FitSubject) {
    self.init(
      shape: subject.shape, isVerified: subject.isVerified,
      offers: subject.offers.map {
        Offer(
          quantization: $0.quantization, isPublished: $0.file != nil, fileBytes: $0.fileBytes, layout: $0.layout,
          engine: $0.engine)
      })
  }
}

extension Waiting {
  /// As `value`, for work that may fail.
  fileprivate static func on<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) throws -> Value {
    try value { () -> Result<Value, any Error> in
      do { return .success(try await work()) } catch { return .failure(error) }
    }.get()
  }
}

/// Keeps the catalog open for reading, and opens it anew when another file has taken its place.
private final class CatalogKeeper: Sendable {
  private let folder: String
  private let known = Mutex<(catalog: Catalog, file: FileIdentity)?>(nil)

  /// What tells a file from one that was put in its place.
  private struct FileIdentity: Equatable {
    var device: UInt64
    var number: UInt64
  }

  init(folder: String) { self.folder = folder }

  /// The catalog; nil before anything was recorded.
  func catalog() throws(CatalogError) -> Catalog? {
    if let known = known.withLock({ $0 }), Self.identity(known.catalog.path) == known.file { return known.catalog }
    guard let catalog = try Catalog.ifPresent(folder: folder) else { return nil }
    if let file = Self.identity(catalog.path) { known.withLock { $0 = (catalog, file) } }
    return catalog
  }

  private static func identity(_ path: String) -> FileIdentity? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    return FileIdentity(device: UInt64(status.st_dev), number: UInt64(status.st_ino))
  }
}
