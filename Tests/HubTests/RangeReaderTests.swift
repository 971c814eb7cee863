import Domain
import HTTP
import Hub
import LoopbackServer
import Synchronization
import Testing

@Suite("Reading ranges of files on the hub")
struct RangeReaderTests {
  static let content = (0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 / 256) }
  static let file = ModelFile(path: path("m.gguf"), size: Int64(content.count), hash: .sha256(sha256))

  /// Answers a Range request as a good server does.
  static func serve(_ request: LoopbackServer.Request) -> [LoopbackServer.Step] {
    let ends = request.headers["range"]?.drop { $0 != "=" }.dropFirst().split(separator: "-").compactMap {
      Int($0)
    }
    guard let ends, ends.count == 2, ends[1] < content.count else {
      return LoopbackServer.answer(body: content)
    }
    return LoopbackServer.answer(
      206, headers: ["Content-Range: bytes \(ends[0])-\(ends[1])/\(content.count)"],
      body: Array(content[ends[0]...ends[1]]))
  }

  /// A hub whose files lie on a second server, under addresses that count up: `/0`, `/1` …
  private struct Setting {
    let fixture: HubFixture
    let cdn: LoopbackServer
    let reader: HubRangeReader
  }

  private func setting(
    expires: Int = 1_900_000_000, size: Int = content.count,
    _ cdn: @escaping @Sendable (LoopbackServer.Request) -> [LoopbackServer.Step]
  ) throws -> Setting {
    let server = LoopbackServer(cdn)
    let base = server.address("")
    let count = Counter()
    let fixture = try HubFixture(token: "hf_token") { _ in
      LoopbackServer.answer(
        302,
        headers: [
          "Location: \(base)/\(count.next())?Expires=\(expires)", "X-Repo-Commit: \(commit)",
          "X-Linked-Size: \(size)", "X-Linked-Etag: \"\(sha256)\"",
        ])
    }
    let reader = HubRangeReader(client: fixture.hub, id: repo, commit: commit, file: Self.file)
    return Setting(fixture: fixture, cdn: server, reader: reader)
  }

  @Test func rangesAndTheirLocationIsKept() async throws {
    let setting = try setting(Self.serve)
    for range in [0..<8, 100..<1100, 4990..<5000, 0..<5000, 7..<7] as [Range<Int64>] {
      #expect(
        try await setting.reader.read(range)
          == Array(Self.content[Int(range.lowerBound)..<Int(range.upperBound)]))
    }
    #expect(setting.fixture.server.requests.count == 1)
    #expect(setting.cdn.requests.count == 4)
    #expect(setting.cdn.requests.allSatisfy { $0.headers["authorization"] == nil })
    #expect(setting.cdn.requests.allSatisfy { $0.headers["accept-encoding"] == "identity" })
    #expect(setting.reader.size == 5000)
  }

  @Test func anExpiredLocationIsAskedForAgain() async throws {
    let setting = try setting { request in
      request.path == "/0" ? LoopbackServer.answer(403, text: "<Error>expired</Error>") : Self.serve(request)
    }
    #expect(try await setting.reader.read(5..<9) == Array(Self.content[5..<9]))
    #expect(setting.fixture.server.requests.count == 2)
    #expect(setting.cdn.requests.map(\.path) == ["/0", "/1"])
  }

  @Test func aLocationThatIsAboutToExpireIsNotUsed() async throws {
    let setting = try setting(expires: 1_800_000_030, Self.serve)
    _ = try await setting.reader.read(0..<1)
    _ = try await setting.reader.read(1..<2)
    #expect(setting.fixture.server.requests.count == 2)
  }

  @Test func aLocationThatNeverWorksIsGivenUp() async throws {
    let setting = try setting { _ in LoopbackServer.answer(403) }
    #expect(
      await hubError { _ = try await setting.reader.read(0..<9) }?.kind == .locationExpired(status: 403))
    #expect(setting.fixture.server.requests.count == 2)
    #expect(setting.cdn.requests.count == 2)
  }

  struct WrongAnswer: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let steps: [LoopbackServer.Step]

    init(_ status: Int, range: String? = nil, body: [UInt8] = []) {
      testDescription = "\(status) \(range ?? "without a range") \(body.count) bytes"
      steps = LoopbackServer.answer(
        status, headers: range.map { ["Content-Range: bytes \($0)"] } ?? [], body: body)
    }
  }

  @Test(arguments: [
    WrongAnswer(206, range: "1-9/5000", body: Array(content[1...9])),
    WrongAnswer(206, range: "0-9/5001", body: Array(content[0...9])),
    WrongAnswer(206, range: "0-8/5000", body: Array(content[0...8])),
    WrongAnswer(206, range: "0-9/*", body: Array(content[0...9])),
    WrongAnswer(206, body: Array(content[0...9])),
    WrongAnswer(206, range: "0-9/5000", body: Array(content[0...8])),
    WrongAnswer(206, range: "0-9/5000", body: Array(content[0...19])),
    WrongAnswer(200, body: content), WrongAnswer(204), WrongAnswer(302),
  ])
  func aWrongAnswerIsRefused(_ answer: WrongAnswer) async throws {
    let setting = try setting { _ in answer.steps }
    #expect(await hubError { _ = try await setting.reader.read(0..<10) }?.kind == .unexpectedAnswer)
    #expect(setting.cdn.requests.count == 1)
  }

  @Test func aCompressedBlobIsRefused() async throws {
    let setting = try setting { _ in
      LoopbackServer.answer(
        206, headers: ["Content-Range: bytes 0-9/5000", "Content-Encoding: gzip"],
        body: Array(Self.content[0...9]))
    }
    guard case .unreachable(let cause) = await hubError({ _ = try await setting.reader.read(0..<10) })?.kind
    else {
      Issue.record("no such error")
      return
    }
    #expect(cause.kind == .malformed)
  }

  @Test func brokenConnectionsAndServerErrorsAreTriedAgain() async throws {
    let count = Counter()
    let setting = try setting { request in
      switch count.next() {
      case 0: [.reset]
      case 1: LoopbackServer.answer(503)
      case 2:
        [
          .send(
            Array("HTTP/1.1 206 P\r\nContent-Range: bytes 0-9/5000\r\nContent-Length: 10\r\n\r\nab".utf8)),
          .close,
        ]
      default: Self.serve(request)
      }
    }
    #expect(try await setting.reader.read(0..<10) == Array(Self.content[0..<10]))
  }

  @Test func aFileThatIsNotTheTreesIsRefused() async throws {
    let setting = try setting(size: 4999, Self.serve)
    #expect(await hubError { _ = try await setting.reader.read(0..<10) }?.kind == .unexpectedAnswer)
    #expect(setting.cdn.requests.isEmpty)
  }

  @Test(arguments: [-1..<5, 0..<5001, 5000..<5001] as [Range<Int64>])
  func rangesOutsideOfTheFile(_ range: Range<Int64>) async throws {
    let setting = try setting(Self.serve)
    #expect(await hubError { _ = try await setting.reader.read(range) }?.kind == .unexpectedAnswer)
    #expect(setting.fixture.server.requests.isEmpty)
  }

  @Test func aSmallFileOnTheHubItself() async throws {
    let small = ModelFile(path: path("config.json"), size: 5000, hash: .gitBlob(sha1))
    let fixture = try HubFixture(token: "t") { request in
      guard request.method == "HEAD" else { return Self.serve(request) }
      guard request.path.hasPrefix("/api/resolve-cache/") else {
        return LoopbackServer.answer(
          307,
          headers: [
            "Location: /api/resolve-cache/models/x", "X-Linked-Etag: \"\(sha1)\"", "X-Repo-Commit: \(commit)",
          ])
      }
      return [.send(Array("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\nETag: \"\(sha1)\"\r\n\r\n".utf8))]
    }
    let reader = HubRangeReader(client: fixture.hub, id: repo, commit: commit, file: small)
    #expect(try await reader.read(0..<5000) == Self.content)
    #expect(try await reader.read(3..<9) == Array(Self.content[3..<9]))
    #expect(fixture.server.requests.last?.headers["authorization"] == "Bearer t")
  }
}
