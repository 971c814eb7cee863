import Domain
import Glibc
import LoopbackServer
import Synchronization
import Testing

@testable import HTTP

@Suite("Coming to a connection")
struct ConnectionTests {
  private func detail(_ url: String, _ change: (inout HTTPLimits) -> Void) async throws -> String? {
    var request = HTTPRequest(.get, try #require(HTTPURL(url)))
    change(&request.limits)
    let client = try makeClient()
    do throws(HTTPError) {
      _ = try await client.data(for: request)
      return nil
    } catch {
      #expect(error.kind == .timeout && error.isTransient)
      return error.detail
    }
  }

  @Test("N1 the error names the phase that took too long")
  func phases() async throws {
    let deaf = DeafPort()
    let connecting = try await detail("http://127.0.0.1:\(deaf.port)/") { $0.connect = .milliseconds(300) }
    #expect(connecting == "no connection within 300 ms")
    let silent = LoopbackServer { _ in [.hold] }
    let handshake = try await detail("https://127.0.0.1:\(silent.port)/") { $0.handshake = .milliseconds(300) }
    #expect(handshake == "no TLS handshake within 300 ms")
    let first = try await detail(silent.address()) { $0.firstByte = .milliseconds(300) }
    #expect(first == "no first byte within 300 ms")
  }

  @Test("N19 a name server that fails: the old address is good enough")
  func oldAddress() async throws {
    let server = LoopbackServer { _ in LoopbackServer.answer(headers: ["Connection: close"], text: "here") + [.close] }
    let url = try #require(HTTPURL("http://known.invalid:\(server.port)/"))
    let isAnswering = Mutex(true)
    var configuration = HTTPClient.Configuration(userAgent: "test/1")
    configuration.hosts = {
      // What the name server said is forgotten, and `.invalid` is known to none.
      [isAnswering.withLock { $0 } ? "known.invalid:\(server.port):127.0.0.1" : "-known.invalid:\(server.port)"]
    }
    let client = try HTTPClient(configuration)
    #expect(try await client.data(for: HTTPRequest(.get, url)).head.status == 200)
    isAnswering.withLock { $0 = false }
    for _ in 0..<2 { #expect(try await client.data(for: HTTPRequest(.get, url)).head.status == 200) }
    // One that was never reached has no old address.
    let unknown = try #require(HTTPURL("http://unknown.invalid:\(server.port)/"))
    do throws(HTTPError) {
      _ = try await client.data(for: HTTPRequest(.get, unknown))
      Issue.record("it was reached")
    } catch {
      #expect(error.kind == .resolve && error.isTransient)
    }
    var memory = AddressMemory()
    memory.learn(url.origin, address: "127.0.0.1", now: .zero)
    #expect(memory.address(of: url.origin, now: .seconds(86_399)) == "127.0.0.1")
    #expect(memory.address(of: url.origin, now: .seconds(86_400)) == nil)
  }

  @Test("N21 IPv6 that leads nowhere: the family that worked is remembered")
  func families() async throws {
    let server = LoopbackServer { _ in LoopbackServer.answer(headers: ["Connection: close"], text: "four") + [.close] }
    let url = try #require(HTTPURL("http://two.example:\(server.port)/"))
    var configuration = HTTPClient.Configuration(userAgent: "test/1")
    configuration.hosts = { ["two.example:\(server.port):[::1],127.0.0.1"] }
    let client = try HTTPClient(configuration)
    // On ::1 nobody listens yet.
    #expect(try await client.data(for: HTTPRequest(.get, url)).body == Array("four".utf8))
    guard let other = LoopbackServer(ipv6Port: server.port, { _ in LoopbackServer.answer(text: "six") }) else { return }
    #expect(try await client.data(for: HTTPRequest(.get, url)).body == Array("four".utf8))
    #expect(other.requests.isEmpty)
    // After a sleep nothing is known any more.
    client.forgetConnections()
    #expect(try await client.data(for: HTTPRequest(.get, url)).body == Array("six".utf8))
  }

  @Test("N21 only the addresses that the configuration allows")
  func onlyOneFamily() async throws {
    let server = LoopbackServer { _ in LoopbackServer.answer(text: "four") }
    let url = try #require(HTTPURL("http://two.example:\(server.port)/"))
    var configuration = HTTPClient.Configuration(userAgent: "test/1", addressFamily: .ipv4)
    configuration.hosts = { ["two.example:\(server.port):[::1],127.0.0.1"] }
    let four = try HTTPClient(configuration)
    #expect(try await four.data(for: HTTPRequest(.get, url)).body == Array("four".utf8))
    configuration.addressFamily = .ipv6
    let six = try HTTPClient(configuration)
    await #expect(throws: HTTPError.self) { _ = try await six.data(for: HTTPRequest(.get, url)) }
    #expect(server.requests.count == 1)
  }

  @Test func aFamilyIsRememberedForTenMinutesAndForgottenWhenItFails() throws {
    var memory = FamilyMemory()
    let host = HTTPURL.Origin(scheme: "https", host: "h", port: 443)
    memory.learn(host, tried: [.ipv6], worked: .ipv6, now: .zero)
    #expect(memory.family(of: host, now: .zero) == nil, "nothing failed")
    memory.learn(host, tried: [.ipv4, .ipv6], worked: .ipv4, now: .seconds(10))
    memory.learn(host, tried: [.ipv4], worked: .ipv4, now: .seconds(20))
    #expect(memory.family(of: host, now: .seconds(609)) == .ipv4)
    #expect(memory.family(of: host, now: .seconds(610)) == nil)
    memory.learn(host, tried: [.ipv4, .ipv6], worked: .ipv4, now: .seconds(700))
    memory.learn(host, tried: [.ipv4], worked: nil, now: .seconds(710))
    #expect(memory.family(of: host, now: .seconds(711)) == nil)
    for index in 0..<200 {
      let other = HTTPURL.Origin(scheme: "https", host: "h\(index)", port: 443)
      memory.learn(other, tried: [.ipv4, .ipv6], worked: .ipv6, now: .zero)
      #expect(memory.family(of: other, now: .zero) == .ipv6)
    }
  }

  @Test(
    "N24 a kept connection that is gone: asked once more, for free", arguments: [LoopbackServer.Step.close, .reset])
  func staleConnection(end: LoopbackServer.Step) async throws {
    let count = Mutex(0)
    let server = LoopbackServer { _ in
      // Every second request on a connection is swallowed.
      let isSwallowed = count.withLock { count in
        count += 1
        return count % 3 == 2
      }
      return isSwallowed ? [end] : LoopbackServer.answer(text: "well")
    }
    let client = try makeClient()
    for _ in 0..<4 {
      #expect(try await client.data(for: HTTPRequest(.get, server.url())).body == Array("well".utf8))
    }
  }

  @Test("N24 a fresh connection that breaks is not asked again for free")
  func brokenFreshConnection() async throws {
    let server = LoopbackServer { _ in [.reset] }
    let client = try makeClient()
    await #expect(throws: HTTPError.self) { _ = try await client.data(for: HTTPRequest(.get, server.url())) }
    #expect(server.requests.count == 1)
  }

  @Test("N27 after a sleep no connection is believed")
  func afterASleep() async throws {
    let (asked, hasAsked) = AsyncStream.makeStream(of: Void.self)
    let server = LoopbackServer { request in
      guard request.path == "/held" else { return LoopbackServer.answer(text: "well") }
      hasAsked.yield()
      return [.hold]
    }
    let client = try makeClient()
    let held = HTTPRequest(.get, try server.url("/held"))
    async let kind =
      {
        do throws(HTTPError) {
          _ = try await client.data(for: held)
          return nil
        } catch {
          return error.kind
        }
      }() as HTTPError.Kind?
    for await _ in asked { break }
    client.forgetConnections()
    #expect(await kind == .interrupted)
    #expect(try await client.data(for: HTTPRequest(.get, server.url())).body == Array("well".utf8))
  }

  @Test("P15 a pause that was longer than planned is a sleep")
  func sleepWatch() {
    var watch = SleepWatch()
    var slept = [watch.hasSlept(now: .seconds(1000))]
    for (plan, look) in [(1060, 1120), (1121, 1182)] {
      watch.willLook(at: .seconds(plan))
      slept.append(watch.hasSlept(now: .seconds(look)))
    }
    // One sleep is told once.
    slept.append(watch.hasSlept(now: .seconds(9999)))
    #expect(slept == [false, false, true, false])
  }
}
