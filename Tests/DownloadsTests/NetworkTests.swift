import Domain
import Foundation
import HTTP
import LoopbackServer
import Synchronization
import Testing

@testable import Downloads

@Suite("The network under a download")
struct NetworkTests {
  @Test(
    "N16 a download's address that must not be gone to",
    arguments: [
      "http://10.0.0.1/blob", "https://169.254.169.254/latest", "http://[fd00::1]/blob", "file:///etc/passwd",
      "ftp://127.0.0.1/blob", "http://127.0.0.1.evil.example/blob", "https://evil.example/blob",
    ])
  func forbiddenAddress(location: String) async throws {
    var hub = FaultyHub(content: FaultyHub.small)
    hub.resolve = { _, _ in
      LoopbackServer.answer(302, headers: FaultyHub.linked(FaultyHub.small) + ["Location: \(location)"])
    }
    let outcome = try await hub.download { ask, content in FaultyHub.right(ask, content) }
    outcome.expectRefusal(.blocked)
    #expect(outcome.asks.isEmpty && outcome.resolves == 1)
  }

  @Test(
    "N16 a content network that sends us on is not followed", arguments: ["http://10.0.0.1/", "file:///etc/passwd"])
  func redirectOfTheNetwork(location: String) async throws {
    let outcome = try await FaultyHub(content: FaultyHub.small).download { _, _ in
      LoopbackServer.answer(302, headers: ["Location: \(location)"])
    }
    outcome.expectRefusal(.blocked)
    #expect(outcome.asks.allSatisfy { $0.request.path == "/blob" })
  }

  @Test("N18 the first 200 bytes of a refusal are told, and made harmless")
  func wordsOfARefusal() async throws {
    let words = "\u{1B}]8;;http://x\u{7}Denied " + String(repeating: "é", count: 300)
    let outcome = try await FaultyHub(content: FaultyHub.small).download { _, _ in
      LoopbackServer.answer(403, text: words)
    }
    outcome.expectRefusal(.blocked)
    let reason = try #require(outcome.reason)
    #expect(reason.contains("Denied") && reason.contains("403"))
    #expect(reason.unicodeScalars.allSatisfy { (32...126).contains($0.value) } && reason.utf8.count < 400)
  }

  @Test("N27 P15 a sleep: connections are dropped, addresses asked for anew, and nothing counts as a failure")
  func sleep() async throws {
    let hasSlept = Mutex(false)
    var hub = FaultyHub(content: FaultyHub.large)
    hub.now = { .now + (hasSlept.withLock { $0 } ? .seconds(3600) : .zero) }
    let outcome = try await hub.download { ask, content in
      guard ask.request.target.hasSuffix("n=0") else { return FaultyHub.right(ask, content) }
      // Half of each range comes; then the lid is shut.
      if ask.index == 3 { hasSlept.withLock { $0 = true } }
      return [.send(FaultyHub.head(ask, content) + content.bytes[ask.range].prefix(ask.range.count / 2)), .hold]
    }
    outcome.expectRight()
    #expect(outcome.resolves == 2 && outcome.waits.isEmpty, "\(outcome.waits)")
    #expect(outcome.served < Int64(content(outcome)) * 2)
  }

  private func content(_ outcome: FaultyHub.Outcome) -> Int { FaultyHub.large.bytes.count }

  @Test("N25 a source that is throttled and may not be too wide")
  func throttled() async throws {
    let source = Throttle(bytesPerSecond: 20_000_000, widest: 5)
    let outcome = try await FaultyHub(content: FaultyHub.large).download { ask, content in
      guard source.enter() else { return [.reset] }
      defer { source.leave() }
      source.take(ask.range.count)
      return FaultyHub.right(ask, content)
    }
    outcome.expectRight()
    #expect(source.mostAtOnce <= ConnectionGovernor.most)
  }

  /// What one source may take: a bucket of tokens, and so many requests at one time.
  final class Throttle: Sendable {
    private struct State {
      var free = ContinuousClock.now
      var open = 0
      var most = 0
    }

    private let rate: Double
    private let widest: Int
    private let state = Mutex(State())

    init(bytesPerSecond: Double, widest: Int) {
      rate = bytesPerSecond
      self.widest = widest
    }

    var mostAtOnce: Int { state.withLock(\.most) }

    func enter() -> Bool {
      state.withLock { state in
        state.most = max(state.most, state.open + 1)
        guard state.open < widest else { return false }
        state.open += 1
        return true
      }
    }

    func leave() { state.withLock { $0.open -= 1 } }

    /// Waits until so many bytes may go.
    func take(_ bytes: Int) {
      let due = state.withLock { state in
        state.free = max(state.free, .now) + .seconds(Double(bytes) / rate)
        return state.free
      }
      Thread.sleep(forTimeInterval: max(0, (due - .now) / .seconds(1)))
    }
  }
}

@Suite("How many connections are worth having")
struct GovernorTests {
  /// Looks every tenth of a second at a line with a speed that depends on the connections.
  private func live(
    _ governor: inout ConnectionGovernor, from start: Int, seconds: Int, speed: (Int) -> Double
  ) -> (advice: Int, most: Int) {
    var advice = 0
    var most = 0
    for tick in start * 10..<(start + seconds) * 10 {
      let open = governor.allowed
      most = max(most, open)
      let bytes = Int64(speed(open) / 10)
      let now: Duration = .milliseconds(100 * tick)
      if governor.look(bytes: bytes, open: open, isHungry: true, now: now) == .anotherEdge { advice += 1 }
    }
    return (advice, most)
  }

  @Test("N25 more connections that bring nothing are given back")
  func nothingGained() {
    var governor = ConnectionGovernor()
    #expect(governor.allowed == ConnectionGovernor.start)
    let (advice, most) = live(&governor, from: 0, seconds: 20) { _ in 10_000_000 }
    #expect(governor.allowed == ConnectionGovernor.start && advice == 0 && most == ConnectionGovernor.most)
  }

  @Test("N25 more connections that bring more are kept, up to eight")
  func gained() {
    var governor = ConnectionGovernor()
    let (_, most) = live(&governor, from: 0, seconds: 20) { Double($0) * 1_000_000 }
    #expect(governor.allowed == ConnectionGovernor.most && most == ConnectionGovernor.most)
  }

  @Test("N25 a line that collapses is left with half of the connections, and another edge is asked")
  func collapse() {
    var governor = ConnectionGovernor()
    _ = live(&governor, from: 0, seconds: 20) { Double($0) * 1_000_000 }
    let (advice, _) = live(&governor, from: 20, seconds: 22) { _ in 100_000 }
    #expect(advice == 1 && governor.allowed == ConnectionGovernor.most / 2)
  }

  @Test("N1 the wait between two tries grows to a quarter of an hour, drawn anew each time")
  func jitter() {
    for tries in 1...40 {
      let bound = tries < 11 ? 0.5 * Double(1 << tries) : 900
      let draws = (0..<50).map { _ in Trouble.jitter(tries) }
      #expect(draws.allSatisfy { (0...min(900, bound)).contains($0) } && Set(draws).count > 1)
    }
  }
}
