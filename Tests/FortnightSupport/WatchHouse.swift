import Catalog
import Domain
import Fit
import Foundation
import HTTP
import Hub
import Settings
import Synchronization
import TestSupport
import Watch

/// The rooms put together as the program does it, but for a clock that a test moves and chance that follows from a seed.
public struct WatchHouse: Sendable {
  /// The configuration and the places.
  public let loaded: LoadedSettings
  /// The catalog, open for writing.
  public let catalog: Catalog
  /// The way through the house.
  public let street: Street
  private let http: HTTPClient
  private let lock: StateLock

  /// - Parameters:
  ///   - environment: names configuration, state, cache and hub.
  ///   - program: runs models; hubwatch itself.
  ///   - clock: what all of it takes for the time.
  public init(environment: [String: String], program: String, clock: VirtualClock, seed: UInt64) async throws {
    loaded = try LoadedSettings(environment: environment)
    lock = try StateLock(folder: loaded.places.state)
    catalog = try Catalog(folder: loaded.places.state)
    http = try HTTPClient(.init(userAgent: HubClient.userAgent(version: "test")))
    var options = HubClient.Options()
    let chance = Mutex(Noise.Generator(seed: seed))
    options.jitter = { range in chance.withLock { Double.random(in: range, using: &$0) } }
    let hub = HubClient(
      endpoint: try HubEndpoint(loaded.settings.hub.endpoint), token: loaded.token, http: http,
      politeness: try Street.storedPoliteness(catalog), options: options, clock: clock.hubClock)
    street = Street(
      .init(
        settings: loaded.settings, catalog: catalog, hub: hub, http: http, cacheRoot: loaded.places.cache,
        device: try await DeviceChoice.device(loaded.settings), program: program, suite: try loaded.probeSuite()),
      now: { Date(timeIntervalSince1970: clock.now) })
  }

  /// Ends the network thread.
  public func close() async { await http.shutdown() }
}
