import Catalog
import Domain
import Downloads
import Settings
import Watch

/// What the verbs need that manage what is on disk: no hub, no card.
struct Shelf {
  let catalog: Catalog
  let cache: HubCache
  /// Held as long as the shelf stands; nil when it is only looked at.
  private let lock: StateLock?

  /// - Parameter readOnly: for verbs that only look, and dry runs.
  /// - Throws: `StateLockError`, `CatalogError`.
  init(_ loaded: LoadedSettings, readOnly: Bool = false) throws {
    lock = readOnly ? nil : try StateLock(folder: loaded.places.state)
    catalog =
      readOnly
      ? try Catalog(folder: loaded.places.state, readOnly: true) : try Catalog.opened(folder: loaded.places.state)
    cache = HubCache(root: loaded.places.cache)
  }

  /// The shelf of an open house, which holds the lock.
  init(_ house: House) {
    lock = nil
    catalog = house.catalog
    cache = HubCache(root: house.loaded.places.cache)
  }

  /// Copies of a model in any of `states`, the newest wish first.
  ///
  /// - Parameter quantization: only this one; nil for all.
  /// - Throws: `InputError` when there is none.
  func copies(_ model: RepoID, quantization: String?, in states: [CopyState]) throws -> [CopyRecord] {
    let copies = try catalog.copies(of: model).filter { copy in
      states.contains(copy.state) && (quantization == nil || copy.quantization == quantization)
    }
    guard !copies.isEmpty else { throw InputError.notFetched("\(model)") }
    return copies
  }

  /// States of copies whose files are complete.
  static let complete: [CopyState] = [.verified, .tested]
}

extension HubCache {
  /// The path by which a copy's first file is found.
  func path(_ copy: CopyRecord) -> String {
    copy.folder.map { "\($0)/\(copy.path)" } ?? snapshot(copy.repo, copy.commit, copy.path)
  }
}
