import Domain
import Foundation
import HubServer
import ModelFiles
import TestSupport
import Testing

/// A practice hub with a small model that runs, one that is too big for the card, and one without weights.
struct Town: Sendable {
  static let model = "practice/tiny"
  static let file = "tiny.F16.gguf"

  let server: HubServer
  let endpoint: String
  /// Bytes of the small model.
  let size: Int64
  /// Where the small model lies on the hub's side.
  let source: String
  private let folder: TemporaryFolder

  /// Runs `body` in a town whose server sends so many bytes a second.
  static func with(bytesPerSecond: Int? = nil, _ body: (Town) async throws -> Void) async throws {
    let town = try await Town(bytesPerSecond: bytesPerSecond)
    do {
      try await body(town)
    } catch {
      await town.server.stop()
      throw error
    }
    await town.server.stop()
  }

  private init(bytesPerSecond: Int?) async throws {
    folder = try TemporaryFolder()
    let root = "\(folder.path)/hub"
    func repo(_ name: String, hoursAgo: Double, _ change: (inout RepoSidecar) -> Void = { _ in }) throws
      -> String
    {
      var sidecar = RepoSidecar()
      sidecar.createdAt = Date().addingTimeInterval(-3600 * hoursAgo)
      sidecar.lastModified = sidecar.createdAt
      sidecar.tags = ["llama"]
      change(&sidecar)
      try sidecar.write(toRepoFolder: "\(root)/\(name)")
      return "\(root)/\(name)"
    }
    let tiny = "\(try repo(Self.model, hoursAgo: 3))/\(Self.file)"
    try TinyLlama().writer().write(to: tiny)
    source = tiny
    size = try #require(try FileManager.default.attributesOfItem(atPath: tiny)[.size] as? Int64)
    var big = TinyLlama()
    (big.embedding, big.layers, big.isHollow) = (8192, 60, true)
    let bigName = "big.F16.gguf"
    // Announced instead of computed: nobody wants to hash a hole of 50 GB.
    let bigRepo = try repo("practice/big", hoursAgo: 2) { sidecar in
      sidecar.files[bigName] = .init(sha256: String(repeating: "b1", count: 32))
    }
    try big.writer().write(to: "\(bigRepo)/\(bigName)")
    try Data("# Weights will follow\n".utf8).write(
      to: URL(fileURLWithPath: "\(try repo("practice/soon", hoursAgo: 1))/README.md"))
    var options = HubServerOptions()
    options.bytesPerSecond = bytesPerSecond
    options.quotas = .init(api: 1_000_000, resolvers: 1_000_000, pages: 1_000_000)
    server = try HubServer(root: root, options: options)
    endpoint = try await server.start().endpoint.absoluteString
  }

  /// A fresh home of somebody who watches this hub.
  func home() throws -> ProgramHome {
    try ProgramHome(
      endpoint: endpoint,
      configuration: """
        [device]
        vram = 12
        [downloads]
        reserve = "1 MB"
        [smoke]
        threads = 2
        """)
  }

  /// The requests that fetch the small model; reads of its header, which end before the file does, are left
  /// out.
  var downloads: [RequestRecord] {
    get async {
      await server.requests.filter { request in
        guard request.port == .cdn, request.method == "GET" else { return false }
        guard let range = request.range else { return true }
        return range.hasSuffix("-\(size - 1)") && !range.hasPrefix("bytes=0-")
      }
    }
  }
}

/// The built program.
func hubwatch() throws -> Program {
  try #require(Program.hubwatch, "hubwatch is not built: swift build --product hubwatch")
}
