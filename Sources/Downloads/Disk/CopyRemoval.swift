import Catalog
import Domain
import Foundation
import Glibc

/// Deletes a copy's files: only what hubwatch itself put there, and only what nobody else needs.
public struct CopyRemoval: Sendable {
  /// What is deleted, or would be.
  public struct Finding: Sendable, Equatable {
    /// Paths that are deleted.
    public var paths: [String] = []
    /// Bytes that become free.
    public var bytes: Int64 = 0
    /// Files that stay, with the reason.
    public var left: [String] = []
  }

  private let catalog: Catalog
  private let cache: HubCache

  /// A removal from a cache and from the folders that copies name.
  public init(catalog: Catalog, cache: HubCache) {
    self.catalog = catalog
    self.cache = cache
  }

  /// Deletes a copy, and leaves it `dropped`; the order is names, content, catalog, so that a killed process leaves
  /// nothing that looks like a model and is none.
  ///
  /// - Parameters:
  ///   - isDry: only say what would be deleted.
  ///   - reason: why, for the catalog.
  /// - Throws: `DownloadError`, `CatalogError`.
  @discardableResult
  public func remove(_ copy: CopyRecord, isDry: Bool, reason: String?, at now: Date) throws -> Finding {
    var finding = Finding()
    for part in try catalog.parts(ofCopy: copy.id) {
      if let folder = copy.folder {
        removeLocal(part, folder, isDry, &finding)
      } else {
        try removeCached(part, copy, isDry, &finding)
      }
    }
    guard !isDry else { return finding }
    if copy.folder == nil { removeEmptyFolders(copy) }
    try catalog.setDropped(copy: copy.id, reason: reason, at: now)
    return finding
  }

  private func removeCached(_ part: PartRecord, _ copy: CopyRecord, _ isDry: Bool, _ finding: inout Finding) throws {
    let file = part.file
    let partial = "\(try cache.partialFolder())/\(file.hash)"
    let link = cache.snapshot(copy.repo, copy.commit, file.path)
    let blob = cache.blob(copy.repo, file.hash)
    // What another program fetched is not ours to delete, and neither are its names.
    guard part.origin == .fetched || part.origin == .linked || !part.isVerified else {
      finding.left.append("\(link): hubwatch did not fetch it")
      return
    }
    let isNeeded = try catalog.isNeeded(file.hash, of: copy.repo, except: copy.id)
    if part.isVerified { delete(link, bytes: 0, isDry, &finding) }
    guard part.isVerified, !isNeeded, cache.snapshotLinks(to: file.hash, in: copy.repo).allSatisfy({ $0 == link })
    else {
      if part.isVerified { finding.left.append("\(blob): another snapshot needs it") }
      if !part.isVerified { try removePartial(file, partial, isDry, &finding) }
      return
    }
    let lockPath = "\(cache.root)/.locks/\(copy.repo.cacheFolderName)/\(file.hash).lock"
    guard let lock = try FileLock.attempt(lockPath) else {
      finding.left.append("\(blob): another program is at work on it")
      return
    }
    delete(blob, bytes: freed(blob), isDry, &finding)
    withExtendedLifetime(lock) {}
  }

  private func removePartial(_ file: ModelFile, _ stem: String, _ isDry: Bool, _ finding: inout Finding) throws {
    let path = "\(stem).part"
    guard access(path, F_OK) == 0 else { return }
    delete(path, bytes: allocatedSize(path), isDry, &finding)
    delete("\(stem).progress", bytes: 0, isDry, &finding)
    if !isDry { try catalog.forgetPartial(file.hash) }
  }

  private func removeLocal(_ part: PartRecord, _ folder: String, _ isDry: Bool, _ finding: inout Finding) {
    let path = "\(folder)/\(part.file.path)"
    guard part.isVerified, part.origin != .found, regularFileSize(path) == part.file.size else {
      if access(path, F_OK) == 0 { finding.left.append("\(path): it is not what hubwatch fetched") }
      return
    }
    delete(path, bytes: freed(path), isDry, &finding)
    delete("\(folder)/.cache/huggingface/download/\(part.file.path).metadata", bytes: 0, isDry, &finding)
  }

  /// Bytes that a file's deletion frees: none while it has another name.
  private func freed(_ path: String) -> Int64 {
    var info = stat()
    guard lstat(path, &info) == 0, info.st_mode & S_IFMT == S_IFREG, info.st_nlink == 1 else { return 0 }
    return Int64(info.st_blocks) * 512
  }

  private func delete(_ path: String, bytes: Int64, _ isDry: Bool, _ finding: inout Finding) {
    var info = stat()
    guard lstat(path, &info) == 0, info.st_mode & S_IFMT != S_IFDIR else { return }
    // A link into another program's store is taken away, never what it leads to.
    if !isDry, unlink(path) != 0 {
      finding.left.append("\(path): \(errorText(errno))")
      return
    }
    finding.paths.append(path)
    finding.bytes += bytes
  }

  /// Takes away what nothing lies in any more: a ref whose snapshot is gone counts as corruption for other programs.
  private func removeEmptyFolders(_ copy: CopyRecord) {
    let folder = cache.folder(copy.repo)
    var path = Folders.parent(cache.snapshot(copy.repo, copy.commit, copy.path))
    while path.hasPrefix("\(folder)/snapshots/"), rmdir(path) == 0 { path = Folders.parent(path) }
    let snapshot = "\(folder)/snapshots/\(copy.commit)"
    guard access(snapshot, F_OK) != 0 else { return }
    let refs = "\(folder)/refs"
    for case let name as String in FileManager.default.enumerator(atPath: refs) ?? .init() {
      let text = try? String(contentsOfFile: "\(refs)/\(name)", encoding: .utf8)
      if text == copy.commit.description { unlink("\(refs)/\(name)") }
    }
    let isBare = ["blobs", "snapshots", "refs"].allSatisfy { name in
      (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(name)"))?.isEmpty ?? true
    }
    guard isBare else { return }
    for name in ["blobs", "snapshots", "refs"] { rmdir("\(folder)/\(name)") }
    rmdir(folder)
  }
}
