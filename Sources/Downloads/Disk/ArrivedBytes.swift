import Catalog
import Domain

/// How far a copy has come, as a process that begins would find it.
public struct ArrivedBytes: Sendable {
  private let catalog: Catalog
  private let cache: HubCache

  /// - Parameter cache: where copies lie that have no folder of their own.
  public init(catalog: Catalog, cache: HubCache) {
    self.catalog = catalog
    self.cache = cache
  }

  /// Bytes of a copy's verified files, and of the others what has arrived.
  ///
  /// - Throws: `CatalogError`.
  public func count(_ copy: CopyRecord) throws(CatalogError) -> Int64 {
    var sum: Int64 = 0
    for part in try catalog.parts(ofCopy: copy.id) {
      if part.isVerified {
        sum += part.file.size
      } else if let stem = stem(copy, part.file) {
        let known = ProgressRecord(path: "\(stem).progress")?.arrived.count ?? 0
        sum += max(known, try catalog.partial(part.file.hash)?.durable.count ?? 0)
      }
    }
    return sum
  }

  /// The partial file without its suffix; nil where nothing has been begun.
  private func stem(_ copy: CopyRecord, _ file: ModelFile) -> String? {
    if let folder = copy.folder { return LocalFolder(root: folder, cache: cache).partialStem(file) }
    return cache.partialFolders.map { "\($0)/\(file.hash)" }.first { regularFileSize("\($0).part") != nil }
  }
}
