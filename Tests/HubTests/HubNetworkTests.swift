import Domain
import Foundation
import HTTP
import LoopbackServer
import Synchronization
import Testing

@testable import Hub

@Suite("Where the hub may send us, and how it changes")
struct HubNetworkTests {
  @Test(
    "N16 S7 where a redirect of the public hub may lead",
    arguments: [
      ("https://huggingface.co/x", true), ("https://cdn-lfs.hf.co/x?Signature=s", true), ("https://hf.co/x", true),
      ("http://cdn-lfs.hf.co/x", false), ("https://hf.co.evil.example/x", false), ("https://evilhf.co/x", false),
      ("https://10.0.0.1/x", false), ("https://169.254.169.254/latest/meta-data", false), ("https://[::1]/x", false),
      ("https://localhost/x", false),
    ])
  func fromThePublicHub(address: String, isAllowed: Bool) throws {
    let url = try #require(HTTPURL(address))
    #expect(HubEndpoint.huggingFace.mayRedirect(to: url) == isAllowed)
    #expect(HubEndpoint.huggingFace.distrustsAddress(of: url) == (url.origin.host != "huggingface.co"))
    #expect(HubEndpoint.huggingFace.mayReceiveToken(url) == (url.origin.host == "huggingface.co"))
  }

  @Test(
    "N16 what is no address of a server is none of ours",
    arguments: ["ftp://huggingface.co/x", "file:///etc/passwd", "gopher://hf.co/", "https://a:b@hf.co/", "data:,x"])
  func otherSchemes(address: String) { #expect(HTTPURL(address) == nil) }

  @Test("N16 a mirror in the local network: redirects stay on its host, without the token where it is plain http")
  func mirror() throws {
    let mirror = try HubEndpoint("http://10.0.0.5:8080", allowsPrivate: true)
    let same = try #require(HTTPURL("http://10.0.0.5:8081/lfs"))
    #expect(mirror.mayRedirect(to: same) && !mirror.distrustsAddress(of: same) && !mirror.mayReceiveToken(same))
    for other in ["http://10.0.0.6/x", "http://127.0.0.1/x", "https://169.254.169.254/", "https://cdn.hf.co/"] {
      let url = try #require(HTTPURL(other))
      #expect(!mirror.mayRedirect(to: url) && mirror.distrustsAddress(of: url))
    }
    let own = try #require(HTTPURL("http://10.0.0.5:8080/api"))
    #expect(!mirror.mayReceiveToken(own) && !mirror.distrustsAddress(of: own))
    // The word is given for the endpoint's own host, not for hosts that the public hub names.
    let trusting = try HubEndpoint("https://huggingface.co", allowsPrivate: true)
    #expect(trusting.distrustsAddress(of: try #require(HTTPURL("https://cdn-lfs.hf.co/x"))))
    // Without it, another port of a host in the local network is as foreign as any.
    let plain = try HubEndpoint("https://mirror.example")
    #expect(plain.distrustsAddress(of: try #require(HTTPURL("https://mirror.example:8443/x"))))
  }

  @Test("N12 a body that the hub itself hands out counts, and waits before nothing is left")
  func bodiesOfTheHub() async throws {
    let fixture = try HubFixture { request in
      let limit = "RateLimit: \"resolvers\";r=2;t=100"
      let facts = [
        "X-Repo-Commit: \(commit)", "ETag: \"\(sha1)\"", limit, "RateLimit-Policy: \"resolvers\";q=1000;w=300",
      ]
      return request.method == "HEAD"
        ? [
          .send(
            Array(
              (["HTTP/1.1 200 OK", "Content-Length: 5"] + facts).joined(separator: "\r\n").utf8 + Array("\r\n\r\n".utf8)
            ))
        ]
        : LoopbackServer.answer(headers: facts, text: "hello")
    }
    let file = try await fixture.hub.resolve(repo, path: path("a"))
    let http = try HTTPClient(.init(userAgent: "test"))
    for _ in 0..<2 {
      let head = try await fixture.hub.transfer(
        fixture.hub.downloadRequest(for: file), of: file, sink: NoSink(), over: http)
      #expect(head.status == 200)
    }
    // Two of a thousand are left for 100 seconds: the second one has to wait for its share of them.
    #expect(fixture.clock.slept.reduce(0, +) >= 50, "\(fixture.clock.slept)")
    await http.shutdown()
  }

  @Test("N13 a content network that fails again and again is left alone")
  func breakerOfDownloads() async throws {
    let fixture = try HubFixture { _ in
      [
        .send(
          Array("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Repo-Commit: \(commit)\r\nETag: \"\(sha1)\"\r\n\r\n".utf8))
      ]
    }
    let cdn = LoopbackServer { _ in LoopbackServer.answer(503) }
    let place = try await fixture.hub.resolve(repo, path: path("a"))
    let file = ResolvedFile(
      id: place.id, commit: place.commit, file: place.file, location: try #require(HTTPURL(cdn.address("/blob"))))
    let http = try HTTPClient(.init(userAgent: "test"))
    func ask() async throws -> HTTPHead {
      try await fixture.hub.transfer(fixture.hub.downloadRequest(for: file), of: file, sink: NoSink(), over: http)
    }
    for _ in 0..<CircuitBreaker.failureLimit {
      let head = try await ask()
      await fixture.hub.gaveUp(on: file.location.origin.authority, after: fixture.hub.downloadError(head, for: file))
    }
    let error = await hubError { _ = try await ask() }
    guard case .resting(let seconds) = error?.kind else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(seconds == 60 && cdn.requests.count == CircuitBreaker.failureLimit)
    // The hub itself is another host, and what is refused is no failure of any.
    _ = try await fixture.hub.resolve(repo, path: path("a"))
    await fixture.hub.gaveUp(on: "elsewhere", after: HubError(.forbidden, "x"))
    #expect(await fixture.hub.politeness.breaker.pause(of: "elsewhere", now: fixture.clock.now) == nil)
    // What is known survives a restart.
    let data = try JSONEncoder().encode(await fixture.hub.politeness)
    let restored = try JSONDecoder().decode(Politeness.self, from: data)
    #expect(restored.breaker.pause(of: file.location.origin.authority, now: fixture.clock.now) == 60)
    await http.shutdown()
  }

  @Test("C11 the difference of the clocks is known", arguments: [-3600, 0, 3600])
  func skew(seconds: Int) async throws {
    let clock = FakeClock()
    let text = try #require(HTTPDateText.text(Int64(clock.now) + Int64(seconds)))
    let fixture = try HubFixture { _ in LoopbackServer.answer(headers: ["Date: \(text)"], text: "[]") }
    #expect(await fixture.hub.clockSkew == nil)
    for try await _ in fixture.hub.models(ModelQuery()) {}
    #expect(await fixture.hub.clockSkew == Double(seconds))
  }

  @Test("C14 a member that no row has any more is named")
  func drift() async throws {
    func page(_ row: (Int) -> String) -> String { "[" + (0..<6).map(row).joined(separator: ",") + "]" }
    let date = "2026-06-19T09:40:33.000Z"
    let all = #""createdAt":"\#(date)","lastModified":"\#(date)","sha":"\#(sha1)","tags":["gguf"]"#
    let cases: [(String, [String])] = [
      (page { "{\"id\":\"a/b\($0)\",\(all)}" }, []),
      (page { "{\"id\":\"a/b\($0)\",\($0 == 3 ? all : "\"likes\":1")}" }, []),
      (page { "{\"id\":\"a/b\($0)\",\(all.replacing("createdAt", with: "created"))}" }, ["no createdAt"]),
      (page { "{\"id\":\"a/b\($0)\",\(all.replacing("\"sha\"", with: "\"commit\""))}" }, ["no sha"]),
      (page { "{\"name\":\"a/b\($0)\",\(all)}" }, ["no id"]),
      (page { "{\"id\":\"a/b\($0)\",\(all.replacing("\"\(date)\"", with: "5"))}" }, ["bad value of createdAt"]),
      ("[{\"id\":\"a/b\"}]", []),
    ]
    for (text, expected) in cases {
      let fixture = try HubFixture { _ in LoopbackServer.answer(text: text) }
      for try await page in fixture.hub.models(ModelQuery()) { #expect(page.drift == expected, "\(text)") }
    }
    // What was not asked for is not missed.
    let bare = page { "{\"id\":\"a/b\($0)\"}" }
    let fixture = try HubFixture { _ in LoopbackServer.answer(text: bare) }
    for try await page in fixture.hub.models(ModelQuery(expand: ["likes"])) { #expect(page.drift.isEmpty) }
  }

  @Test("N20 N22 what is wrong with the way to the hub is no fault of a repository")
  func faultsOfTheWay() throws {
    let url = try #require(HTTPURL("https://h/"))
    for kind in HTTPError.Kind.allCases where kind != .cancelled && kind != .invalidRequest && kind != .unavailable {
      let error = HubError(.unreachable(HTTPError(kind, at: url)), "a/b")
      let isOfOneAnswer = [.tooLarge, .malformed, .privateAddress].contains(kind)
      #expect(error.isPassing != isOfOneAnswer, "\(kind)")
    }
    #expect(HubError(.unreachable(HTTPError(.proxyAuthentication, at: url)), "x").exitCode == .unusableSetup)
  }
}

/// Takes any body.
final class NoSink: BodySink {
  func receive(head: HTTPHead) {}
  func receive(bytes: UnsafeRawBufferPointer) {}
}

/// Dates as servers write them.
enum HTTPDateText {
  static func text(_ seconds: Int64) -> String? {
    let format = DateFormatter()
    format.locale = Locale(identifier: "en_US_POSIX")
    format.timeZone = TimeZone(identifier: "GMT")
    format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
    return format.string(from: Date(timeIntervalSince1970: Double(seconds)))
  }
}
