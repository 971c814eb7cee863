import Domain
import HTTP
import LoopbackServer
import Testing

@Suite("Proxies")
struct ProxyTests {
  private func client(
    _ proxy: LoopbackServer, credentials: String? = nil, authority: String? = nil
  ) throws -> HTTPClient {
    try HTTPClient(
      .init(
        userAgent: "test/1", certificateAuthorityFile: authority, proxy: proxy.address(""),
        proxyCredentials: credentials.flatMap { Secret($0) }))
  }

  private func error(_ work: () async throws -> Void) async -> HTTPError? {
    do {
      try await work()
      return nil
    } catch {
      return error as? HTTPError
    }
  }

  @Test("N22 a proxy that answers 407 is a matter of the configuration", arguments: ["https", "http"])
  func unauthorised(scheme: String) async throws {
    let proxy = LoopbackServer { _ in LoopbackServer.answer(407) }
    let url = try #require(HTTPURL("\(scheme)://hub.invalid/"))
    let client = try client(proxy, credentials: "somebody:secret")
    let error = await error { _ = try await client.data(for: HTTPRequest(.get, url)) }
    #expect(error?.kind == .proxyAuthentication && error?.isTransient == false)
    #expect(error?.exitCode == .unusableSetup && error?.description.contains("secret") == false)
    #expect(proxy.requests.allSatisfy { $0.method == (scheme == "https" ? "CONNECT" : "GET") })
    // Basic, since nothing else was asked for: c29tZWJvZHk6c2VjcmV0 is somebody:secret.
    #expect(proxy.requests.first?.headers["proxy-authorization"] == "Basic c29tZWJvZHk6c2VjcmV0")
  }

  @Test("N22 a proxy that refuses, or does not get through", arguments: [(403, HTTPError.Kind.proxy), (502, .connect)])
  func refused(status: Int, kind: HTTPError.Kind) async throws {
    let proxy = LoopbackServer { _ in LoopbackServer.answer(status) }
    let url = try #require(HTTPURL("https://hub.invalid/"))
    let client = try client(proxy)
    #expect(await error { _ = try await client.data(for: HTTPRequest(.get, url)) }?.kind == kind)
  }

  @Test(
    "N22 through the proxy's tunnel the server's own certificate is checked",
    .enabled(if: TLSServer.isPossible, "needs nginx and openssl"))
  func tunnel() async throws {
    let server = try TLSServer()
    let port = server.port
    let proxy = LoopbackServer { request in
      #expect(request.target == "localhost:\(port)")
      return [.send(Array("HTTP/1.1 200 Established\r\n\r\n".utf8)), .tunnel(port)]
    }
    let url = try #require(HTTPURL("https://localhost:\(port)/"))
    let good = try client(proxy, authority: server.authority)
    #expect(try await good.data(for: HTTPRequest(.get, url)).body == Array("hello".utf8))
    let strict = try client(proxy)
    #expect(await error { _ = try await strict.data(for: HTTPRequest(.get, url)) }?.kind == .certificate)
  }

  @Test("N22 a tunnel that is cut is a connection that broke")
  func cut() async throws {
    let proxy = LoopbackServer { request in
      // After so many bytes, or minutes, some proxies just stop.
      [.send(Array("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc".utf8)), .reset]
    }
    let url = try #require(HTTPURL("http://hub.invalid/"))
    let client = try client(proxy)
    let error = await error { _ = try await client.data(for: HTTPRequest(.get, url)) }
    #expect(error?.isTransient == true)
  }

  @Test("N22 exceptions go past the proxy, and the environment is not asked")
  func exceptions() async throws {
    let server = LoopbackServer { _ in LoopbackServer.answer(text: "direct") }
    let proxy = LoopbackServer { _ in LoopbackServer.answer(502) }
    let client = try HTTPClient(
      .init(userAgent: "test/1", proxy: proxy.address(""), proxyExceptions: "localhost,127.0.0.1"))
    #expect(try await client.data(for: HTTPRequest(.get, server.url())).body == Array("direct".utf8))
    #expect(proxy.requests.isEmpty)
  }
}
