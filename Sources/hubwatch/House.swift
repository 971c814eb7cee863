import Catalog
import Console
import Domain
import Downloads
import Fit
import HTTP
import Hub
import Settings
import Smoke
import Watch

/// The rooms put together for a verb that changes the state: lock, catalog, hub, device and street.
struct House {
  private(set) var loaded: LoadedSettings
  let catalog: Catalog
  let device: Device
  private(set) var street: Street
  /// Held as long as the house stands.
  private let lock: StateLock
  private let http: HTTPClient

  /// Opens everything, the lock first.
  ///
  /// - Throws: the error of the room that cannot be opened.
  init(_ loaded: LoadedSettings, device: Device? = nil, observe: @escaping StreetObserver) async throws {
    let lock = try StateLock(folder: loaded.places.state)
    let catalog = try Catalog.opened(folder: loaded.places.state)
    try await self.init(loaded, lock, catalog, device: device, observe: observe)
  }

  /// The same house after the configuration has changed: other rooms over the same state. The old one goes on with what
  /// it does, and is closed afterwards.
  func rebuilt(_ loaded: LoadedSettings, observe: @escaping StreetObserver) async throws -> House {
    try await House(loaded, lock, catalog, device: nil, observe: observe)
  }

  private init(
    _ loaded: LoadedSettings, _ lock: StateLock, _ catalog: Catalog, device: Device?,
    observe: @escaping StreetObserver
  ) async throws {
    self.loaded = loaded
    try SecretGuard.raise(for: loaded)
    self.lock = lock
    self.catalog = catalog
    if let device {
      self.device = device
    } else {
      self.device = try await DeviceChoice.device(loaded.settings)
    }
    http = try HTTPClient(try NetworkSetup.configuration(loaded.settings.network))
    let endpoint = try HubEndpoint(loaded.settings.hub.endpoint, allowsPrivate: loaded.settings.hub.allowPrivate)
    let hub = HubClient(
      endpoint: endpoint, token: loaded.token, http: http, politeness: try Street.storedPoliteness(catalog))
    street = Street(
      .init(
        settings: loaded.settings, catalog: catalog, hub: hub, http: http, cacheRoot: loaded.places.cache,
        device: self.device, program: SmokeRunner.thisProgram, suite: try loaded.probeSuite()),
      observe: observe)
    ProcessMemory.giveBackCode()
  }

  /// The same house for one piece of work, with settings and an observer of its own.
  func changed(observe: @escaping StreetObserver, _ change: (inout Settings) -> Void = { _ in }) -> House {
    var house = self
    change(&house.loaded.settings)
    house.street = street.changed(observe: observe, change)
    return house
  }

  /// Listens on the control socket, as only who holds the state may.
  func listen(_ places: ControlPlaces, _ handler: @escaping ControlServer.Handler) throws -> ControlServer {
    let server = try ControlServer(path: places.listening, under: lock, handler: handler)
    places.leaveLink()
    return server
  }

  /// Ends the network thread.
  func close() async { await http.shutdown() }

  /// A house for one piece of work, closed whatever happens.
  static func open<Value>(
    _ loaded: LoadedSettings, device: Device? = nil, observe: @escaping StreetObserver,
    _ work: (House) async throws -> Value
  ) async throws -> Value {
    let house = try await House(loaded, device: device, observe: observe)
    do {
      let value = try await work(house)
      await house.close()
      return value
    } catch {
      await house.close()
      throw error
    }
  }
}

extension Catalog {
  /// The catalog of a folder to be changed; that a damaged one was replaced is said on standard error.
  static func opened(folder: String) throws(CatalogError) -> Catalog {
    let catalog = try Catalog(folder: folder)
    if let rescue = catalog.rescue {
      Terminal.write("hubwatch: \(ForeignText.safe(rescue.words, limit: 4000))", to: 2)
    }
    return catalog
  }
}
