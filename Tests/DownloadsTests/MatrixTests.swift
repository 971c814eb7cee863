import Domain
import Foundation
import HTTP
import LoopbackServer
import Synchronization
import Testing

@testable import Downloads

/// What other programs do wrong: sixteen faults, each with a file that comes over one connection and one that comes
/// over several.
@Suite("The fault matrix")
struct MatrixTests {
  private static let both = [FaultyHub.small, FaultyHub.large]

  /// Part of the right answer, and then another end.
  private static func cut(
    _ ask: FaultyHub.Ask, _ content: FaultyHub.Content, share: Double, head: [UInt8]? = nil, _ end: LoopbackServer.Step
  ) -> [LoopbackServer.Step] {
    let count = Int(Double(ask.range.count) * share)
    return [.send((head ?? FaultyHub.head(ask, content)) + content.bytes[ask.range].prefix(count)), end]
  }

  @Test("N3 body shorter than Content-Length", arguments: both)
  func cutBody(content: FaultyHub.Content) async throws {
    let outcome = try await FaultyHub(content: content).download { ask, content in
      ask.index < 2 ? Self.cut(ask, content, share: 0.6, .close) : FaultyHub.right(ask, content)
    }
    outcome.expectRight()
    // What arrived is not asked for again.
    let missing = outcome.asks.prefix(2).reduce(0) { $0 + $1.range.count - Int(Double($1.range.count) * 0.6) }
    #expect(
      outcome.asks.dropFirst(2).reduce(0) { $0 + $1.range.count } <= content.bytes.count - 6 * missing / 4 + missing)
  }

  @Test("N4 body short, no length", arguments: both)
  func cutBodyWithoutLength(content: FaultyHub.Content) async throws {
    let outcome = try await FaultyHub(content: content).download { ask, content in
      guard ask.index < 2 else { return FaultyHub.right(ask, content) }
      let status = ask.isRanged ? "206 Partial Content" : "200 OK"
      let range = "Content-Range: bytes \(ask.range.lowerBound)-\(ask.range.upperBound - 1)/\(content.bytes.count)\r\n"
      let head = "HTTP/1.1 \(status)\r\n\(ask.isRanged ? range : "")Connection: close\r\n\r\n"
      return Self.cut(ask, content, share: 0.6, head: Array(head.utf8), .close)
    }
    outcome.expectRight()
  }

  @Test("N2 RST in the middle of the body, twice", arguments: both)
  func reset(content: FaultyHub.Content) async throws {
    let outcome = try await FaultyHub(content: content).download { ask, content in
      ask.index < 2 ? Self.cut(ask, content, share: 0.5, .reset) : FaultyHub.right(ask, content)
    }
    outcome.expectRight()
  }

  @Test("N8 wrong Content-Range", arguments: both)
  func wrongRange(content: FaultyHub.Content) async throws {
    let outcome = try await FaultyHub(content: content).download { ask, content in
      if ask.index == 0 { return Self.cut(ask, content, share: 0.5, .reset) }
      guard ask.index < 3, ask.isRanged else { return FaultyHub.right(ask, content) }
      return [.send(FaultyHub.head(ask, content, shift: 4096) + content.bytes[ask.range])]
    }
    outcome.expectRight()
  }

  @Test("N7 server ignores Range", arguments: both)
  func ignoresRange(content: FaultyHub.Content) async throws {
    let outcome = try await FaultyHub(content: content).download { ask, content in
      let whole = "HTTP/1.1 200 OK\r\nContent-Length: \(content.bytes.count)\r\n\r\n"
      let body = Array(whole.utf8) + content.bytes
      // The first body breaks in the middle, so that a part of it is asked for.
      return ask.index == 0 ? [.send(Array(body.prefix(body.count / 2))), .reset] : [.send(body)]
    }
    outcome.expectRight()
    #expect(outcome.asks.count <= 12)
  }

  @Test("N10 object changes in the middle and back", arguments: both)
  func changesOnce(content: FaultyHub.Content) async throws {
    let other = FaultyHub.Content(megabytes: content.bytes.count / 1_000_000, seed: 9)
    let outcome = try await FaultyHub(content: content).download { ask, content in
      if ask.index == 0 { return Self.cut(ask, content, share: 0.5, .reset) }
      return ask.index == 2 ? FaultyHub.right(ask, other, tag: "\"b\"") : FaultyHub.right(ask, content)
    }
    outcome.expectRight()
  }

  @Test("N10 object changes in the middle for good", arguments: both)
  func changesForGood(content: FaultyHub.Content) async throws {
    let other = FaultyHub.Content(megabytes: content.bytes.count / 1_000_000, seed: 9)
    let outcome = try await FaultyHub(content: content).download { ask, content in
      if ask.index == 0 { return Self.cut(ask, content, share: 0.5, .reset) }
      return FaultyHub.right(ask, other, tag: "\"b\"")
    }
    outcome.expectRefusal(.quarantined)
  }

  @Test("N10 a resumed request says what it goes on with")
  func saysIfRange() async throws {
    let outcome = try await FaultyHub(content: FaultyHub.small).download { ask, content in
      ask.index == 0 ? Self.cut(ask, content, share: 0.5, .reset) : FaultyHub.right(ask, content)
    }
    outcome.expectRight()
    #expect(outcome.asks.map { $0.request.headers["if-range"] } == [nil, "\"a\""])
  }

  @Test("N11 416 on resume", arguments: both)
  func rangeNotSatisfiable(content: FaultyHub.Content) async throws {
    let outcome = try await FaultyHub(content: content).download { ask, content in
      if ask.index == 0 { return Self.cut(ask, content, share: 0.5, .reset) }
      let end = "Content-Range: bytes */\(content.bytes.count / 2)"
      return ask.index == 1 ? LoopbackServer.answer(416, headers: [end]) : FaultyHub.right(ask, content)
    }
    outcome.expectRight()
  }

  @Test("N11 416 for ever is no complete file", arguments: both)
  func rangeNeverSatisfiable(content: FaultyHub.Content) async throws {
    let outcome = try await FaultyHub(content: content).download { ask, content in
      ask.index == 0 ? Self.cut(ask, content, share: 0.5, .reset) : LoopbackServer.answer(416)
    }
    outcome.expectRefusal(.blocked)
  }

  @Test("N12 429 with Retry-After", arguments: both)
  func tooManyRequests(content: FaultyHub.Content) async throws {
    let outcome = try await FaultyHub(content: content).download { ask, content in
      guard ask.index == 0 else { return FaultyHub.right(ask, content) }
      return LoopbackServer.answer(429, headers: ["Retry-After: 3", "RateLimit: \"resolvers\";r=0;t=55"])
    }
    outcome.expectRight()
    #expect(outcome.waits.contains { $0 >= 3 })
  }

  @Test("N13 503 twice", arguments: both)
  func unavailable(content: FaultyHub.Content) async throws {
    let outcome = try await FaultyHub(content: content).download { ask, content in
      ask.index < 2 ? LoopbackServer.answer(503) : FaultyHub.right(ask, content)
    }
    outcome.expectRight()
  }

  @Test("N23 a web page with 200", arguments: both)
  func loginPage(content: FaultyHub.Content) async throws {
    let outcome = try await FaultyHub(content: content).download { _, _ in
      LoopbackServer.answer(200, headers: ["Content-Type: text/html"], text: "<html>please log in</html>")
    }
    outcome.expectRefusal(.blocked)
  }

  @Test("C1 one bit flipped, once", arguments: both)
  func flippedOnce(content: FaultyHub.Content) async throws {
    let isDone = Mutex(false)
    let outcome = try await FaultyHub(content: content).download { ask, content in
      guard ask.range.contains(2_000_000), !isDone.withLock({ $0 }) else { return FaultyHub.right(ask, content) }
      isDone.withLock { $0 = true }
      var body = Array(content.bytes[ask.range])
      body[2_000_000 - ask.range.lowerBound] ^= 4
      return [.send(FaultyHub.head(ask, content) + body)]
    }
    outcome.expectRight()
  }

  @Test("C1 one bit flipped, always", arguments: both)
  func flippedAlways(content: FaultyHub.Content) async throws {
    let outcome = try await FaultyHub(content: content).download { ask, content in
      var body = Array(content.bytes[ask.range])
      if ask.range.contains(2_000_000) { body[2_000_000 - ask.range.lowerBound] ^= 4 }
      return [.send(FaultyHub.head(ask, content) + body)]
    }
    outcome.expectRefusal(.quarantined)
  }

  @Test("N14 redirect loop")
  func redirectLoop() async throws {
    var hub = FaultyHub(content: FaultyHub.small)
    hub.resolve = { index, _ in LoopbackServer.answer(302, headers: ["Location: /a\(index % 3)"]) }
    let outcome = try await hub.download { ask, content in FaultyHub.right(ask, content) }
    outcome.expectRefusal(.blocked)
    #expect(outcome.resolves <= 6 && outcome.asks.isEmpty)
  }

  @Test("N15 redirect to another host: the token stays", arguments: both)
  func tokenStays(content: FaultyHub.Content) async throws {
    var hub = FaultyHub(content: content)
    hub.token = Secret("hf_\(String(repeating: "x", count: 34))")
    let outcome = try await hub.download { ask, content in FaultyHub.right(ask, content) }
    outcome.expectRight()
    for ask in outcome.asks { #expect(!ask.request.headers.values.contains { $0.contains("hf_") }) }
  }

  @Test("N17 signed address expires in the middle", arguments: [403, 400], both)
  func addressExpires(status: Int, content: FaultyHub.Content) async throws {
    let outcome = try await FaultyHub(content: content).download { ask, content in
      // Of the first address only the beginning is to be had.
      guard ask.request.target.hasSuffix("n=0") else { return FaultyHub.right(ask, content) }
      return ask.index == 0
        ? Self.cut(ask, content, share: 0.4, .close) : LoopbackServer.answer(status, text: "expired")
    }
    outcome.expectRight()
    #expect(outcome.resolves == 2)
  }

  @Test("N18 403 that is no expiry", arguments: both)
  func refused(content: FaultyHub.Content) async throws {
    let outcome = try await FaultyHub(content: content).download { _, _ in
      LoopbackServer.answer(403, text: "<Error>\u{1B}[31mAccessDenied</Error>")
    }
    outcome.expectRefusal(.blocked)
    #expect(outcome.reason?.contains("AccessDenied") == true && outcome.reason?.contains("\u{1B}") == false)
    #expect(outcome.resolves == 1 + Trouble.refreshes)
  }

  @Test("N5 body stalls, the connection stays open", arguments: both)
  func stalls(content: FaultyHub.Content) async throws {
    var hub = FaultyHub(content: content)
    hub.limits.lowSpeedTime = .milliseconds(800)
    let outcome = try await hub.download { ask, content in
      ask.index == 0 ? Self.cut(ask, content, share: 0.5, .hold) : FaultyHub.right(ask, content)
    }
    outcome.expectRight()
  }

  @Test("N6 slow-loris")
  func slowLoris() async throws {
    var hub = FaultyHub(content: FaultyHub.small)
    hub.limits.lowSpeedTime = .milliseconds(800)
    let outcome = try await hub.download { ask, content in
      guard ask.index == 0 else { return FaultyHub.right(ask, content) }
      // A byte now and then, for ever.
      return [.send(FaultyHub.head(ask, content) + content.bytes.prefix(10)), .hold]
    }
    outcome.expectRight()
  }

  @Test("N26 Content-Encoding that was not asked for", arguments: both)
  func unaskedEncoding(content: FaultyHub.Content) async throws {
    let outcome = try await FaultyHub(content: content).download { ask, content in
      [.send(FaultyHub.head(ask, content, more: ["Content-Encoding: gzip"]) + content.bytes[ask.range])]
    }
    outcome.expectRefusal(.waiting)
    #expect(outcome.asks.allSatisfy { $0.request.headers["accept-encoding"] == "identity" })
  }

  @Test("N24 a kept connection that is gone")
  func staleConnection() async throws {
    let outcome = try await FaultyHub(content: FaultyHub.large).download { ask, content in
      FaultyHub.right(ask, content) + (ask.index % 2 == 0 ? [.close] : [])
    }
    outcome.expectRight()
    #expect(outcome.waits.allSatisfy { $0 < 1 })
  }

  @Test("N25 more connections than the server bears")
  func fewConnections() async throws {
    let open = Mutex(0)
    let outcome = try await FaultyHub(content: FaultyHub.large).download { ask, content in
      // Of five connections the server breaks one.
      let count = open.withLock { open in
        open += 1
        return open
      }
      return count % 5 == 0 ? [.reset] : FaultyHub.right(ask, content)
    }
    outcome.expectRight()
  }
}
