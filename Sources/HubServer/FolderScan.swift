import Domain
import Foundation

/// One file of a repository's folder, as `stat` tells of it.
struct FoundFile: Hashable, Sendable {
  /// Where it lies in the repository.
  let path: RepoPath
  /// Bytes.
  let size: Int64
  /// Time of the last change of its content, in nanoseconds since 1970.
  let modified: Int64
  /// The real path on this machine, free of symbolic links at the time of the scan.
  let location: String
}

/// Everything that tells whether a repository's folder has changed since the last look.
struct FoundRepo: Hashable, Sendable {
  /// The files without the sidecar, sorted by path.
  let files: [FoundFile]
  /// The sidecar, if there is one.
  let sidecar: FoundFile?
  /// The folder's own time of change in nanoseconds since 1970; it dates a repository without files.
  let modified: Int64
}

/// Looks at the folder of repositories with `stat` alone; nothing is opened.
///
/// Symbolic links to files are followed only as far as they stay below the root; links to folders are not
/// followed below a repository, so that there are no loops.
struct FolderScan: Sendable {
  /// The root's real path.
  let root: String

  /// - Throws: `HubServerError.noRoot`.
  init(root: String) throws(HubServerError) {
    guard let real = Self.realPath(root), Self.status(real, follow: true)?.isFolder == true else {
      throw .noRoot(path: root)
    }
    self.root = real
  }

  /// The ids of all folders `ORG/NAME` whose names are valid, sorted.
  func repoIDs() -> [RepoID] {
    names(in: root).flatMap { owner -> [RepoID] in
      guard RepoID(owner) != nil else { return [] }
      return names(in: "\(root)/\(owner)").compactMap { RepoID("\(owner)/\($0)") }.filter {
        folder(of: $0) != nil
      }
    }
  }

  /// What lies in a repository's folder; nil when there is none.
  func look(at id: RepoID) -> FoundRepo? {
    guard let folder = folder(of: id), let status = Self.status(folder, follow: false) else { return nil }
    var files: [FoundFile] = []
    walk(folder, prefix: "", into: &files)
    let sidecarPath = "\(folder)/\(RepoSidecar.fileName)"
    var sidecar: FoundFile?
    if let status = Self.status(sidecarPath, follow: false), status.isFile,
      let path = RepoPath(RepoSidecar.fileName)
    {
      sidecar = FoundFile(path: path, size: status.size, modified: status.modified, location: sidecarPath)
    }
    return FoundRepo(files: files.sorted { $0.path < $1.path }, sidecar: sidecar, modified: status.modified)
  }

  private func folder(of id: RepoID) -> String? {
    guard !id.owner.isEmpty, let real = Self.realPath("\(root)/\(id)"), isBelowRoot(real),
      Self.status(real, follow: false)?.isFolder == true
    else { return nil }
    return real
  }

  private func walk(_ folder: String, prefix: String, into files: inout [FoundFile]) {
    for name in names(in: folder) {
      // The hub's own download folder is bookkeeping of clients, not content.
      guard name != RepoSidecar.fileName, let path = RepoPath(prefix + name), path.description != ".cache",
        let status = Self.status("\(folder)/\(name)", follow: false)
      else { continue }
      if status.isFolder {
        walk("\(folder)/\(name)", prefix: prefix + name + "/", into: &files)
      } else if status.isFile {
        files.append(
          FoundFile(path: path, size: status.size, modified: status.modified, location: "\(folder)/\(name)"))
      } else if status.isLink, let real = Self.realPath("\(folder)/\(name)"), isBelowRoot(real),
        !real.hasSuffix("/" + RepoSidecar.fileName), let target = Self.status(real, follow: false),
        target.isFile
      {
        files.append(FoundFile(path: path, size: target.size, modified: target.modified, location: real))
      }
    }
  }

  private func isBelowRoot(_ path: String) -> Bool { path.hasPrefix(root == "/" ? "/" : root + "/") }

  private func names(in folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
  }

  private static func realPath(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  private struct Status {
    let mode: mode_t
    let size: Int64
    let modified: Int64
    var isFile: Bool { mode & S_IFMT == S_IFREG }
    var isFolder: Bool { mode & S_IFMT == S_IFDIR }
    var isLink: Bool { mode & S_IFMT == S_IFLNK }
  }

  private static func status(_ path: String, follow: Bool) -> Status? {
    var info = stat()
    guard (follow ? stat(path, &info) : lstat(path, &info)) == 0 else { return nil }
    let modified = Int64(info.st_mtim.tv_sec) * 1_000_000_000 + Int64(info.st_mtim.tv_nsec)
    return Status(mode: info.st_mode, size: Int64(info.st_size), modified: modified)
  }
}
