import Domain
import HTTP
import LoopbackServer
import Synchronization
import Testing

/// Remembers what it was given, and can refuse.
final class RecordingSink: BodySink {
  struct Refusal: Error, Equatable {}
  struct Seen {
    var heads: [HTTPHead] = []
    var bytes: [UInt8] = []
    var chunks = 0
  }

  let seen = Mutex(Seen())
  let refusesHead: Bool
  let refusesAfter: Int
  let onBytes: @Sendable () -> Void

  init(refusesHead: Bool = false, refusesAfter: Int = .max, onBytes: @escaping @Sendable () -> Void = {}) {
    self.refusesHead = refusesHead
    self.refusesAfter = refusesAfter
    self.onBytes = onBytes
  }

  func receive(head: HTTPHead) throws {
    seen.withLock { $0.heads.append(head) }
    if refusesHead { throw Refusal() }
  }

  func receive(bytes: UnsafeRawBufferPointer) throws {
    let count = seen.withLock { seen in
      seen.bytes.append(contentsOf: bytes)
      seen.chunks += 1
      return seen.bytes.count
    }
    onBytes()
    if count >= refusesAfter { throw Refusal() }
  }

  var bytes: [UInt8] { seen.withLock(\.bytes) }
  var heads: [HTTPHead] { seen.withLock(\.heads) }
}

/// A client for one test; its thread ends with it.
func makeClient(maximumTransfers: Int = 32, proxy: String? = nil) throws -> HTTPClient {
  try HTTPClient(.init(userAgent: "test/1", proxy: proxy, maximumTransfers: maximumTransfers))
}

extension LoopbackServer {
  func url(_ path: String = "/") throws -> HTTPURL { try #require(HTTPURL(address(path))) }
}

@Suite("Transfers that go well")
struct TransferTests {
  @Test func aBodyAndItsHead() async throws {
    let server = LoopbackServer { _ in
      LoopbackServer.answer(headers: ["X-One: 1", "x-one: 2", "Content-Type: text/plain"], text: "hello")
    }
    let response = try await makeClient().data(for: HTTPRequest(.get, server.url("/a?b=c")))
    #expect(response.head.status == 200)
    #expect(response.head.version == "1.1")
    #expect(response.head.headers.values("X-ONE") == ["1", "2"])
    #expect(response.head.contentLength == 5)
    #expect(String(decoding: response.body, as: UTF8.self) == "hello")
    let request = try #require(server.requests.first)
    #expect(request.target == "/a?b=c")
    #expect(request.headers["user-agent"] == "test/1")
    #expect(request.headers["accept-encoding"] == "gzip")
    #expect(request.headers["authorization"] == nil)
  }

  @Test func headHasNoBody() async throws {
    let server = LoopbackServer { _ in
      [.send(Array("HTTP/1.1 200 OK\r\nContent-Length: 123456\r\n\r\n".utf8))]
    }
    let response = try await makeClient().data(for: HTTPRequest(.head, server.url()))
    #expect(response.head.contentLength == 123_456)
    #expect(response.body.isEmpty)
    #expect(server.requests.first?.method == "HEAD")
  }

  @Test func postSendsItsBody() async throws {
    let server = LoopbackServer { request in LoopbackServer.answer(body: request.body) }
    let client = try makeClient()
    let echoed = try await client.data(
      for: HTTPRequest(
        .post, server.url(), headers: HTTPHeaders([("Content-Type", "text/plain")]),
        body: Array("a\u{0}b".utf8)))
    #expect(echoed.body == Array("a\u{0}b".utf8))
    #expect(server.requests.first?.headers["content-type"] == "text/plain")
    let empty = try await client.data(for: HTTPRequest(.post, server.url()))
    #expect(empty.body.isEmpty)
  }

  @Test func aRangeIsAskedForAndTold() async throws {
    let server = LoopbackServer { _ in
      LoopbackServer.answer(206, headers: ["Content-Range: bytes 2-4/10"], text: "cde")
    }
    let client = try makeClient()
    let request = HTTPRequest(.get, try server.url(), range: .bytes(2..<5), encoding: .identity)
    let response = try await client.data(for: request)
    #expect(response.head.contentRange?.isExactly(2..<5, of: 10) == true)
    #expect(server.requests.first?.headers["range"] == "bytes=2-4")
    #expect(server.requests.first?.headers["accept-encoding"] == "identity")
    _ = try await client.data(for: HTTPRequest(.get, server.url(), range: .from(7)))
    #expect(server.requests.last?.headers["range"] == "bytes=7-")
  }

  @Test func aBodyWithoutLengthEndsWithItsConnection() async throws {
    let server = LoopbackServer { _ in [.send(Array("HTTP/1.1 200 OK\r\n\r\nabc".utf8)), .close] }
    let response = try await makeClient().data(for: HTTPRequest(.get, server.url()))
    #expect(response.body == Array("abc".utf8))
    #expect(response.head.contentLength == nil)
  }

  @Test func interimAnswersAndTrailersAreDropped() async throws {
    let server = LoopbackServer { _ in
      let text =
        "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
        + "Trailer: X-Late\r\n\r\n3\r\nabc\r\n0\r\nX-Late: 1\r\n\r\n"
      return [.send(Array(text.utf8))]
    }
    let sink = RecordingSink()
    let head = try await makeClient().transfer(HTTPRequest(.get, server.url()), sink: sink)
    #expect(sink.heads == [head])
    #expect(head.headers["X-Early"] == nil)
    #expect(head.headers["X-Late"] == nil)
    #expect(sink.bytes == Array("abc".utf8))
  }

  @Test func aRedirectIsAnAnswerLikeAnyOther() async throws {
    let server = LoopbackServer { _ in LoopbackServer.answer(302, headers: ["Location: /elsewhere"]) }
    let response = try await makeClient().data(for: HTTPRequest(.get, server.url()))
    #expect(response.head.status == 302)
    #expect(response.head.headers["location"] == "/elsewhere")
    #expect(server.requests.count == 1)
  }

  @Test func cookiesAreNeitherKeptNorSent() async throws {
    let server = LoopbackServer { _ in LoopbackServer.answer(headers: ["Set-Cookie: a=b"]) }
    let client = try makeClient()
    for _ in 0..<2 { _ = try await client.data(for: HTTPRequest(.get, server.url())) }
    #expect(server.requests.allSatisfy { $0.headers["cookie"] == nil })
  }

  @Test func aLargeBodyStreamsInChunks() async throws {
    let body = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let server = LoopbackServer { _ in LoopbackServer.answer(body: body) }
    let sink = RecordingSink()
    _ = try await makeClient().transfer(HTTPRequest(.get, server.url(), encoding: .identity), sink: sink)
    #expect(sink.bytes == body)
    #expect(sink.seen.withLock(\.chunks) > 1)
  }

  @Test func aTransferThatIsHeldBackGoesOnWithoutLoss() async throws {
    let body = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let server = LoopbackServer { _ in LoopbackServer.answer(body: body) }
    let sink = RecordingSink()
    let client = try makeClient()
    var request = HTTPRequest(.get, try server.url(), encoding: .identity)
    let backpressure = Backpressure()
    backpressure.hold(true)
    request.backpressure = backpressure
    let held = request
    async let transfer = client.transfer(held, sink: sink)
    while sink.bytes.isEmpty { try await Task.sleep(for: .milliseconds(1)) }
    // Long enough for all of it to arrive if nothing held it.
    try await Task.sleep(for: .milliseconds(200))
    #expect(sink.bytes.count < body.count / 2)
    backpressure.hold(false)
    _ = try await transfer
    #expect(sink.bytes == body)
  }

  @Test(arguments: [1, 4, 32])
  func aHundredRequestsAtOnce(maximumTransfers: Int) async throws {
    let server = LoopbackServer { request in LoopbackServer.answer(text: request.target) }
    let client = try makeClient(maximumTransfers: maximumTransfers)
    let bodies = try await withThrowingTaskGroup(of: String.self) { group in
      for index in 0..<100 {
        let url = try server.url("/\(index)")
        group.addTask {
          String(decoding: try await client.data(for: HTTPRequest(.get, url)).body, as: UTF8.self)
        }
      }
      return try await group.reduce(into: Set<String>()) { $0.insert($1) }
    }
    #expect(bodies == Set((0..<100).map { "/\($0)" }))
    #expect(server.requests.count == 100)
  }
}
