import Catalog
import Checksums
import Domain
import Foundation
import HTTP
import Hub
import LoopbackServer
import Synchronization
import TestSupport
import Testing

@testable import Downloads

/// A hub that sends every download to a content network on another port, which misbehaves as a script says.
///
/// Whatever it does, the program must end with the right file, or with an error and nothing under the final name.
struct FaultyHub {
  /// One piece of a body is longer than this, so that a file of 24 MB is fetched over several connections.
  static let small = Content(megabytes: 3)
  static let large = Content(megabytes: 24)

  /// A file's bytes and its hash.
  struct Content: Sendable, CustomTestStringConvertible {
    let bytes: [UInt8]
    let hash: ContentHash

    init(megabytes: Int, seed: UInt64 = 5) {
      bytes = Noise.gguf(megabytes * 1_000_000 + 17, seed: seed)
      hash = .sha256(Checksums.sha256(bytes))
    }

    var testDescription: String { "\(bytes.count / 1_000_000) MB" }
  }

  /// A request for the body.
  struct Ask: Sendable {
    /// Its number, from 0.
    let index: Int
    let request: LoopbackServer.Request
    /// The asked bytes; all of them when none are named.
    let range: Range<Int>
    var isRanged: Bool { request.headers["range"] != nil }
  }

  /// How a download ended.
  struct Outcome: Sendable {
    var path: String?
    var error: (any Error)?
    var state: CopyState
    var reason: String?
    /// Whether the file under its final name is right; nil when there is none.
    var isRight: Bool?
    var asks: [Ask]
    var resolves: Int
    var waits: [Double]
    /// Requests for the listing of the files.
    var listings = 0
    /// What lies in the partial folder.
    var leftovers: [String] = []
    /// Bytes that the network handed out.
    var served: Int64 { asks.reduce(0) { $0 + Int64($1.range.count) } }
  }

  typealias Network = @Sendable (Ask, Content) -> [LoopbackServer.Step]

  let content: Content
  var token: Secret?
  var limits = HTTPLimits()
  /// The clock by which a sleep of the machine is noticed.
  var now: @Sendable () -> ContinuousClock.Instant = { .now }
  /// The size that the listing of the files tells; nil for the right one.
  var listedSize: Int?
  /// The answer to the n-th HEAD; nil for the usual redirect.
  var resolve: @Sendable (Int, LoopbackServer) -> [LoopbackServer.Step]? = { _, _ in nil }

  static let commit = String(repeating: "c", count: 40)

  /// The right answer to a request.
  static func right(_ ask: Ask, _ content: Content, tag: String = "\"a\"") -> [LoopbackServer.Step] {
    [.send(head(ask, content, tag: tag) + content.bytes[ask.range])]
  }

  /// The right head of an answer.
  static func head(_ ask: Ask, _ content: Content, shift: Int = 0, tag: String = "\"a\"", more: [String] = [])
    -> [UInt8]
  {
    var lines = [ask.isRanged ? "HTTP/1.1 206 Partial Content" : "HTTP/1.1 200 OK"]
    lines.append("Content-Length: \(ask.range.count)")
    lines.append("ETag: \(tag)")
    if ask.isRanged {
      lines.append(
        "Content-Range: bytes \(ask.range.lowerBound + shift)-\(ask.range.upperBound - 1 + shift)/\(content.bytes.count)"
      )
    }
    return Array(((lines + more).joined(separator: "\r\n") + "\r\n\r\n").utf8)
  }

  /// Downloads the content from a network that behaves like `network`.
  func download(_ network: @escaping Network) async throws -> Outcome {
    let folder = try TemporaryFolder()
    let content = content
    let asks = Mutex<[Ask]>([])
    let cdn = LoopbackServer { request in
      let range = Self.range(request.headers["range"], of: content.bytes.count)
      let ask = asks.withLock { asks in
        asks.append(Ask(index: asks.count, request: request, range: range))
        return asks[asks.count - 1]
      }
      return network(ask, content)
    }
    let resolves = Mutex(0)
    let resolve = resolve
    let listings = Mutex(0)
    let listing = """
      [{"type":"file","path":"model.gguf","size":\(listedSize ?? content.bytes.count),"oid":"\(Self.commit)",
        "lfs":{"oid":"\(content.hash)","size":\(listedSize ?? content.bytes.count)}}]
      """
    let hubServer = LoopbackServer { request in
      if request.method == "GET" {
        listings.withLock { $0 += 1 }
        return LoopbackServer.answer(text: listing)
      }
      let index = resolves.withLock { count in
        defer { count += 1 }
        return count
      }
      return resolve(index, cdn)
        ?? LoopbackServer.answer(302, headers: Self.linked(content) + ["Location: \(cdn.address("/blob?n=\(index)"))"])
    }
    let http = try HTTPClient(.init(userAgent: "hubwatch-tests"))
    let catalog = try Catalog(folder: "\(folder.path)/state")
    let waits = Stage.Waits()
    var options = HubClient.Options()
    options.baseDelay = 0.001
    let hub = HubClient(
      endpoint: try HubEndpoint(hubServer.address("")), token: token, http: http, options: options)
    let file = ModelFile(
      path: try #require(RepoPath("model.gguf")), size: Int64(content.bytes.count), hash: content.hash)
    let repo = try #require(RepoID("org/model"))
    let copy = try catalog.want(
      repo: repo, commit: try #require(CommitHash(Self.commit)), quantization: "Q4_0", files: [file], byHand: true,
      at: Date())
    let cache = HubCache(root: "\(folder.path)/cache/hub")
    var downloads = Downloader.Options(reserve: DiskFloor(bytes: ByteCount(0)))
    downloads.limits = limits
    downloads.now = now
    let downloader = Downloader(
      hub: hub, http: http, catalog: catalog, cache: cache, options: downloads, sleep: { try waits.wait($0) })
    var outcome = Outcome(state: .wanted, asks: [], resolves: 0, waits: [])
    do {
      outcome.path = try await downloader.fetch(copy, ref: nil) { _, _, _ in }
    } catch {
      outcome.error = error
    }
    await http.shutdown()
    let record = try #require(try catalog.copies(of: repo).first)
    (outcome.state, outcome.reason) = (record.state, record.reason)
    let final = bytes(cache.blob(repo, content.hash))
    outcome.isRight = final.map { $0 == content.bytes }
    outcome.asks = asks.withLock { $0 }
    outcome.resolves = resolves.withLock { $0 }
    outcome.waits = waits.all
    outcome.listings = listings.withLock { $0 }
    outcome.leftovers = leftovers("\(folder.path)/cache/hubwatch-partial")
    return outcome
  }

  static func linked(_ content: Content) -> [String] {
    [
      "X-Repo-Commit: \(commit)", "X-Linked-Size: \(content.bytes.count)", "X-Linked-Etag: \"\(content.hash)\"",
    ]
  }

  private static func range(_ header: String?, of size: Int) -> Range<Int> {
    let ends = header?.dropFirst("bytes=".count).split(separator: "-").compactMap { Int($0) } ?? []
    guard let start = ends.first else { return 0..<size }
    return start..<(ends.count > 1 ? ends[1] + 1 : size)
  }
}

extension FaultyHub.Outcome {
  /// Expects the right file.
  func expectRight(at location: SourceLocation = #_sourceLocation) {
    #expect(error == nil, sourceLocation: location)
    #expect(isRight == true && state == .verified, sourceLocation: location)
  }

  /// Expects an error with a reason, and nothing under the final name.
  func expectRefusal(_ wanted: CopyState, at location: SourceLocation = #_sourceLocation) {
    #expect(error != nil && isRight == nil, sourceLocation: location)
    #expect(state == wanted && reason?.isEmpty == false, sourceLocation: location)
  }
}
