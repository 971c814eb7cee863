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

/// Faults below HTTP, from a server that sends what the script says.
@Suite("Broken connections")
struct ConnectionTests {
  private static let content = Stage.content
  private static let commit = String(repeating: "c", count: 40)

  /// Downloads the content from a server whose answers to GET are `answers`, the last one for ever.
  private func download(
    _ answers: [@Sendable (Range<Int>) -> [LoopbackServer.Step]]
  ) async throws -> (result: Result<String, any Error>, state: CopyState, ranges: [String?]) {
    let folder = try TemporaryFolder()
    let count = Mutex(0)
    let server = LoopbackServer { request in
      if request.method == "HEAD" {
        let headers = [
          "X-Repo-Commit: \(Self.commit)", "ETag: \"\(Stage.hash)\"", "Content-Length: \(Self.content.count)",
        ]
        return [
          .send(
            Array((["HTTP/1.1 200 OK"] + headers).joined(separator: "\r\n").utf8) + Array("\r\n\r\n".utf8))
        ]
      }
      let index = count.withLock { count in
        count += 1
        return min(count, answers.count) - 1
      }
      let start = request.headers["range"].flatMap { Int($0.dropFirst(6).prefix { $0 != "-" }) } ?? 0
      return answers[index](start..<Self.content.count)
    }
    let http = try HTTPClient(.init(userAgent: "hubwatch-tests"))
    let hub = HubClient(endpoint: try HubEndpoint(server.address("")), token: nil, http: http)
    let catalog = try Catalog(folder: "\(folder.path)/state")
    let file = ModelFile(
      path: try #require(RepoPath(Stage.file)), size: Int64(Self.content.count), hash: Stage.hash)
    let repo = try #require(RepoID(Stage.name))
    let copy = try catalog.want(
      repo: repo, commit: try #require(CommitHash(Self.commit)), quantization: "Q4_0", files: [file],
      byHand: true, at: Date())
    let downloader = Downloader(
      hub: hub, http: http, catalog: catalog, cache: HubCache(root: "\(folder.path)/cache/hub"),
      options: .init(reserve: DiskFloor(bytes: ByteCount(0))), sleep: { _ in try Task.checkCancellation() })
    let result: Result<String, any Error>
    do {
      let path = try await downloader.fetch(copy, ref: nil) { _, _, _ in }
      #expect(bytes(path) == Self.content)
      result = .success(path)
    } catch {
      result = .failure(error)
    }
    await http.shutdown()
    let state = try #require(try catalog.copies(of: repo).first).state
    return (result, state, server.requests.filter { $0.method == "GET" }.map { $0.headers["range"] })
  }

  private static func head(_ range: Range<Int>, shift: Int = 0) -> [UInt8] {
    var lines = ["HTTP/1.1 \(range.lowerBound > 0 ? "206 Partial Content" : "200 OK")"]
    lines.append("Content-Length: \(range.count)")
    if range.lowerBound > 0 {
      let start = range.lowerBound + shift
      lines.append("Content-Range: bytes \(start)-\(content.count - 1)/\(content.count)")
    }
    return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
  }

  private static let whole: @Sendable (Range<Int>) -> [LoopbackServer.Step] = { range in
    [.send(head(range) + content[range])]
  }
  private static let half: @Sendable (Range<Int>) -> [LoopbackServer.Step] = { range in
    [.send(head(range) + content[range].prefix(range.count / 2)), .close]
  }

  @Test func aResetIsSurvivedWithoutLoss() async throws {
    let reset: @Sendable (Range<Int>) -> [LoopbackServer.Step] = { range in
      [.send(Self.head(range) + Self.content[range].prefix(range.count / 2)), .reset]
    }
    let (result, state, ranges) = try await download([reset, reset, Self.whole])
    #expect(throws: Never.self) { try result.get() }
    #expect(state == .verified && ranges.count == 3)
  }

  @Test func aWrongContentRangeIsNotWritten() async throws {
    let shifted: @Sendable (Range<Int>) -> [LoopbackServer.Step] = { range in
      [.send(Self.head(range, shift: 1) + Self.content[range])]
    }
    let (result, _, ranges) = try await download([Self.half, shifted, Self.whole])
    #expect(throws: Never.self) { try result.get() }
    #expect(ranges == [nil, "bytes=500000-999999", "bytes=500000-999999"])
  }

  @Test("N8 wrong Content-Range three times: one stream from the start")
  func aServerThatKeepsSendingAnotherRangeIsAskedForTheWholeFile() async throws {
    let shifted: @Sendable (Range<Int>) -> [LoopbackServer.Step] = { range in
      [.send(Self.head(range, shift: 1) + Self.content[range])]
    }
    let (result, state, ranges) = try await download([Self.half, shifted])
    #expect(throws: Never.self) { try result.get() }
    let rest = "bytes=500000-999999"
    #expect(state == .verified && ranges == [nil, rest, rest, rest, nil])
  }

  @Test func aConnectionThatAlwaysBreaksIsGivenUp() async throws {
    let (result, state, ranges) = try await download([{ _ in [.reset] }])
    #expect(throws: DownloadError.self) { try result.get() }
    // curl itself asks once more when a connection that it kept is gone.
    #expect(state == .waiting && (Trouble.barrenTries...2 * Trouble.barrenTries).contains(ranges.count))
  }

  @Test func answersWithoutBytesDoNotGoOnForEver() async throws {
    let empty: @Sendable (Range<Int>) -> [LoopbackServer.Step] = { _ in
      [.send(Array("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".utf8)), .close]
    }
    let (result, state, ranges) = try await download([empty])
    #expect(throws: DownloadError.self) { try result.get() }
    #expect(state == .waiting && ranges.count == Trouble.barrenTries)
  }

  @Test func aBodyThatEndsEarlyWithoutALengthIsContinued() async throws {
    let early: @Sendable (Range<Int>) -> [LoopbackServer.Step] = { _ in
      [.send(Array("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".utf8) + Self.content[..<400_000]), .close]
    }
    let (result, _, ranges) = try await download([early, Self.whole])
    #expect(throws: Never.self) { try result.get() }
    #expect(ranges == [nil, "bytes=400000-999999"])
  }

  @Test func aStrangeStatusIsNoFile() async throws {
    let moved: @Sendable (Range<Int>) -> [LoopbackServer.Step] = { _ in
      [.send(Array("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n".utf8))]
    }
    let (result, state, _) = try await download([moved])
    #expect(throws: DownloadError.self) { try result.get() }
    #expect(state == .blocked)
  }
}
