import Catalog
import Domain
import Foundation
import Glibc
import HTTP
import Hub

/// Fetches copies into the Hugging Face cache: resumable, verified while they arrive.
///
/// The order on disk is data, journal, name: a process that is killed at any instruction leaves a partial
/// file that the next run goes on with, or a complete file under its name; never a wrong one.
public struct Downloader: Sendable {
  /// What downloads may take.
  public struct Limits: Sendable, Equatable {
    /// Bytes of the disk that stay free.
    public var reserve: ByteCount
    /// Bytes a second; nil for no limit.
    public var bytesPerSecond: Int64?

    /// Limits.
    public init(reserve: ByteCount, bytesPerSecond: Int64? = nil) {
      self.reserve = reserve
      self.bytesPerSecond = bytesPerSecond
    }
  }

  /// Called with file, bytes on disk and size, from the HTTP client's thread.
  public typealias Progress = @Sendable (RepoPath, Int64, Int64) -> Void

  /// Tries in a row without a new byte after which a download waits for the next cycle.
  static let barrenTries = 4

  private let hub: HubClient
  private let http: HTTPClient
  private let catalog: Catalog
  private let cache: HubCache
  private let limits: Limits
  private let sleep: @Sendable (Double) async throws -> Void

  /// - Parameters:
  ///   - hub: resolves files.
  ///   - http: fetches bodies.
  ///   - catalog: holds the journal.
  ///   - cache: where files go.
  ///   - sleep: waits so many seconds between two tries; throws when the task is cancelled.
  public init(
    hub: HubClient, http: HTTPClient, catalog: Catalog, cache: HubCache, limits: Limits,
    sleep: @escaping @Sendable (Double) async throws -> Void = { try await Task.sleep(for: .seconds($0)) }
  ) {
    self.sleep = sleep
    self.hub = hub
    self.http = http
    self.catalog = catalog
    self.cache = cache
    self.limits = limits
  }

  /// Fetches every file of a copy, and leaves the copy `verified`, or in the state that the error names.
  ///
  /// - Parameters:
  ///   - ref: the branch that the copy's commit is the head of, for the cache; nil when it is not known to
  ///     be.
  ///   - progress: called as bytes arrive.
  /// - Returns: the path of the first file in the cache's snapshot.
  /// - Throws: `DownloadError`, `HubError`, `CatalogError`, or `CancellationError`; then the copy stays
  ///   `downloading` and goes on at the next start.
  public func fetch(_ copy: CopyRecord, ref: String?, progress: @escaping Progress) async throws -> String {
    let parts = try catalog.parts(ofCopy: copy.id)
    if isThere(copy, parts) {
      // Nothing moves back: a tested copy stays tested.
      return try publish(copy, parts, ref: ref)
    }
    do {
      // Another start changes nothing that a digest should tell of: the time stays that of the first.
      if copy.state != .downloading {
        try catalog.setState(ofCopy: copy.id, .downloading, reason: nil, at: Date())
      }
      try cache.prepare(copy.repo)
      for part in parts { try await fetch(part, of: copy, progress: progress) }
      let path = try publish(copy, parts, ref: ref)
      try catalog.setState(ofCopy: copy.id, .verified, reason: nil, at: Date())
      return path
    } catch let error as DownloadError {
      try catalog.setState(ofCopy: copy.id, error.copyState, reason: error.problem, at: Date())
      throw error
    } catch let error as HubError {
      if error.kind == .cancelled { throw CancellationError() }
      let state: CopyState = error.isTransient ? .waiting : .blocked
      try catalog.setState(ofCopy: copy.id, state, reason: error.problem, at: Date())
      throw error
    }
  }

  /// Whether every file of a copy was verified and lies in the cache.
  private func isThere(_ copy: CopyRecord, _ parts: [PartRecord]) -> Bool {
    (copy.state == .verified || copy.state == .tested)
      && parts.allSatisfy { part in
        part.isVerified && regularFileSize(cache.blob(copy.repo, part.file.hash)) == part.file.size
      }
  }

  /// Gives the files of a copy their names, then the ref; the path of the first.
  private func publish(_ copy: CopyRecord, _ parts: [PartRecord], ref: String?) throws(DownloadError)
    -> String
  {
    for part in parts { try cache.publish(copy.repo, copy.commit, part.file, ref: nil) }
    if let ref, let first = parts.first { try cache.publish(copy.repo, copy.commit, first.file, ref: ref) }
    return cache.snapshot(copy.repo, copy.commit, copy.path)
  }

  private func fetch(_ part: PartRecord, of copy: CopyRecord, progress: @escaping Progress) async throws {
    let file = part.file
    let final = cache.blob(copy.repo, file.hash)
    let lockPath = "\(cache.root)/.locks/\(copy.repo.cacheFolderName)/\(file.hash).lock"
    guard let lock = try FileLock.attempt(lockPath) else {
      throw DownloadError(.inUse, "\(copy.repo)/\(file.path)")
    }
    defer { withExtendedLifetime(lock) {} }
    if regularFileSize(final) == file.size {
      // A file that another program put there, or that we named before we were killed, is only hashed.
      if part.isVerified { return }
      if try BlobCheck.hash(of: final, expected: file) == file.hash {
        try catalog.setVerified(copy: copy.id, path: file.path)
        return
      }
    }
    let partial = try cache.partialFolder() + "/\(file.hash)"
    if access(final, F_OK) == 0 { try setAside(final, as: "\(partial).damaged") }
    try checkSpace(file, partial: partial)
    let boot = BootID.current
    let isThisBoot = part.boot == boot && !boot.isEmpty
    // A journal that was closed speaks of a partial file that has got its name since.
    let isOpen = !part.isVerified && !part.boot.isEmpty
    let (catalog, copyID) = (catalog, copy.id)
    let target = try PartialFile(
      path: "\(partial).part", file: file, trusted: !isOpen ? 0 : isThisBoot ? .max : part.durableBytes,
      journal: { bytes in try catalog.setDurable(copy: copyID, path: file.path, bytes: bytes, boot: boot) },
      progress: { progress(file.path, $0, file.size) })
    // From here on the partial file belongs to this boot, also before its first sync, and the journal is not
    // ahead.
    if !isThisBoot || !isOpen || part.durableBytes > target.offset {
      try catalog.setDurable(copy: copyID, path: file.path, bytes: target.offset, boot: boot)
    }
    for attempt in 1...2 {
      try await transfer(file, of: copy, into: target)
      let found = target.finishedHash()
      if found == file.hash { break }
      guard attempt == 1 else {
        try setAside(target.path, as: "\(partial).damaged")
        throw DownloadError(.wrongContent(found: "\(found)"), "\(copy.repo)/\(file.path)")
      }
      try target.restart()
    }
    try target.publish(as: final)
    try syncFolder(URL(fileURLWithPath: final).deletingLastPathComponent().path)
    try catalog.setVerified(copy: copy.id, path: file.path)
  }

  private func setAside(_ path: String, as other: String) throws(DownloadError) {
    guard rename(path, other) == 0 else { throw .system("rename", path, errno) }
  }

  private func checkSpace(_ file: ModelFile, partial: String) throws(DownloadError) {
    // The room that an earlier start reserved is no longer free, and ours.
    let needed = ByteCount(max(0, file.size - allocatedSize("\(partial).part")))
    guard let free = DiskSpace.free(cache.root) else { return }
    let usable = ByteCount(free.bytes - limits.reserve.bytes)
    guard needed <= usable else {
      throw DownloadError(.noSpace(needed: needed, free: usable), "\(file.path)")
    }
  }

  /// Brings a partial file to its full size, over as many connections as it takes.
  private func transfer(_ file: ModelFile, of copy: CopyRecord, into target: PartialFile) async throws {
    var barren = 0
    var ignoredRanges = 0
    var place: ResolvedFile?
    while target.offset < file.size {
      try Task.checkCancellation()
      let before = target.offset
      var trouble: (any Error)?
      var asked = 0.0
      do {
        let resolved = try await locate(file, in: copy, known: place)
        place = resolved
        var request = hub.downloadRequest(for: resolved, from: before, to: before > 0 ? file.size : nil)
        request.bytesPerSecond = limits.bytesPerSecond
        let head = try await http.transfer(request, sink: target)
        if head.status >= 400 {
          trouble = hub.downloadError(head, for: resolved)
          asked = Self.wantedPause(head)
          place = nil
        } else if head.status != 200 && head.status != 206 {
          trouble = DownloadError(
            .inconsistent("the server answered \(head.status)"), "\(copy.repo)/\(file.path)")
        } else if target.offset < file.size {
          // Without a length in its head a body that ends early looks complete.
          trouble = DownloadError(.broken("the body ends too early"), "\(copy.repo)/\(file.path)")
        }
      } catch let error as HTTPError {
        if error.kind == .cancelled {
          try target.settle()
          throw CancellationError()
        }
        trouble = error
      } catch is PartialFile.RangeIgnored {
        ignoredRanges += 1
        place = nil
        trouble = DownloadError(
          .broken("the connection breaks, and the server cannot go on in the middle"),
          "\(copy.repo)/\(file.path)")
        // Once may be one machine among many; twice is how this server is, and then only the whole file is
        // left.
        if ignoredRanges == 2 { try target.restart() }
        if ignoredRanges > 2 { barren = Self.barrenTries }
      } catch let error as DownloadError {
        try target.settle()
        guard case .inconsistent = error.kind else { throw error }
        trouble = error
        place = nil
      }
      try target.settle()
      guard let trouble else { continue }
      barren = target.offset > before ? 0 : barren + 1
      guard Self.isWorthAnotherTry(trouble), barren < Self.barrenTries else {
        throw Self.final(trouble, "\(copy.repo)/\(file.path)")
      }
      // Full jitter: nobody should knock again at the moment at which everybody does.
      try await sleep(max(asked, Double.random(in: 0...min(30, 0.5 * Double(1 << barren)))))
    }
  }

  /// Seconds that an answer asks us to stay away, at most a quarter of an hour.
  private static func wantedPause(_ head: HTTPHead) -> Double {
    let wait = head.headers["Retry-After"].flatMap(RetryAfter.init)?.wait(now: Date().timeIntervalSince1970)
    return min(900, wait ?? 0)
  }

  private func locate(
    _ file: ModelFile, in copy: CopyRecord, known: ResolvedFile?
  ) async throws -> ResolvedFile {
    if let known { return known }
    let resolved = try await hub.resolve(copy.repo, revision: copy.commit.description, path: file.path)
    guard resolved.file.size == file.size, resolved.file.hash == file.hash else {
      throw DownloadError(
        .inconsistent("size or hash differ between the listing and the file's address"),
        "\(copy.repo)/\(file.path)")
    }
    return resolved
  }

  private static func isWorthAnotherTry(_ error: any Error) -> Bool {
    switch error {
    case let error as HTTPError: error.isTransient
    case let error as HubError: error.isTransient
    case is DownloadError: true
    default: false
    }
  }

  private static func final(_ error: any Error, _ object: String) -> any Error {
    if let error = error as? HTTPError { return DownloadError(.broken(error.problem), object) }
    return error
  }
}
