import Catalog
import Domain
import Foundation
import Glibc

/// Clears the partial folder of what no copy waits for.
public struct PartialSweep: Sendable {
  /// One file that is deleted, or would be.
  public struct Leftover: Sendable, Equatable {
    /// Where it lies.
    public var path: String
    /// Bytes on disk.
    public var bytes: Int64
    /// Why it goes.
    public var reason: String
  }

  private let catalog: Catalog
  private let cache: HubCache

  /// A sweep of a cache's partial folder.
  public init(catalog: Catalog, cache: HubCache) {
    self.catalog = catalog
    self.cache = cache
  }

  /// Deletes partial files that no copy waits for, and journals without a partial file.
  ///
  /// - Parameters:
  ///   - isDry: only say what would be deleted.
  ///   - takesDamaged: whether files that were set aside for somebody to look at go, too.
  /// - Throws: `DownloadError`, `CatalogError`.
  public func sweep(isDry: Bool, takesDamaged: Bool) throws -> [Leftover] {
    guard access(cache.root, F_OK) == 0 else { return [] }
    let folder = try cache.partialFolder()
    let wanted = try catalog.unfinishedContents()
    var leftovers: [Leftover] = []
    for name in try names(folder) {
      let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
      guard parts.count == 2, let hash = ContentHash(parts[0]) else { continue }
      switch parts[1] {
      case "part", "progress":
        guard !wanted.contains(hash), !isLocked("\(folder)/\(hash).part") else { continue }
        leftovers.append(leftover("\(folder)/\(name)", "no model waits for it"))
      case "damaged" where takesDamaged:
        leftovers.append(leftover("\(folder)/\(name)", "its content was wrong"))
      default: continue
      }
    }
    guard !isDry else { return leftovers }
    for one in leftovers where unlink(one.path) != 0 && errno != ENOENT {
      throw DownloadError.system("unlink", one.path, errno)
    }
    for hash in try catalog.journaledContents() where !wanted.contains(hash) { try catalog.forgetPartial(hash) }
    return leftovers
  }

  private func names(_ folder: String) throws(DownloadError) -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    } catch {
      throw .system("opendir", folder, errno)
    }
  }

  private func leftover(_ path: String, _ reason: String) -> Leftover {
    Leftover(path: path, bytes: allocatedSize(path), reason: reason)
  }

  /// Whether a process writes the partial file right now.
  private func isLocked(_ path: String) -> Bool {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { return true }
    _ = flock(descriptor, LOCK_UN)
    return false
  }
}
