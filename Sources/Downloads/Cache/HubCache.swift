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

  /// The folders of repositories that there are.
  func folders() -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []).filter { $0.hasPrefix("models--") }
  }

  /// The folder for files that are not complete: beside the cache on the same file system, else inside it. Nobody but
  /// us may write there.
  ///
  /// Never in `blobs`: the Python client's prune deletes what it takes for leftovers there.
  public func partialFolder() throws(DownloadError) -> String {
    try Folders.make(root)
    let parent = Folders.parent(root)
    let (sibling, inside) = (partialFolders[0], partialFolders[1])
    var (ofRoot, ofParent) = (stat(), stat())
    let isSameDisk =
      stat(root, &ofRoot) == 0 && stat(parent, &ofParent) == 0 && ofRoot.st_dev == ofParent.st_dev
    let usesSibling = isSameDisk && (access(parent, W_OK) == 0 || access(sibling, W_OK) == 0)
    let folder = usesSibling ? sibling : inside
    try Folders.make(folder, mode: 0o700)
    try Folders.expectOurs(folder)
    return folder
  }

  /// Where partial files may lie, the preferred place first.
  var partialFolders: [String] { ["\(Folders.parent(root))/hubwatch-partial", "\(root)/.hubwatch"] }

  /// Whether the cache's file system knows symbolic links.
  func hasSymbolicLinks() throws(DownloadError) -> Bool {
    let probe = "\(try partialFolder())/\(getpid()).link\(SmallFile.suffix)"
    unlink(probe)
    if symlink("target", probe) == 0 {
      unlink(probe)
      return true
    }
    guard [EPERM, EOPNOTSUPP, ENOSYS].contains(errno) else { throw .system("symlink", probe, errno) }
    return false
  }

  static let tagText = """
    Signature: 8a477f597d28d172789f06886806bc55
    # This folder is a cache of files from the Hugging Face hub; backups may leave it out.
    # See https://bford.info/cachedir/

    """

  /// Makes the folders of a repository, marks the cache as one for backup programs, and sweeps up what a
  /// killed process left half written.
  func prepare(_ repo: RepoID) throws(DownloadError) {
    try Folders.make("\(folder(repo))/blobs")
    try Folders.make("\(folder(repo))/snapshots")
    try Folders.make("\(folder(repo))/refs")
    try sweep()
    let tag = "\(root)/CACHEDIR.TAG"
    if access(tag, F_OK) != 0 { try writeSmallFile(tag, Self.tagText) }
  }

  /// Opens the folder of a file in a snapshot, and makes it when it is missing.
  func snapshotFolder(_ repo: RepoID, _ commit: CommitHash, _ path: RepoPath) throws(DownloadError) -> FolderHandle {
    try FolderHandle(root).folder(
      [repo.cacheFolderName, "snapshots", commit.description] + path.segments.dropLast().map(String.init))
  }

  /// Opens the folder of a repository's contents.
  func blobFolder(_ repo: RepoID) throws(DownloadError) -> FolderHandle {
    try FolderHandle(root).folder([repo.cacheFolderName, "blobs"])
  }

  /// Gives a verified blob its name in the snapshot.
  func link(_ repo: RepoID, _ commit: CommitHash, _ file: ModelFile) throws(DownloadError) {
    let folder = try snapshotFolder(repo, commit, file.path)
    let up = String(repeating: "../", count: file.path.segments.count + 1)
    let target = "\(up)blobs/\(file.hash)"
    if folder.target(file.path.fileName) == target { return }
    // Made under its name at once: under a temporary one it could outlive a killed process, as one more file of the
    // snapshot.
    try folder.link(file.path.fileName, to: target)
    try folder.synchronize()
    CrashPoint.afterLink.pass()
  }

  /// Links in the repository's snapshots that lead to a content.
  func snapshotLinks(to hash: ContentHash, in repo: RepoID) -> [String] {
    let snapshots = "\(folder(repo))/snapshots"
    guard let paths = FileManager.default.enumerator(atPath: snapshots) else { return [] }
    return paths.compactMap { $0 as? String }.map { "\(snapshots)/\($0)" }.filter { path in
      existingLink(path)?.hasSuffix("/blobs/\(hash)") ?? false
    }
  }

  /// Takes away the links that lead to a content.
  func unlinkSnapshots(of hash: ContentHash, in repo: RepoID) {
    for link in snapshotLinks(to: hash, in: repo) { unlink(link) }
  }

  /// Points a branch to a commit: last of all, since a ref without its snapshot counts as corruption.
  func writeRef(_ repo: RepoID, _ ref: String, _ commit: CommitHash) throws(DownloadError) {
    guard RepoPath(ref) != nil else { return }
    let path = "\(folder(repo))/refs/\(ref)"
    if (try? String(contentsOfFile: path, encoding: .utf8)) == commit.description { return }
    try Folders.make(Folders.parent(path))
    try writeSmallFile(path, commit.description)
    CrashPoint.afterRef.pass()
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
    try SmallFile.write(text, to: path, by: "\(try partialFolder())/\(getpid())\(SmallFile.suffix)")
  }

  /// Deletes temporary files of processes that are no more.
  private func sweep() throws(DownloadError) {
    let folder = try partialFolder()
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
      guard name.hasSuffix(SmallFile.suffix), let process = Int32(name.prefix { $0 != "." }), process > 0,
        kill(process, 0) != 0, errno == ESRCH
      else { continue }
      unlink("\(folder)/\(name)")
    }
  }
}
