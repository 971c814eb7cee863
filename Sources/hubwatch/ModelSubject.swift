import Catalog
import Console
import Domain
import Foundation
import Settings

/// A model that a person named: a file, a folder, or a copy that hubwatch fetched.
enum ModelSubject {
  /// A file or folder of this machine.
  case path(String)
  /// A copy of a model of the catalog.
  case copy(CopyRecord, file: String)

  /// What a person means.
  ///
  /// - Throws: `InputError` for what is neither, `CatalogError`.
  init(_ name: String, _ loaded: LoadedSettings) throws {
    if InputPath.isFile(name) || InputPath.isModelFolder(name) {
      self = .path(name)
      return
    }
    guard let id = RepoID(name), id.description.contains("/") else { throw InputError.noSuchFile(name) }
    guard let catalog = try Catalog.ifPresent(folder: loaded.places.state) else { throw InputError.notFetched(name) }
    self = try ModelSubject(id, name, catalog, loaded)
  }

  /// The copy of a model: the one that was tested last, else any that is there.
  init(_ id: RepoID, _ name: String, _ catalog: Catalog, _ loaded: LoadedSettings) throws {
    // A model may be named as it was called before.
    let copies = try catalog.copies(of: try catalog.repo(id)?.id ?? id)
    let whole = copies.filter { $0.state == .tested || $0.state == .verified }
    guard let copy = whole.first(where: { $0.state == .tested }) ?? whole.first else {
      throw InputError.notFetched(name)
    }
    let file =
      copy.folder.map { "\($0)/\(copy.path)" }
      ?? "\(loaded.places.cache)/\(copy.repo.cacheFolderName)/snapshots/\(copy.commit)/\(copy.path)"
    self = .copy(copy, file: file)
  }

  /// Where its first file, or the folder, lies.
  var file: String {
    switch self {
    case .path(let path): path
    case .copy(_, let file): file
    }
  }

  /// For people: `org/name Q4_0`, or the path.
  var title: String {
    switch self {
    case .path(let path): path
    case .copy(let copy, _): "\(copy.repo) \(copy.quantization)"
    }
  }
}
