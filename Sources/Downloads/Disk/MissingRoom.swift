import Catalog
import Domain

/// How much must become free before what is wanted can be fetched.
public struct MissingRoom: Sendable {
  private let catalog: Catalog
  private let cache: HubCache
  private let floor: DiskFloor

  /// - Parameters:
  ///   - cache: where copies lie that have no folder of their own.
  ///   - floor: bytes of the disk that stay free.
  public init(catalog: Catalog, cache: HubCache, floor: DiskFloor) {
    self.catalog = catalog
    self.cache = cache
    self.floor = floor
  }

  /// Bytes that a person has to free on the disk of the cache; 0 when no download waits for room, or the disk does not
  /// say.
  ///
  /// What has arrived and what is reserved for the rest counts as there, and each content once. Copies that only the
  /// quota holds back would not be fetched with more room.
  ///
  /// - Throws: `CatalogError`.
  public func bytes() throws(CatalogError) -> Int64 {
    let usable = DiskSpace(Folders.nearest(cache.root))?.usable(above: floor).bytes
    return try bytes(usable: usable)
  }

  /// The same with so much room.
  func bytes(usable: Int64?) throws(CatalogError) -> Int64 {
    guard let usable else { return 0 }
    var contents: Set<ContentHash> = []
    var sum: Int64 = 0
    var isShort = false
    for copy in try catalog.copies(in: [.downloading, .wanted, .waiting])
    where copy.folder == nil && !DownloadError.isOfQuota(copy.reason) {
      var own: Int64 = 0
      for part in try catalog.parts(ofCopy: copy.id) where !isThere(part.file, of: copy) {
        let need = max(0, part.file.size - reserved(part.file))
        own = adding(own, need)
        if contents.insert(part.file.hash).inserted { sum = adding(sum, need) }
      }
      if copy.state == .waiting, own > usable { isShort = true }
    }
    return isShort ? max(0, sum - max(0, usable)) : 0
  }

  private func isThere(_ file: ModelFile, of copy: CopyRecord) -> Bool {
    regularFileSize(cache.blob(copy.repo, file.hash)) == file.size
  }

  private func reserved(_ file: ModelFile) -> Int64 {
    cache.partialFolders.reduce(0) { max($0, allocatedSize("\($1)/\(file.hash).part")) }
  }

  private func adding(_ left: Int64, _ right: Int64) -> Int64 {
    let (sum, overflow) = left.addingReportingOverflow(right)
    return overflow ? .max : sum
  }
}

extension DownloadError {
  /// Whether a copy's reason is that the quota holds it back.
  static func isOfQuota(_ reason: String?) -> Bool { reason?.contains(quotaWords) ?? false }
}
