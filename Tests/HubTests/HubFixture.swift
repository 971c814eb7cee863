import Domain
import HTTP
import Hub
import LoopbackServer
import Synchronization
import Testing

/// A clock that stands still but for what is slept.
final class FakeClock: Sendable {
  private let state = Mutex((now: 1_800_000_000.0, slept: [Double]()))

  var clock: HubClock {
    HubClock(
      now: { self.state.withLock(\.now) },
      sleep: { seconds in
        try Task.checkCancellation()
        self.state.withLock { state in
          state.now += seconds
          state.slept.append(seconds)
        }
      })
  }

  var slept: [Double] { state.withLock(\.slept) }
  var now: Double { state.withLock(\.now) }
}

/// A client of a scripted hub, which never really waits.
struct HubFixture {
  let server: LoopbackServer
  let clock = FakeClock()
  let hub: HubClient

  init(
    token: String? = nil, options: HubClient.Options = .init(),
    _ respond: @escaping @Sendable (LoopbackServer.Request) -> [LoopbackServer.Step]
  ) throws {
    let server = LoopbackServer(respond)
    self.server = server
    hub = try HubClient(
      endpoint: HubEndpoint(server.address("")), token: token.flatMap { Secret($0) },
      http: HTTPClient(.init(userAgent: HubClient.userAgent(version: "test"))), options: options,
      clock: clock.clock)
  }
}

let repo: RepoID = fixed(RepoID("org/name"))
let commit: CommitHash = fixed(CommitHash(String(repeating: "c", count: 40)))
let sha256 = String(repeating: "a", count: 64)
let sha1 = String(repeating: "b", count: 40)

/// A constant that is known to be well formed.
func fixed<Value>(_ value: Value?) -> Value {
  guard let value else { preconditionFailure("a malformed constant") }
  return value
}

func path(_ text: String) -> RepoPath { fixed(RepoPath(text)) }

/// The error that some work ends with.
func hubError(_ work: () async throws -> Void) async -> HubError? {
  do {
    try await work()
    return nil
  } catch {
    return error as? HubError
  }
}
