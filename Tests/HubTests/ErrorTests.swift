import Domain
import HTTP
import Hub
import LoopbackServer
import Testing

@Suite("What the hub refuses, and how")
struct ErrorTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let status: Int
    var headers: [String] = []
    var token: String?
    var isFile = false
    let kind: HubError.Kind
    let exitCode: ExitCode

    var testDescription: String { name }
  }

  static let cases: [Case] = [
    Case(
      name: "missing file", status: 404,
      headers: ["X-Error-Code: EntryNotFound", "X-Error-Message: Entry not found"],
      isFile: true, kind: .entryNotFound, exitCode: .failed),
    Case(
      name: "missing revision", status: 404, headers: ["X-Error-Code: RevisionNotFound"], isFile: true,
      kind: .revisionNotFound, exitCode: .failed),
    Case(
      name: "missing repo with a token", status: 404, headers: ["X-Error-Code: RepoNotFound"], token: "t",
      kind: .repoNotFound, exitCode: .failed),
    Case(
      name: "missing repo, anonymous", status: 401,
      headers: ["X-Error-Message: Invalid username or password."],
      kind: .repoNotFound, exitCode: .failed),
    Case(
      name: "bad token", status: 401,
      headers: ["X-Error-Message: Invalid credentials in Authorization header"],
      token: "t", kind: .badToken, exitCode: .unusableSetup),
    Case(
      name: "disabled", status: 403, headers: ["X-Error-Message: Access to this resource is disabled."],
      kind: .disabled, exitCode: .failed),
    Case(name: "forbidden", status: 403, token: "t", kind: .forbidden, exitCode: .failed),
    Case(name: "404 without a code", status: 404, kind: .repoNotFound, exitCode: .failed),
    Case(name: "410", status: 410, kind: .repoNotFound, exitCode: .failed),
    Case(name: "file 404 without a code", status: 404, isFile: true, kind: .entryNotFound, exitCode: .failed),
    Case(name: "400", status: 400, kind: .unexpectedAnswer, exitCode: .hubUnreachable),
    Case(name: "500", status: 500, kind: .serverError(status: 500), exitCode: .hubUnreachable),
    Case(name: "503", status: 503, kind: .serverError(status: 503), exitCode: .hubUnreachable),
    Case(name: "522", status: 522, kind: .serverError(status: 522), exitCode: .hubUnreachable),
  ]

  @Test(arguments: cases)
  func theError(_ example: Case) async throws {
    let fixture = try HubFixture(token: example.token) { _ in
      LoopbackServer.answer(example.status, headers: example.headers, text: "{\"error\":\"x\"}")
    }
    let error = await hubError {
      if example.isFile {
        _ = try await fixture.hub.resolve(repo, path: path("a/b c.gguf"))
      } else {
        _ = try await fixture.hub.modelInfo(repo)
      }
    }
    #expect(error?.kind == example.kind)
    #expect(error?.exitCode == example.exitCode)
    #expect(error?.problem.contains("org/name") == true)
  }

  @Test(arguments: [401, 403])
  func gatedNamesThePage(status: Int) async throws {
    let fixture = try HubFixture { _ in
      LoopbackServer.answer(
        status, headers: ["X-Error-Code: GatedRepo", "X-Error-Message: Access \u{1B}[31m"])
    }
    let error = await hubError { _ = try await fixture.hub.resolve(repo, path: path("m.gguf")) }
    #expect(error?.kind == .gated(page: fixture.server.address("/org/name")))
    #expect(error?.advice?.contains(fixture.server.address("/org/name")) == true)
    #expect(error?.exitCode == .failed)
    #expect(error?.description.unicodeScalars.allSatisfy { (32...126).contains($0.value) } == true)
  }

  @Test(arguments: [500, 502, 503, 504, 408])
  func serverErrorsAreTriedFiveTimes(status: Int) async throws {
    let fixture = try HubFixture { _ in LoopbackServer.answer(status) }
    _ = await hubError { _ = try await fixture.hub.modelInfo(repo) }
    #expect(fixture.server.requests.count == 5)
    let slept = fixture.clock.slept
    #expect(slept.count == 4)
    #expect(zip(slept, [1.0, 2, 4, 8]).allSatisfy { $0 <= $1 })
  }

  @Test(arguments: [400, 401, 403, 404])
  func lastingErrorsAreNotTriedAgain(status: Int) async throws {
    let fixture = try HubFixture { _ in LoopbackServer.answer(status) }
    _ = await hubError { _ = try await fixture.hub.modelInfo(repo) }
    #expect(fixture.server.requests.count == 1)
    #expect(fixture.clock.slept.isEmpty)
  }

  @Test func itGoesOnWhenTheHubIsBack() async throws {
    let count = Counter()
    let fixture = try HubFixture { _ in
      switch count.next() {
      case 0: LoopbackServer.answer(503, headers: ["Retry-After: 7"])
      case 1: [.reset]
      case 2: LoopbackServer.answer(429, headers: ["Retry-After: 5"])
      default: LoopbackServer.answer(text: "{\"id\":\"org/name\"}")
      }
    }
    #expect(try await fixture.hub.modelInfo(repo).id == repo)
    #expect(fixture.clock.slept.reduce(0, +) >= 12)
  }

  @Test func aRefusedConnectionIsTriedThreeTimes() async throws {
    let closed = ClosedPort()
    let clock = FakeClock()
    let hub = try HubClient(
      endpoint: HubEndpoint("http://127.0.0.1:\(closed.port)"), token: nil,
      http: HTTPClient(.init(userAgent: "test")), clock: clock.clock)
    let error = await hubError { _ = try await hub.modelInfo(repo) }
    guard case .unreachable(let cause) = error?.kind else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(cause.kind == .connect)
    #expect(error?.exitCode == .hubUnreachable)
    #expect(clock.slept.count == 2)
    #expect(clock.slept.reduce(0, +) <= 3)
  }

  @Test func aLongPauseIsNotWaitedFor() async throws {
    let fixture = try HubFixture { _ in LoopbackServer.answer(429, headers: ["Retry-After: 800"]) }
    let error = await hubError { _ = try await fixture.hub.modelInfo(repo) }
    guard case .rateLimited(let seconds) = error?.kind else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect((790...800).contains(seconds))
    #expect(error?.exitCode == .hubUnreachable)
    #expect(fixture.server.requests.count == 1)
    #expect(await hubError { _ = try await fixture.hub.modelInfo(repo) }?.isTransient == true)
    #expect(fixture.server.requests.count == 1)
  }

  @Test func anEmptyQuotaIsRespected() async throws {
    let fixture = try HubFixture { _ in
      LoopbackServer.answer(headers: ["RateLimit: \"api\";r=0;t=140"], text: "{\"id\":\"org/name\"}")
    }
    _ = try await fixture.hub.modelInfo(repo)
    #expect(fixture.clock.slept.isEmpty)
    _ = try await fixture.hub.modelInfo(repo)
    #expect(fixture.clock.slept.reduce(0, +) >= 140)
    let stored = await fixture.hub.politeness.limiter
    #expect(stored != RateLimiter())
  }

  @Test func cancelling() async throws {
    let fixture = try HubFixture { _ in [.hold] }
    let task = Task { try await fixture.hub.modelInfo(repo) }
    while fixture.server.requests.isEmpty { await Task.yield() }
    task.cancel()
    #expect(await hubError { _ = try await task.value }?.kind == .cancelled)
  }
}
