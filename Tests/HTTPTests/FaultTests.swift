import Domain
import HTTP
import LoopbackServer
import Testing

@Suite("Transfers that go wrong")
struct FaultTests {
  /// The kind of error that a request to a scripted server ends with; nil when it goes well.
  private func kind(
    _ steps: [LoopbackServer.Step], _ change: (inout HTTPRequest) -> Void = { _ in }
  ) async throws -> HTTPError.Kind? {
    let server = LoopbackServer { _ in steps }
    var request = HTTPRequest(.get, try server.url("/p?signature=secret"))
    change(&request)
    let client = try makeClient()
    do throws(HTTPError) {
      _ = try await client.data(for: request)
      return nil
    } catch {
      #expect(!error.description.contains("secret"))
      #expect(error.problem.contains("127.0.0.1") && error.problem.contains("/p"))
      return error.kind
    }
  }

  private func bytes(_ text: String) -> LoopbackServer.Step { .send(Array(text.utf8)) }

  @Test func aCutBodyIsTruncated() async throws {
    #expect(
      try await kind([bytes("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"), .close]) == .truncated)
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"
    #expect(try await kind([bytes(chunked), .close]) == .truncated)
  }

  @Test func aResetIsAReset() async throws {
    #expect(try await kind([.reset]) == .reset)
    #expect(try await kind([.close]) == .reset)
  }

  @Test func aServerThatSaysNothingTimesOut() async throws {
    let kind = try await kind([.hold]) {
      $0.limits.firstByte = .milliseconds(50)
    }
    #expect(kind == .timeout)
  }

  @Test func aBodyThatStandsStillIsStalled() async throws {
    let kind = try await kind([bytes("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"), .hold]) {
      $0.limits.lowSpeedTime = .milliseconds(160)
    }
    #expect(kind == .stalled)
  }

  @Test func everythingTogetherTakesTooLong() async throws {
    let head = "HTTP/1.1 200 OK\r\n\r\n"
    let kind = try await kind([bytes(head), .repeatForever([UInt8](repeating: 1, count: 100))]) {
      $0.limits.total = .milliseconds(100)
      $0.limits.body = .max
      $0.budget = BandwidthBudget { 10_000 }
    }
    #expect(kind == .timeout)
  }

  @Test func aBodyAboveTheCapIsTooLarge() async throws {
    let endless: [LoopbackServer.Step] = [
      bytes("HTTP/1.1 200 OK\r\n\r\n"), .repeatForever([UInt8](repeating: 65, count: 65_536)),
    ]
    #expect(try await kind(endless) == .tooLarge)
    #expect(try await kind(endless) { $0.limits.body = 10 } == .tooLarge)
    #expect(try await kind(LoopbackServer.answer(text: "0123456789")) { $0.limits.body = 10 } == nil)
  }

  @Test func anEndlessHeadIsTooLarge() async throws {
    #expect(
      try await kind([bytes("HTTP/1.1 200 OK\r\n"), .repeatForever(Array("A: b\r\n".utf8))]) == .tooLarge)
    let line = [bytes("HTTP/1.1 200 OK\r\nA: "), .repeatForever([UInt8](repeating: 65, count: 65_536))]
    let endlessLine = try await kind(line)
    #expect(endlessLine == .tooLarge)
  }

  @Test(arguments: [
    "SSH-2.0-x\r\n\r\n", "HTTP/0.9 ok", "<html>", "HTTP/1.1 999999 x\r\n\r\n", "\u{0}\u{1}\u{2}\r\n",
  ])
  func noise(_ text: String) async throws {
    #expect(try await kind([bytes(text), .close]) != nil)
  }

  @Test func anUnaskedEncodingOfABlobIsMalformed() async throws {
    let answer = LoopbackServer.answer(headers: ["Content-Encoding: gzip"], text: "x")
    #expect(try await kind(answer) { $0.encoding = .identity } == .malformed)
  }

  @Test func aBrokenGzipBodyIsMalformed() async throws {
    let answer = LoopbackServer.answer(headers: ["Content-Encoding: gzip"], text: "this is not gzip at all")
    #expect(try await kind(answer) == .malformed)
  }

  @Test func aRefusedPortIsNoConnection() async throws {
    let closed = ClosedPort()
    let url = try #require(HTTPURL("http://127.0.0.1:\(closed.port)/"))
    await #expect {
      _ = try await makeClient().data(for: HTTPRequest(.get, url))
    } throws: { error in
      let error = error as? HTTPError
      return error?.kind == .connect && error?.isTransient == true && error?.exitCode == .hubUnreachable
    }
  }

  @Test("N19 an unknown host does not resolve") func anUnknownHostDoesNotResolve() async throws {
    let url = try #require(HTTPURL("http://nowhere.invalid/"))
    await #expect {
      _ = try await makeClient().data(for: HTTPRequest(.get, url))
    } throws: { ($0 as? HTTPError)?.kind == .resolve }
  }

  @Test func plainTextWhereTLSIsExpected() async throws {
    let noise = LoopbackServer { _ in LoopbackServer.answer() }
    let url = try #require(HTTPURL("https://127.0.0.1:\(noise.port)/"))
    var request = HTTPRequest(.get, url)
    request.limits.handshake = .milliseconds(200)
    await #expect {
      _ = try await makeClient().data(for: request)
    } throws: { [.tls, .timeout, .reset].contains(($0 as? HTTPError)?.kind) }
  }

  @Test("N16 a private address is refused on request") func aPrivateAddressIsRefusedOnRequest() async throws {
    let kind = try await kind(LoopbackServer.answer()) { $0.refusesPrivateAddresses = true }
    #expect(kind == .privateAddress)
  }

  @Test func invalidRequestsAreNotSent() async throws {
    let server = LoopbackServer { _ in LoopbackServer.answer() }
    let url = try server.url()
    let requests = [
      HTTPRequest(.get, url, headers: HTTPHeaders([("A", "b\r\nC: d")])),
      HTTPRequest(.get, url, headers: HTTPHeaders([("A b", "c")])),
      HTTPRequest(.get, url, range: .bytes(5..<5)), HTTPRequest(.get, url, range: .from(-1)),
      HTTPRequest(.get, url, body: [1]),
    ]
    let client = try makeClient()
    for request in requests {
      await #expect { _ = try await client.data(for: request) } throws: {
        ($0 as? HTTPError)?.kind == .invalidRequest
      }
    }
    #expect(server.requests.isEmpty)
  }
}
