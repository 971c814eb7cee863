import Domain
import Foundation
import HTTP
import LoopbackServer
import Settings
import Synchronization
import Testing

@testable import Watch

@Suite("Webhooks")
struct WebhookChannelTests {
  private static let path = "/secret-topic/T0KEN"

  private func send(
    _ address: String, kind: Settings.DigestWebhook.Kind = .ntfy, limit: Duration = .seconds(60),
    willHandOver: @escaping @Sendable () -> Bool = { true }
  ) async -> DeliveryOutcome {
    let channel = WebhookChannel(
      .ntfy, address: { () throws(SettingsError) in WebhookAddress(address) },
      client: { try HTTPClient(.init(userAgent: "test/1")) }, limit: limit,
      now: { Date(timeIntervalSince1970: 784_111_700) })
    let entry = OutboxEntry(
      day: "2026-11-26", createdAt: Date(),
      content: .webhook(kind: kind.rawValue, headers: ["Title": "a", "X-Empty": ""], body: "hello"))
    return await channel.send(entry, willHandOver: willHandOver)
  }

  @Test func oneRequestWithTheMessageAsItWasMade() async throws {
    let server = LoopbackServer { _ in LoopbackServer.answer(200) }
    #expect(await send(server.address(Self.path)) == .sent("the server answers 200"))
    let request = try #require(server.requests.first)
    #expect(server.requests.count == 1 && request.method == "POST" && request.target == Self.path)
    #expect(request.body == Array("hello".utf8) && request.headers["title"] == "a")
  }

  @Test(
    "what an answer means",
    arguments: [
      (204, [], "sent"), (301, ["Location: /elsewhere"], "refused"), (307, ["Location: /elsewhere"], "refused"),
      (400, [], "refused"), (401, [], "refused"), (403, [], "refused"), (404, [], "refused"), (410, [], "refused"),
      (408, [], "again"), (429, [], "again"), (500, [], "again"), (502, [], "again"), (503, [], "again"),
      (504, [], "uncertain"),
    ])
  func answers(_ status: Int, _ headers: [String], _ meaning: String) async throws {
    let server = LoopbackServer { _ in LoopbackServer.answer(status, headers: headers) }
    let outcome = await send(server.address(Self.path))
    #expect(server.requests.count == 1)
    switch outcome {
    case .sent(let words):
      #expect(meaning == "sent" && words.contains("\(status)"))
    case .refused(let words):
      #expect(meaning == "refused" && words.contains("\(status)"))
    case .tryAgain(let words, let after):
      #expect(meaning == "again" && words.contains("\(status)") && after == nil)
    case .uncertain(let words):
      #expect(meaning == "uncertain" && words.contains("\(status)"))
    }
  }

  @Test(
    "how long it wants to be left alone",
    arguments: [
      ("120", 120.0), ("Sun, 06 Nov 1994 08:49:37 GMT", 77.0),
    ])
  func retryAfter(_ value: String, _ seconds: Double) async {
    let server = LoopbackServer { _ in LoopbackServer.answer(429, headers: ["Retry-After: \(value)"]) }
    #expect(await send(server.address(Self.path)) == .tryAgain("the server answers 429", after: seconds))
  }

  @Test func aRequestWithoutAnAnswerMayHaveArrived() async {
    for step in [LoopbackServer.Step.close, .reset] {
      let server = LoopbackServer { _ in [step] }
      guard case .uncertain(let words) = await send(server.address(Self.path)) else {
        Issue.record("it is not uncertain")
        continue
      }
      #expect(server.requests.count == 1 && !words.contains("T0KEN") && !words.contains("secret-topic"), "\(words)")
    }
  }

  @Test func aServerThatHangsMayHaveHeardIt() async {
    let server = LoopbackServer { _ in [.hold] }
    guard case .uncertain(let words) = await send(server.address(Self.path), limit: .milliseconds(500)) else {
      Issue.record("it is not uncertain")
      return
    }
    #expect(server.requests.count == 1 && !words.contains("T0KEN"), "\(words)")
  }

  /// Whether a request that took too long may have been heard.
  @Test func onlyWhatWasSentMayHaveArrived() async throws {
    let client = try HTTPClient(.init(userAgent: "test/1"))
    func error(_ address: String) async throws -> HTTPError? {
      var request = HTTPRequest(.post, try #require(HTTPURL(address)), body: [65])
      request.limits.connect = .milliseconds(300)
      request.limits.firstByte = .milliseconds(300)
      do throws(HTTPError) {
        _ = try await client.data(for: request)
        return nil
      } catch {
        return error
      }
    }
    let (deaf, closed) = (DeafPort(), ClosedPort())
    let silent = LoopbackServer { _ in [.hold] }
    let connecting = try await error("http://127.0.0.1:\(deaf.port)/")
    #expect(connecting?.kind == .timeout && connecting?.isBeforeRequest == true)
    #expect(try await error("http://127.0.0.1:\(closed.port)/")?.isBeforeRequest == true)
    let waiting = try await error(silent.address())
    #expect(waiting?.kind == .timeout && waiting?.isBeforeRequest == false)
    await client.shutdown()
  }

  @Test func whereNobodyListensItIsTriedAgain() async {
    let port = ClosedPort()
    guard case .tryAgain(let words, nil) = await send("http://127.0.0.1:\(port.port)\(Self.path)") else {
      Issue.record("it is not tried again")
      return
    }
    #expect(!words.contains("T0KEN") && !words.contains("secret-topic"), "\(words)")
  }

  @Test func plainHttpIsOnlyForThisMachine() async {
    #expect(WebhookAddress("http://example.org/x") == nil && WebhookAddress("http://10.0.0.1/x") == nil)
    #expect(await send("http://example.org/x") == .refused("no digest.webhook.url is set"))
  }

  @Test func whatCannotBeNotedDownDoesNotLeave() async {
    let server = LoopbackServer { _ in LoopbackServer.answer(200) }
    #expect(await send(server.address(Self.path), willHandOver: { false }) == .unnoted)
    #expect(server.requests.isEmpty)
  }

  @Test func theFormOfAnotherServiceIsNotSent() async {
    let server = LoopbackServer { _ in LoopbackServer.answer(200) }
    guard case .refused = await send(server.address(Self.path), kind: .slack) else {
      Issue.record("it was sent")
      return
    }
    #expect(server.requests.isEmpty)
  }

  @Test func theAddressIsInNoDescription() throws {
    let address = try #require(WebhookAddress("https://hooks.example.org/services/T0KEN?x=T0KEN"))
    #expect("\(address)" == "https://hooks.example.org/***")
    var dumped = ""
    dump(address, to: &dumped)
    #expect(!dumped.contains("T0KEN") && !String(reflecting: address).contains("T0KEN"))
  }
}
