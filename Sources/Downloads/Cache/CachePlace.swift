import Catalog
import Domain
import Foundation
import Glibc

/// A copy's place in the Hugging Face cache.
///
/// Where a file system knows no symbolic links the content lies under its plain name in the snapshot, as the official
/// client puts it there.
struct CachePlace: DownloadPlace {
  let cache: HubCache
  /// Whether the snapshot may point to the blobs.
  let hasLinks: Bool

  /// - Throws: `DownloadError` when nothing can be written there at all.
  init(_ cache: HubCache) throws(DownloadError) {
    self.cache = cache
    hasLinks = try cache.hasSymbolicLinks()
  }

  var root: String { cache.root }
  var fileMode: UInt32 { 0o666 & ~FileMask.current }
  var linksTwins: Bool { true }

  func prepare(_ copy: CopyRecord) throws(DownloadError) {
    try cache.prepare(copy.repo)
    // A file gets its name by a move within one file system, which is found out before a byte is fetched.
    var (blobs, partial) = (stat(), stat())
    let (folder, partials) = (try cache.blobFolder(copy.repo), try cache.partialFolder())
    guard fstat(folder.descriptor, &blobs) == 0 else { throw .system("stat", folder.path, errno) }
    guard stat(partials, &partial) == 0 else { throw .system("stat", partials, errno) }
    guard blobs.st_dev == partial.st_dev else { throw .system("rename", folder.path, EXDEV) }
  }

  func contentFolder(_ copy: CopyRecord, _ file: ModelFile) throws(DownloadError) -> FolderHandle {
    contentPath(copy, file) == cache.blob(copy.repo, file.hash)
      ? try cache.blobFolder(copy.repo) : try cache.snapshotFolder(copy.repo, copy.commit, file.path)
  }

  func lockPath(_ copy: CopyRecord, _ file: ModelFile) -> String {
    "\(cache.root)/.locks/\(copy.repo.cacheFolderName)/\(file.hash).lock"
  }

  func contentPath(_ copy: CopyRecord, _ file: ModelFile) -> String {
    let blob = cache.blob(copy.repo, file.hash)
    // A file that another program with links has put there is as good.
    guard !hasLinks, regularFileSize(blob) != file.size else { return blob }
    return cache.snapshot(copy.repo, copy.commit, file.path)
  }

  func partialStem(_ file: ModelFile) throws(DownloadError) -> String {
    "\(try cache.partialFolder())/\(file.hash)"
  }

  func twins(_ copy: CopyRecord, _ file: ModelFile) -> [String] {
    cache.folders().filter { $0 != copy.repo.cacheFolderName }.map { "\(cache.root)/\($0)/blobs/\(file.hash)" }
      .filter { regularFileSize($0) == file.size }
  }

  func publish(_ copy: CopyRecord, _ files: [ModelFile], ref: String?) throws(DownloadError) -> String {
    for file in files where contentPath(copy, file) == cache.blob(copy.repo, file.hash) {
      try cache.link(copy.repo, copy.commit, file)
    }
    if let ref { try cache.writeRef(copy.repo, ref, copy.commit) }
    return cache.snapshot(copy.repo, copy.commit, copy.path)
  }
}

/// The permissions that new files of this process do not get.
enum FileMask {
  /// Read from the kernel's own words: asking with `umask` would change it.
  static let current: UInt32 = {
    let text = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("Umask:") }
    return line.flatMap { UInt32($0.split(separator: "\t").last ?? "", radix: 8) } ?? 0o077
  }()
}
