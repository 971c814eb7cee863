import Catalog
import Domain
import Foundation
import Glibc

/// Tells the disk that the models lie on from another one, and from the empty folder that is left when it is not there.
///
/// A small file in the partial folder names the store; the catalog knows that name, and the file system it was on. When
/// the file is gone, but the file system is the same, somebody has emptied the cache; on another file system it is not
/// the models' disk, and nothing may be written there or called lost.
public struct ModelStore: Sendable {
  private let catalog: Catalog
  private let cache: HubCache

  /// The name of the file that names the store.
  static let fileName = "store"
  private static let fileLimit = 64

  /// The store of a cache.
  public init(catalog: Catalog, cache: HubCache) {
    self.catalog = catalog
    self.cache = cache
  }

  private struct Identity {
    var id: String
    var fileSystem: String

    var text: String { "\(id) \(fileSystem)" }

    init(id: String, fileSystem: String) {
      self.id = id
      self.fileSystem = fileSystem
    }

    init?(_ text: String) {
      let parts = text.split(separator: " ").map(String.init)
      guard parts.count == 2 else { return nil }
      (id, fileSystem) = (parts[0], parts[1])
    }
  }

  private var mark: String { "store \(cache.root)" }

  /// Makes sure that the disk is the one that the catalog knows. Writes nothing to it.
  ///
  /// - Throws: `DownloadError` of kind `absentDisk`; `CatalogError`.
  public func expect() throws {
    guard let known = try catalog.mark(mark).flatMap(Identity.init) else { return }
    let here = FileSystem.id(of: cache.root)
    guard let found = written else {
      if here == known.fileSystem { return }
      throw DownloadError(.absentDisk("the disk with the models is not there"), cache.root)
    }
    guard found == known.id else {
      throw DownloadError(.absentDisk("another disk than the one with the models is there"), cache.root)
    }
  }

  /// Gives the disk a name when it has none, and writes down which it is.
  ///
  /// - Throws: as `expect`, and `DownloadError` when the name cannot be written.
  func begin() throws {
    try expect()
    try write(try catalog.mark(mark).flatMap(Identity.init)?.id ?? written ?? UUID().uuidString.lowercased())
  }

  /// Takes what is there for the models' disk from now on, because a person says so.
  ///
  /// - Throws: `DownloadError`, `CatalogError`.
  public func adopt() throws {
    guard try catalog.mark(mark) != nil else { return }
    try write(written ?? UUID().uuidString.lowercased())
  }

  private func write(_ id: String) throws {
    // The disk first: a name that only the catalog knows would make the disk look absent.
    if written != id {
      let folder = try cache.partialFolder()
      try SmallFile.write("\(id)\n", to: "\(folder)/\(Self.fileName)", by: "\(folder)/\(getpid())\(SmallFile.suffix)")
    }
    let identity = Identity(id: id, fileSystem: FileSystem.id(of: cache.root))
    if try catalog.mark(mark) != identity.text { try catalog.setMark(mark, identity.text) }
  }

  /// The name that the disk carries; nil when it has none that reads.
  private var written: String? {
    cache.partialFolders.lazy.compactMap { folder in
      let descriptor = open("\(folder)/\(Self.fileName)", O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
      guard descriptor >= 0 else { return nil }
      defer { close(descriptor) }
      var buffer = [UInt8](repeating: 0, count: Self.fileLimit)
      let count = read(descriptor, &buffer, buffer.count)
      let text = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
      return UUID(uuidString: text.trimmingCharacters(in: .newlines)).map { $0.uuidString.lowercased() }
    }.first
  }
}

/// Tells file systems apart.
enum FileSystem {
  /// What the kernel calls the file system of a path, or of the nearest folder above it that there is.
  static func id(of path: String) -> String {
    var info = statvfs()
    // What cannot be asked has the id 0, as a file system without one.
    _ = statvfs(Folders.nearest(path), &info)
    return String(info.f_fsid, radix: 16)
  }
}
