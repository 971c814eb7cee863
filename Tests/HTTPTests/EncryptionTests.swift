import Domain
import HTTP
import LoopbackServer
import Testing

/// Real TLS, by a real server.
@Suite("Encryption", .enabled(if: TLSServer.isPossible, "needs nginx and openssl"))
struct EncryptionTests {
  private func answer(
    _ server: TLSServer, host: String = "localhost", authority: String? = nil
  ) async throws -> [UInt8] {
    let url = try #require(HTTPURL("https://\(host):\(server.port)/"))
    let client = try HTTPClient(.init(userAgent: "test/1", certificateAuthorityFile: authority ?? server.authority))
    return try await client.data(for: HTTPRequest(.get, url)).body
  }

  private func error(_ work: () async throws -> Void) async -> HTTPError? {
    do {
      try await work()
      return nil
    } catch {
      return error as? HTTPError
    }
  }

  @Test("N20 the right authority in a file of one's own")
  func right() async throws {
    let server = try TLSServer()
    #expect(try await answer(server) == Array("hello".utf8))
    #expect(try await answer(server, host: "127.0.0.1") == Array("hello".utf8))
  }

  @Test("N20 an unknown authority")
  func unknownAuthority() async throws {
    let server = try TLSServer()
    let other = try TLSServer()
    let error = await error { _ = try await answer(server, authority: other.authority) }
    #expect(error?.kind == .certificate && error?.isTransient == false && error?.exitCode == .hubUnreachable)
    #expect(error?.problem.contains("https://localhost:\(server.port)") == true)
  }

  @Test(
    "N20 an expired certificate, another host's certificate: the reason says which and why",
    arguments: [(TLSServer.Certificate.expired, "expired"), (.otherHost, "localhost")])
  func wrongCertificate(certificate: TLSServer.Certificate, words: String) async throws {
    let server = try TLSServer(certificate)
    let error = await error { _ = try await answer(server) }
    #expect(error?.kind == .certificate)
    #expect(error?.detail.contains(words) == true && error?.problem.contains("localhost:\(server.port)") == true)
  }

  @Test("N20 TLS 1.1 is refused")
  func oldProtocol() async throws {
    let server = try TLSServer(protocols: "TLSv1.1")
    let error = await error { _ = try await answer(server) }
    #expect(error?.kind == .tls)
  }

  @Test("N24 HTTP/2: a server that says GOAWAY now and then loses no request")
  func goAway() async throws {
    let server = try TLSServer(http2: true, settings: "keepalive_requests 3;")
    let url = try #require(HTTPURL("https://localhost:\(server.port)/"))
    let client = try HTTPClient(.init(userAgent: "test/1", certificateAuthorityFile: server.authority))
    try await withThrowingTaskGroup(of: HTTPResponse.self) { group in
      for _ in 0..<60 { group.addTask { try await client.data(for: HTTPRequest(.get, url)) } }
      for try await response in group {
        #expect(response.head.version == "2" && response.body == Array("hello".utf8))
      }
    }
  }
}
