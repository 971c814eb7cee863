import Foundation
import HubServer
import Testing

@Suite("Mishaps", .timeLimit(.minutes(1)))
struct FaultTests {
  static let weights = patternBytes(500_000)

  /// A server with one large file, and the address of its content.
  private func withTarget(
    _ options: HubServerOptions = HubServerOptions(),
    _ body: @Sendable (PracticeHub, String) async throws -> Void
  ) async throws {
    try await PracticeHub.with(options: options, { try $0.write("org/m/w.gguf", Self.weights) }) { hub in
      try await body(hub, hub.cdnTarget(of: try await hub.hub.get("/org/m/resolve/main/w.gguf")))
    }
  }

  @Test("a status comes as often as it was told to, then the right answer")
  func status() async throws {
    try await withTarget { hub, target in
      await hub.server.add(Fault(path: "org/m/w.gguf", action: .status(503), times: 2))
      await hub.server.add(Fault(path: "/api/models", action: .status(429, retryAfter: 7)))
      #expect(try await hub.content.get(target).status == 503)
      #expect(try await hub.content.get(target).status == 503)
      #expect(try await hub.content.get(target).body == Self.weights)
      let limited = try await hub.hub.get("/api/models")
      #expect(limited.status == 429 && limited.header("Retry-After") == "7")
      #expect(try await hub.hub.get("/api/models").status == 200)
    }
  }

  @Test("a cut closes the connection at that very byte, once, and not for a HEAD")
  func cut() async throws {
    var options = HubServerOptions()
    options.faults = [Fault(path: "org/m/w.gguf", action: .cut(afterBytes: 200_001))]
    try await withTarget(options) { hub, target in
      #expect(try await hub.content.head(target).contentLength == 500_000)
      let reply = try await hub.content.get(target)
      #expect(reply.status == 200 && reply.contentLength == 500_000)
      #expect(reply.body == Array(Self.weights[..<200_001]))
      #expect(await hub.server.requests.last?.bodyBytes == 200_001)
      let rest = try await hub.content.get(target, headers: ["Range: bytes=200001-"])
      #expect(rest.body == Array(Self.weights[200_001...]))
    }
  }

  @Test("wrong bytes are wrong exactly there")
  func wrongBytes() async throws {
    try await withTarget { hub, target in
      await hub.server.add(Fault(path: "org/m/w.gguf", action: .wrongBytes(offset: 131_071, count: 2)))
      let body = try await hub.content.get(target).body
      let wrong = body.indices.filter { body[$0] != Self.weights[$0] }
      #expect(body.count == 500_000 && wrong == [131_071, 131_072])
    }
  }

  @Test("an ignored range is answered with the whole")
  func ignoreRange() async throws {
    try await withTarget { hub, target in
      await hub.server.add(Fault(path: "org/m/w.gguf", action: .ignoreRange))
      let whole = try await hub.content.get(target, headers: ["Range: bytes=5-9"])
      #expect(whole.status == 200 && whole.body.count == 500_000)
      #expect(try await hub.content.get(target, headers: ["Range: bytes=5-9"]).body.count == 5)
    }
  }

  @Test("a stall pauses the body, which then goes on to its end")
  func stall() async throws {
    try await withTarget { hub, target in
      await hub.server.add(Fault(path: "org/m/w.gguf", action: .stall(afterBytes: 1000, seconds: 0.4)))
      let start = ContinuousClock.now
      let reply = try await hub.content.get(target)
      #expect(reply.body == Self.weights)
      #expect(ContinuousClock.now - start >= .seconds(0.4))
    }
  }

  @Test("the pace of a body is limited, and a server stops in the middle of one")
  func bandwidth() async throws {
    var options = HubServerOptions()
    options.bytesPerSecond = 1_000_000
    try await withTarget(options) { hub, target in
      let start = ContinuousClock.now
      _ = try await hub.content.get(target, headers: ["Range: bytes=0-299999"])
      let time = ContinuousClock.now - start
      #expect(time >= .seconds(0.2) && time < .seconds(10))

      async let reply = hub.content.get(target)
      var sent: Int64 = 0
      while sent < 50_000 {
        try await Task.sleep(for: .milliseconds(5))
        sent = await hub.server.requests.filter { $0.range == nil && $0.port == .cdn }.last?.bodyBytes ?? 0
      }
      await hub.server.stop()
      let cut = try await reply
      #expect(cut.contentLength == 500_000 && cut.body.count < 500_000)
      #expect(cut.body == Array(Self.weights[..<cut.body.count]))
    }
  }
}
