import Domain
import Foundation
import Glibc

/// The Hugging Face cache on disk: `models--ORG--NAME/{blobs,refs,snapshots}`.
///
/// The layout is that of the official Python client, so that it, transformers and llama.cpp find our
/// files without a copy. Source: the hub documentation's page on the local cache.
public struct HubCache: Sendable {
  /// The folder that holds `models--…`.
  public let root: String

  /// A cache at `root`, which need not exist yet.
  public init(root: String) { self.root = root }

  /// The repository's folder.
  public func folder(_ repo: RepoID) -> String { "\(root)/\(repo.cacheFolderName)" }

  /// Where a file's content lies.
  public func blob(_ repo: RepoID, _ hash: ContentHash) -> String { "\(folder(repo))/blobs/\(hash)" }

  /// Where a file is found by its name.
  public func snapshot(_ repo: RepoID, _ commit: CommitHash, _ path: RepoPath) -> String {
    "\(folder(repo))/snapshots/\(commit)/\(path)"
  }

  /// The folder for files that are not complete: beside the cache on the same file system, else inside it.
  ///
  /// Never in `blobs`: the Python client's prune deletes what it takes for leftovers there.
  public func partialFolder() throws(DownloadError) -> String {
    try makeFolder(root)
    let parent = URL(fileURLWithPath: root).deletingLastPathComponent().path
    let sibling = "\(parent)/hubwatch-partial"
    var (ofRoot, ofParent) = (stat(), stat())
    let isSameDisk =
      stat(root, &ofRoot) == 0 && stat(parent, &ofParent) == 0 && ofRoot.st_dev == ofParent.st_dev
    if isSameDisk, access(parent, W_OK) == 0 || access(sibling, W_OK) == 0 {
      try makeFolder(sibling, mode: 0o700)
      return sibling
    }
    let inside = "\(root)/.hubwatch"
    try makeFolder(inside, mode: 0o700)
    return inside
  }

  /// Makes the folders of a repository, marks the cache as one for backup programs, and sweeps up what a
  /// killed process left half written.
  func prepare(_ repo: RepoID) throws(DownloadError) {
    try makeFolder("\(folder(repo))/blobs")
    try makeFolder("\(folder(repo))/snapshots")
    try makeFolder("\(folder(repo))/refs")
    try sweep()
    let tag = "\(root)/CACHEDIR.TAG"
    if access(tag, F_OK) != 0 {
      let text = """
        Signature: 8a477f597d28d172789f06886806bc55
        # This folder is a cache of files from the Hugging Face hub; backups may leave it out.
        # See https://bford.info/cachedir/

        """
      try writeSmallFile(tag, text)
    }
  }

  /// Puts a verified file under its name: the link in the snapshot, then the ref.
  ///
  /// - Parameter ref: the branch or tag that was asked for, when the commit is what it means; the ref is
  ///   written last, since a ref without its snapshot counts as corruption.
  func publish(
    _ repo: RepoID, _ commit: CommitHash, _ file: ModelFile, ref: String?
  ) throws(DownloadError) {
    let link = snapshot(repo, commit, file.path)
    try makeFolder(URL(fileURLWithPath: link).deletingLastPathComponent().path)
    let up = String(repeating: "../", count: file.path.segments.count + 1)
    let target = "\(up)blobs/\(file.hash)"
    if existingLink(link) != target {
      // Made under its name at once: under a temporary one it could outlive a killed process, as one more
      // file of the snapshot.
      if symlink(target, link) != 0 {
        guard errno == EEXIST, unlink(link) == 0, symlink(target, link) == 0 else {
          throw .system("symlink", link, errno)
        }
      }
      try syncFolder(URL(fileURLWithPath: link).deletingLastPathComponent().path)
    }
    guard let ref, RepoPath(ref) != nil else { return }
    let path = "\(folder(repo))/refs/\(ref)"
    if (try? String(contentsOfFile: path, encoding: .utf8)) == commit.description { return }
    try makeFolder(URL(fileURLWithPath: path).deletingLastPathComponent().path)
    try writeSmallFile(path, commit.description)
  }

  private func existingLink(_ path: String) -> String? {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = buffer.withUnsafeMutableBytes { bytes in
      bytes.withMemoryRebound(to: CChar.self) { $0.baseAddress.map { readlink(path, $0, bytes.count) } ?? -1 }
    }
    return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
  }

  /// Writes a whole file or nothing. Its temporary name lies in the partial folder: half a ref in `refs`
  /// makes the Python client call the repository corrupted.
  private func writeSmallFile(_ path: String, _ text: String) throws(DownloadError) {
    let temporary = "\(try partialFolder())/\(getpid())\(Self.temporarySuffix)"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .system("open", temporary, errno) }
    let bytes = Array(text.utf8)
    let isWritten = write(descriptor, bytes, bytes.count) == bytes.count && fsync(descriptor) == 0
    let code = errno
    close(descriptor)
    guard isWritten else {
      unlink(temporary)
      throw .system("write", temporary, code)
    }
    guard rename(temporary, path) == 0 else { throw .system("rename", path, errno) }
    try syncFolder(URL(fileURLWithPath: path).deletingLastPathComponent().path)
  }

  private static let temporarySuffix = ".tmp"

  /// Deletes temporary files of processes that are no more.
  private func sweep() throws(DownloadError) {
    let folder = try partialFolder()
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
      guard name.hasSuffix(Self.temporarySuffix),
        let process = Int32(name.dropLast(Self.temporarySuffix.count)), process > 0,
        kill(process, 0) != 0, errno == ESRCH
      else { continue }
      unlink("\(folder)/\(name)")
    }
  }

  private func makeFolder(_ path: String, mode: Int = 0o755) throws(DownloadError) {
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: mode])
    } catch {
      throw .system("mkdir", path, errno == 0 ? EACCES : errno)
    }
  }
}
