import Catalog
import Domain
import Foundation
import Settings

/// A set-up under examination: what was loaded once for all checks.
struct Setup: Sendable {
  let surroundings: Surroundings
  let places: Places
  /// The settings in force, or the defaults where the configuration cannot be used.
  let settings: Settings
  /// What is wrong with the configuration; nil when it can be used.
  let configurationError: SettingsError?
  /// Settings, places and token together; nil when one of them cannot be used.
  let loaded: LoadedSettings?
  /// The catalog, open for reading; nil when nothing was recorded, or it cannot be opened.
  let catalog: Catalog?
  /// Why it cannot be opened.
  let catalogError: CatalogError?

  /// Loads it; what cannot be loaded is a finding of some check, and none of this initializer.
  init(_ surroundings: Surroundings) {
    self.surroundings = surroundings
    let environment = surroundings.environment
    places = Places(environment: environment)
    loaded = try? LoadedSettings(environment: environment)
    // The token has a check of its own, so here it is looked for where there is none.
    var withoutToken = environment
    withoutToken["HF_TOKEN_PATH"] = "/dev/null/none"
    do {
      settings = try LoadedSettings(environment: withoutToken).settings
      configurationError = nil
    } catch {
      settings = Settings()
      configurationError = error
    }
    do {
      catalog = try Catalog.ifPresent(folder: places.state)
      catalogError = nil
    } catch {
      catalog = nil
      catalogError = error
    }
  }

  /// What the catalog says; nil when it cannot be asked, which is a finding of the catalog's own check.
  func ask<Value>(_ question: (Catalog) throws -> Value?) -> Value? {
    guard let catalog else { return nil }
    return try? question(catalog)
  }

  /// A path, or the nearest folder above it that there is.
  static func nearest(_ path: String) -> String {
    var place = path
    while !FileManager.default.fileExists(atPath: place), place != "/", !place.isEmpty {
      place = URL(fileURLWithPath: place).deletingLastPathComponent().path
    }
    return place
  }
}
