import Catalog
import Domain
import Foundation
import Glibc

/// Whether what waits for the disk could be written now: asked again and again while something waits.
public struct StorageQuestion: Sendable {
  private let catalog: Catalog
  private let cache: HubCache
  private let reserve: DiskFloor

  /// - Parameter reserve: what stays free.
  public init(catalog: Catalog, cache: HubCache, reserve: DiskFloor) {
    self.catalog = catalog
    self.cache = cache
    self.reserve = reserve
  }

  /// Whether the models' disk is there, can be written, and has room for one of the copies that wait. True when none
  /// waits, without touching the disk.
  public func isUsable() -> Bool {
    do {
      let waiting = try catalog.copies(in: [.waiting]).filter { $0.folder == nil }
      guard !waiting.isEmpty else { return true }
      try ModelStore(catalog: catalog, cache: cache).expect()
      let probe = "\(try cache.partialFolder())/\(getpid()).probe\(SmallFile.suffix)"
      try SmallFile.write("", to: probe, by: probe)
      unlink(probe)
      guard let usable = DiskSpace(cache.root)?.usable(above: reserve) else { return true }
      return try waiting.contains { try missing($0) <= usable.bytes }
    } catch {
      // Whatever it was: the answer is no, and the next cycle tells why.
      return false
    }
  }

  private func missing(_ copy: CopyRecord) throws -> Int64 {
    let folder = try cache.partialFolder()
    return try catalog.parts(ofCopy: copy.id).reduce(0) { sum, part in
      part.isVerified ? sum : sum + max(0, part.file.size - allocatedSize("\(folder)/\(part.file.hash).part"))
    }
  }
}
