import Domain

/// The repositories below the root, looked at anew for every request and remembered while nothing changed.
actor RepoStore {
  private let scan: FolderScan
  private let hashes = HashCache()
  private var repos: [RepoID: Repo] = [:]
  private var contents: [RepoID: (found: FoundRepo, content: RepoContent)] = [:]

  /// - Throws: `HubServerError.noRoot`.
  init(root: String) throws(HubServerError) { scan = try FolderScan(root: root) }

  /// The repository of this id; nil when there is no such folder.
  ///
  /// - Throws: `HubServerError` for a bad sidecar or a file that cannot be read.
  func repo(_ id: RepoID) throws(HubServerError) -> Repo? {
    guard let found = scan.look(at: id) else {
      repos[id] = nil
      contents[id] = nil
      return nil
    }
    if let known = repos[id], known.found == found { return known }
    let repo = Repo(
      id: id, found: found, sidecar: try sidecar(found), card: try card(found),
      config: try json("config.json", of: found),
      tokenizerConfig: try json("tokenizer_config.json", of: found))
    repos[id] = repo
    return repo
  }

  /// All repositories sorted by id; one whose sidecar is bad is left out, and says so when it is asked for by id.
  func all() -> [Repo] {
    let ids = scan.repoIDs()
    let gone = Set(repos.keys).subtracting(ids)
    for id in gone {
      repos[id] = nil
      contents[id] = nil
    }
    return ids.compactMap { try? repo($0) }
  }

  /// The repository that was once called `id`.
  func renamed(_ id: String) -> RepoID? { all().first { $0.sidecar.renamedFrom.contains(id) }?.id }

  /// The commit of a repository, hashing what has not been hashed before.
  ///
  /// - Throws: `HubServerError.unreadable`.
  func content(of repo: Repo) async throws -> RepoContent {
    if let known = contents[repo.id], known.found == repo.found { return known.content }
    var files: [HostedFile] = []
    for file in repo.found.files {
      files.append(try await hosted(file, notes: repo.sidecar.files[file.path.description]))
    }
    let blobs = Dictionary(files.map { ($0.found.path, $0.oid) }, uniquingKeysWith: { first, _ in first })
    var folders = GitObjects.trees(blobs: blobs)
    let root = folders.removeValue(forKey: "") ?? ""
    let seconds = Int64(repo.lastModified.timeIntervalSince1970.rounded(.down))
    let name = GitObjects.commit(tree: root, seconds: seconds, title: RepoContent.title)
    guard let commit = CommitHash(name) else {
      throw HubServerError.unreadable(path: repo.id.description, reason: "no commit could be computed")
    }
    let content = RepoContent(commit: commit, files: files, folders: folders)
    contents[repo.id] = (repo.found, content)
    return content
  }

  private func hosted(_ file: FoundFile, notes: RepoSidecar.FileNotes?) async throws -> HostedFile {
    if notes?.sha256 != nil || RepoContent.isLFS(file) {
      let computed = notes?.sha256 == nil ? try await hashes.hash(file, isLFS: true) : nil
      let sha256 = notes?.sha256 ?? computed ?? ""
      let pointer = GitObjects.lfsPointer(sha256: sha256, size: file.size)
      return HostedFile(found: file, oid: GitObjects.blob(pointer), sha256: sha256)
    }
    let computed = notes?.blobId == nil ? try await hashes.hash(file, isLFS: false) : nil
    return HostedFile(found: file, oid: notes?.blobId ?? computed ?? "", sha256: nil)
  }

  // MARK: - Small files that describe a repository

  /// More than any honest card or configuration has.
  private static let largestText: Int64 = 4 << 20

  private func bytes(_ file: FoundFile) throws(HubServerError) -> [UInt8]? {
    guard file.size <= Self.largestText else { return nil }
    return try OpenFile(file.location).read(at: 0, count: Int(file.size))
  }

  private func bytes(_ path: String, of found: FoundRepo) throws(HubServerError) -> [UInt8]? {
    guard let file = found.files.first(where: { $0.path.description == path }) else { return nil }
    return try bytes(file)
  }

  private func card(_ found: FoundRepo) throws(HubServerError) -> JSON? {
    guard let bytes = try bytes("README.md", of: found) else { return nil }
    return ModelCard.frontMatter(String(decoding: bytes, as: UTF8.self))
  }

  private func json(_ path: String, of found: FoundRepo) throws(HubServerError) -> JSON? {
    guard let bytes = try bytes(path, of: found) else { return nil }
    return JSON(parsing: bytes)
  }

  private func sidecar(_ found: FoundRepo) throws(HubServerError) -> RepoSidecar {
    guard let file = found.sidecar else { return RepoSidecar() }
    guard let bytes = try bytes(file) else {
      throw .badSidecar(path: file.location, reason: "it is larger than \(Self.largestText) bytes")
    }
    let sidecar = try RepoSidecar.read(bytes, path: file.location)
    for (path, notes) in sidecar.files {
      guard notes.sha256.map({ Hexadecimal.isHexadecimal($0, count: 64) }) ?? true,
        notes.blobId.map({ Hexadecimal.isHexadecimal($0, count: 40) }) ?? true
      else {
        throw .badSidecar(path: file.location, reason: "the hash of \(path) is not lower-case hexadecimal")
      }
    }
    return sidecar
  }
}
