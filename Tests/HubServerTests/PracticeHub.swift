import Foundation
import HubServer

/// A server over a folder of its own, both gone after the test.
struct PracticeHub: Sendable {
  let server: HubServer
  let root: String
  let endpoint: URL
  let cdn: URL

  var hub: WireClient { WireClient(port: endpoint.port ?? 0) }
  var content: WireClient { WireClient(port: cdn.port ?? 0) }

  /// Runs `body` with a server that has the repositories which `fill` writes.
  static func with<Result: Sendable>(
    options: HubServerOptions = HubServerOptions(), _ fill: (TestFolder) throws -> Void,
    _ body: @Sendable (PracticeHub) async throws -> Result
  ) async throws -> Result {
    let folder = try TestFolder()
    defer { folder.remove() }
    try fill(folder)
    let server = try HubServer(root: folder.path, options: options)
    let (endpoint, cdn) = try await server.start()
    let hub = PracticeHub(server: server, root: folder.path, endpoint: endpoint, cdn: cdn)
    do {
      let result = try await body(hub)
      await server.stop()
      return result
    } catch {
      await server.stop()
      throw error
    }
  }

  /// The path and query of a redirect to the CDN.
  func cdnTarget(of reply: WireClient.Reply) -> String {
    String((reply.header("Location") ?? "").dropFirst(cdn.absoluteString.count))
  }

  /// The path and query of the `Link` to the next page; nil on the last.
  func nextTarget(of reply: WireClient.Reply) -> String? {
    guard let link = reply.header("Link"), link.hasPrefix("<\(endpoint.absoluteString)/"),
      link.hasSuffix(">; rel=\"next\"")
    else { return nil }
    return String(link.dropFirst(endpoint.absoluteString.count + 1).dropLast(">; rel=\"next\"".count))
  }
}

/// A fresh folder for repositories.
struct TestFolder: Sendable {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "hubserver-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  /// An existing folder.
  init(at path: String) { self.path = path }

  func remove() { try? FileManager.default.removeItem(atPath: path) }

  /// Writes one file of a repository, or anywhere below the folder.
  func write(_ name: String, _ bytes: [UInt8]) throws {
    let url = URL(filePath: path).appending(path: name)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
  }

  func write(_ name: String, _ text: String) throws { try write(name, Array(text.utf8)) }

  /// Writes a sidecar.
  func describe(_ id: String, _ change: (inout RepoSidecar) -> Void) throws {
    var sidecar = RepoSidecar()
    change(&sidecar)
    try sidecar.write(toRepoFolder: "\(path)/\(id)")
  }
}

/// Bytes that differ at every place, so that a shifted range is noticed.
func patternBytes(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
  var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
  return (0..<count).map { _ in
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return UInt8(truncatingIfNeeded: state >> 24)
  }
}

func date(_ seconds: Int) -> Date { Date(timeIntervalSince1970: Double(seconds)) }
