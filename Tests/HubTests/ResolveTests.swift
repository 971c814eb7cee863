import Domain
import HTTP
import Hub
import LoopbackServer
import Testing

@Suite("Resolving files")
struct ResolveTests {
  private static func linked(_ location: String, size: Int = 1000) -> [LoopbackServer.Step] {
    LoopbackServer.answer(
      302,
      headers: [
        "Location: \(location)", "X-Repo-Commit: \(commit)", "X-Linked-Size: \(size)",
        "X-Linked-Etag: \"\(sha256)\"",
      ])
  }

  @Test("N15 a large file lies elsewhere, and the token stays here") func aLargeFileLiesElsewhereAndTheTokenStaysHere()
    async throws
  {
    let cdn = LoopbackServer { _ in LoopbackServer.answer(text: "never asked") }
    let location = cdn.address("/xet/abc?Expires=1800003600&Signature=top-secret")
    let fixture = try HubFixture(token: "hf_token") { _ in Self.linked(location) }
    let file = try await fixture.hub.resolve(repo, revision: commit.description, path: path("sub dir/m.gguf"))
    #expect(file.commit == commit)
    #expect(file.file == ModelFile(path: path("sub dir/m.gguf"), size: 1000, hash: .sha256(sha256)))
    #expect(file.location.text == location)
    #expect(file.expires == 1_800_003_600)
    #expect(!"\(file) \(file.location)".contains("secret"))
    var dumped = ""
    dump(file, to: &dumped)
    #expect(!dumped.contains("secret"))
    let request = try #require(fixture.server.requests.first)
    #expect(request.method == "HEAD")
    #expect(request.target == "/org/name/resolve/\(commit)/sub%20dir/m.gguf")
    #expect(request.headers["authorization"] == "Bearer hf_token")
    #expect(request.headers["accept-encoding"] == "identity")
    #expect(request.headers["x-hf-download-counter"] == "1")
    #expect(cdn.requests.isEmpty)

    let download = fixture.hub.downloadRequest(for: file, from: 100)
    #expect(download.headers["authorization"] == nil)
    #expect(download.headers["X-HF-Download-Counter"] == "1")
    #expect(download.range == .from(100))
    #expect(download.encoding == .identity)
    #expect(fixture.hub.downloadRequest(for: file).range == nil)
    #expect(fixture.hub.downloadRequest(for: file, from: 0, to: 5).range == .bytes(0..<5))
  }

  @Test func aSmallFileStaysOnTheHub() async throws {
    let fixture = try HubFixture(token: "t") { request in
      if request.path.hasPrefix("/api/resolve-cache/") {
        return [
          .send(
            Array(
              ("HTTP/1.1 200 OK\r\nContent-Length: 570\r\nETag: \"\(sha1)\"\r\n"
                + "X-Repo-Commit: \(commit)\r\n\r\n").utf8))
        ]
      }
      return LoopbackServer.answer(
        307,
        headers: [
          "Location: /api/resolve-cache/models/org/name/\(commit)/config.json?x=&etag=%22\(sha1)%22",
          "X-Linked-Etag: \"\(sha1)\"", "X-Repo-Commit: \(commit)",
        ])
    }
    let file = try await fixture.hub.resolve(repo, path: path("config.json"))
    #expect(file.file == ModelFile(path: path("config.json"), size: 570, hash: .gitBlob(sha1)))
    #expect(file.location.path.hasPrefix("/api/resolve-cache/"))
    #expect(fixture.server.requests.map { $0.headers["authorization"] } == ["Bearer t", "Bearer t"])
    #expect(fixture.hub.downloadRequest(for: file).headers["Authorization"] == "Bearer t")
  }

  @Test func aSmallFileMayBeServedDirectly() async throws {
    let fixture = try HubFixture { _ in
      [
        .send(
          Array(
            ("HTTP/1.1 200 OK\r\nContent-Length: 7\r\nETag: W/\"\(sha1)\"\r\n"
              + "X-Repo-Commit: \(commit)\r\n\r\n").utf8))
      ]
    }
    let file = try await fixture.hub.resolve(repo, path: path("a"))
    #expect(file.file.hash == .gitBlob(sha1))
    #expect(file.location.path == "/org/name/resolve/main/a")
  }

  @Test func anotherHostWithoutFactsIsAskedWithoutToken() async throws {
    let other = LoopbackServer { _ in
      [
        .send(
          Array(
            ("HTTP/1.1 200 OK\r\nContent-Length: 7\r\nETag: \"\(sha1)\"\r\n"
              + "X-Repo-Commit: \(commit)\r\n\r\n").utf8))
      ]
    }
    let location = other.address("/moved")
    let fixture = try HubFixture(token: "t") { _ in
      LoopbackServer.answer(302, headers: ["Location: \(location)"])
    }
    let file = try await fixture.hub.resolve(repo, path: path("a"))
    #expect(file.location.text == location)
    #expect(other.requests.count == 1)
    #expect(other.requests.first?.headers["authorization"] == nil)
  }

  @Test("C12 another commit than was asked for is not accepted") func anotherCommitIsNotAccepted() async throws {
    let fixture = try HubFixture { _ in Self.linked("http://127.0.0.1:1/x") }
    let asked = String(repeating: "d", count: 40)
    let error = await hubError { _ = try await fixture.hub.resolve(repo, revision: asked, path: path("a")) }
    #expect(error?.kind == .unexpectedAnswer)
    #expect(try await fixture.hub.resolve(repo, revision: "main", path: path("a")).commit == commit)
  }

  @Test(
    "N16 a redirect to a forbidden place",
    arguments: [
      "https://evil.example/x", "http://10.0.0.1/x", "file:///etc/passwd", "ftp://127.0.0.1/x",
      "//evil.example/x",
      "http://user@127.0.0.1/x", "http://127.0.0.1.evil.example/", "",
    ])
  func aRedirectToAForbiddenPlace(_ location: String) async throws {
    let fixture = try HubFixture(token: "t") { _ in Self.linked(location) }
    let error = await hubError { _ = try await fixture.hub.resolve(repo, path: path("a")) }
    #expect(error?.kind == .redirectRefused || error?.kind == .unexpectedAnswer)
    #expect(fixture.server.requests.count == 1)
  }

  @Test("N14 a circle and a long chain of redirects") func aCircleAndALongChainOfRedirects() async throws {
    let circle = try HubFixture { request in
      LoopbackServer.answer(302, headers: ["Location: \(request.path == "/x" ? "/y" : "/x")"])
    }
    #expect(
      await hubError { _ = try await circle.hub.resolve(repo, path: path("a")) }?.kind == .redirectRefused)
    #expect(circle.server.requests.count == 3)
    let chain = try HubFixture { request in
      LoopbackServer.answer(302, headers: ["Location: \(request.path)/x"])
    }
    #expect(
      await hubError { _ = try await chain.hub.resolve(repo, path: path("a")) }?.kind == .redirectRefused)
    #expect(chain.server.requests.count == 6)
  }

  @Test(arguments: [
    ["X-Linked-Size: 5"], ["X-Linked-Etag: \"\(sha256)\""],
    ["X-Linked-Size: -5", "X-Linked-Etag: \"\(sha256)\""],
    ["X-Linked-Size: 5", "X-Linked-Etag: \"xyz\""],
  ])
  func missingFactsAreAnError(_ headers: [String]) async throws {
    let fixture = try HubFixture { _ in LoopbackServer.answer(200, headers: headers + ["X-Repo-Commit: x"]) }
    let error = await hubError { _ = try await fixture.hub.resolve(repo, path: path("a")) }
    #expect(error?.kind == .unexpectedAnswer)
  }
}
