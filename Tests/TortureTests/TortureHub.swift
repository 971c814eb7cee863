import Foundation
import HubServer
import TestSupport

/// A practice hub with one sharded model, which knows the token that must not leak.
struct TortureHub {
  static let model = "torture/storm"
  /// Found nowhere by chance.
  static let token = "hf_" + "TortureTortureTortureTortureTorture".prefix(34)

  let shards: Shards
  let server: HubServer
  let endpoint: String
  private let folder: TemporaryFolder

  /// Starts a hub on new content, or, at another pace, on that of `other`.
  ///
  /// - Parameter bytesPerSecond: of each answer; nil for no limit.
  static func start(_ content: Content, bytesPerSecond: Int?) async throws -> TortureHub {
    let folder = try TemporaryFolder()
    let repo = "\(folder.path)/hub/\(model)"
    let shards = try Shards(count: content.count, bytes: content.bytes, seed: content.seed, folder: repo)
    var sidecar = RepoSidecar()
    sidecar.createdAt = Date(timeIntervalSinceNow: -3600)
    sidecar.lastModified = sidecar.createdAt
    try sidecar.write(toRepoFolder: repo)
    return try await TortureHub(shards, folder, bytesPerSecond)
  }

  /// What a hub holds.
  struct Content {
    let count: Int
    let bytes: Int
    let seed: UInt64
  }

  private init(_ shards: Shards, _ folder: TemporaryFolder, _ bytesPerSecond: Int?) async throws {
    var options = HubServerOptions()
    options.bytesPerSecond = bytesPerSecond
    options.quotas = .init(api: 1_000_000, resolvers: 1_000_000, pages: 1_000_000)
    options.tokens = [Self.token: .init(name: "torture")]
    self.shards = shards
    self.folder = folder
    server = try HubServer(root: "\(folder.path)/hub", options: options)
    endpoint = try await server.start().endpoint.absoluteString
  }

  /// The same content from another server.
  func restarted(bytesPerSecond: Int?) async throws -> TortureHub {
    await server.stop()
    return try await TortureHub(shards, folder, bytesPerSecond)
  }

  /// Bytes of files that were sent since the log was cleared.
  ///
  /// - Parameter headers: whether the first megabyte of a file counts, with which the program finds out what it is.
  func served(headers: Bool) async -> Int64 {
    await server.requests.reduce(0) { sum, request in
      let isHeader = request.range == "bytes=0-\((1 << 20) - 1)"
      return request.port == .cdn && request.method == "GET" && (headers || !isHeader) ? sum + request.bodyBytes : sum
    }
  }

  /// Whether the place that is told no secrets was told one.
  var sawTokenElsewhere: Bool {
    get async { await server.requests.contains { $0.port == .cdn && $0.hadAuthorization } }
  }
}
