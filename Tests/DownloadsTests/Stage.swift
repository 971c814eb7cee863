import Catalog
import Checksums
import Domain
import Foundation
import HTTP
import Hub
import HubServer
import Synchronization
import TestSupport
import Testing

@testable import Downloads

/// A practice hub with one repository, a catalog and a cache in a folder of their own, and a downloader
/// between them that never really waits.
struct Stage: Sendable {
  static let name = "org/model"
  static let file = "model.gguf"
  static let content = Noise.gguf(1_000_000)

  let folder: TemporaryFolder
  let server: HubServer
  let hub: HubClient
  let http: HTTPClient
  let catalog: Catalog
  let cache: HubCache
  let waits = Waits()

  /// The seconds that a downloader would have waited.
  final class Waits: Sendable {
    private let seconds = Mutex<[Double]>([])
    var all: [Double] { seconds.withLock { $0 } }
    func wait(_ count: Double) throws {
      try Task.checkCancellation()
      seconds.withLock { $0.append(count) }
    }
  }

  /// Runs `body` before a hub whose repository has these files.
  ///
  /// - Parameter cacheRoot: another place for the cache.
  static func with(
    _ files: [String: [UInt8]] = [file: content], faults: [Fault.Action] = [], cacheRoot: String? = nil,
    options: HubServerOptions = .init(), sidecar: RepoSidecar = .init(),
    _ body: (Stage) async throws -> Void
  ) async throws {
    let folder = try TemporaryFolder()
    let repo = "\(folder.path)/hub/\(name)"
    for (path, bytes) in files {
      let url = URL(fileURLWithPath: "\(repo)/\(path)")
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(bytes).write(to: url)
    }
    try sidecar.write(toRepoFolder: repo)
    var options = options
    options.faults += faults.map { Fault(path: "\(name)/\(file)", action: $0) }
    let server = try HubServer(root: "\(folder.path)/hub", options: options)
    let (endpoint, _) = try await server.start()
    let stage = try Stage(
      folder: folder, server: server, endpoint: endpoint.absoluteString,
      cacheRoot: cacheRoot ?? "\(folder.path)/cache/hub")
    do {
      try await body(stage)
    } catch {
      await stage.close()
      throw error
    }
    await stage.close()
  }

  private init(folder: TemporaryFolder, server: HubServer, endpoint: String, cacheRoot: String) throws {
    self.folder = folder
    self.server = server
    http = try HTTPClient(.init(userAgent: "hubwatch-tests"))
    var options = HubClient.Options()
    options.baseDelay = 0.001
    hub = HubClient(endpoint: try HubEndpoint(endpoint), token: nil, http: http, options: options)
    catalog = try Catalog(folder: "\(folder.path)/state")
    cache = HubCache(root: cacheRoot)
  }

  private func close() async {
    await http.shutdown()
    await server.stop()
  }

  var repo: RepoID { get throws { try #require(RepoID(Self.name)) } }

  /// A copy of these files, wanted, at the commit that `main` means.
  func want(_ paths: String...) async throws -> CopyRecord {
    let commit = try #require(try await hub.modelInfo(repo).sha)
    let tree = try await hub.tree(repo, revision: commit.description)
    let files = try paths.map { path in try #require(tree.files.first { $0.path.description == path }) }
    return try want(files, at: commit)
  }

  /// A copy of files that the caller made up.
  func want(_ files: [ModelFile], at commit: CommitHash) throws -> CopyRecord {
    try catalog.want(
      repo: repo, commit: commit, quantization: "Q4_0", files: files, byHand: true, at: Date())
  }

  /// Fetches a copy, as the head of main.
  @discardableResult
  func fetch(
    _ copy: CopyRecord, reserve: Int64 = 0, progress: @escaping Downloader.Progress = { _, _, _ in }
  ) async throws -> String {
    let waits = waits
    return try await Downloader(
      hub: hub, http: http, catalog: catalog, cache: cache,
      options: .init(reserve: DiskFloor(bytes: ByteCount(reserve))),
      sleep: { try waits.wait($0) }
    ).fetch(try state(copy), ref: "main", progress: progress)
  }

  /// Expects that a fetch brings this content.
  func expect(
    _ content: [UInt8] = Self.content, from copy: CopyRecord, reserve: Int64 = 0,
    at location: SourceLocation = #_sourceLocation
  ) async throws {
    let path = try await fetch(copy, reserve: reserve)
    #expect(bytes(path) == content, sourceLocation: location)
  }

  /// The error with which a fetch ends.
  func failure(_ copy: CopyRecord, reserve: Int64 = 0) async -> (any Error)? {
    do {
      try await fetch(copy, reserve: reserve)
      return nil
    } catch {
      return error
    }
  }

  /// The copy as the catalog knows it now.
  func state(_ copy: CopyRecord) throws -> CopyRecord {
    try #require(try catalog.copies(of: copy.repo).first { $0.id == copy.id })
  }

  /// The requests for bodies of files in LFS, in their order.
  var bodies: [RequestRecord] {
    get async { await server.requests.filter { $0.port == .cdn && $0.method == "GET" } }
  }

  /// Where the partial file of a content lies.
  func partial(_ hash: ContentHash) -> String { "\(folder.path)/cache/hubwatch-partial/\(hash).part" }

  /// Bytes of a content that have arrived, as its progress record tells; nil when there is none.
  func arrived(_ hash: ContentHash) -> Int? {
    ProgressRecord(path: "\(folder.path)/cache/hubwatch-partial/\(hash).progress").map { Int($0.arrived.count) }
  }
}

extension Stage {
  static func hash(_ bytes: [UInt8]) -> ContentHash { .sha256(Checksums.sha256(bytes)) }
  static let hash = hash(content)
}

/// The names in a folder, sorted; none when it is not there.
func names(_ folder: String) -> [String] {
  ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
}

/// The names in a partial folder, without the one that tells the disk from others.
func leftovers(_ folder: String) -> [String] { names(folder).filter { $0 != ModelStore.fileName } }

/// A file's bytes; nil when it is not there.
func bytes(_ path: String) -> [UInt8]? { FileManager.default.contents(atPath: path).map { [UInt8]($0) } }

/// The first byte that a request asks for.
func start(_ request: RequestRecord?) -> Int? {
  request?.range.flatMap { Int($0.dropFirst("bytes=".count).prefix { $0 != "-" }) }
}
