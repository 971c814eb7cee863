import Checksums
import Foundation
import HubServer
import Synchronization
import Testing

@Suite("Files", .timeLimit(.minutes(1)))
struct FileTests {
  static let weights = patternBytes(300_001)
  static let config = #"{"model_type":"llama"}"#

  static func fill(_ folder: TestFolder) throws {
    try folder.write("org/m/model.gguf", weights)
    try folder.write("org/m/config.json", config)
    try folder.write("org/m/sub dir/ü+&.txt", "hello")
    try folder.write("org/m/empty.txt", "")
    try folder.describe("org/m") { $0.lastModified = date(1_700_000_000) }
  }

  @Test("a small file: 307 to the cache route, which has the content")
  func smallFile() async throws {
    try await PracticeHub.with(Self.fill) { hub in
      let redirect = try await hub.hub.head("/org/m/resolve/main/config.json")
      let oid = Checksums.sha1(Array("blob \(Self.config.utf8.count)\u{0}\(Self.config)".utf8))
      #expect(redirect.status == 307)
      #expect(redirect.header("X-Linked-Etag") == "\"\(oid)\"")
      #expect(redirect.header("X-Linked-Size") == "\(Self.config.utf8.count)")
      let commit = try #require(redirect.header("X-Repo-Commit"))
      let location = try #require(redirect.header("Location"))
      #expect(
        location
          == "/api/resolve-cache/models/org/m/\(commit)/config.json?%2Forg%2Fm%2Fresolve%2Fmain%2Fconfig.json=&etag=%22\(oid)%22"
      )
      let reply = try await hub.hub.get(location)
      #expect(reply.status == 200)
      #expect(reply.text == Self.config)
      #expect(reply.header("ETag") == "\"\(oid)\"")
      #expect(reply.header("X-Repo-Commit") == commit)
      #expect(try await hub.hub.get(location, headers: ["Range: bytes=2-6"]).text == "model")
      #expect(try await hub.hub.get("/org/m/resolve/\(commit)/config.json").status == 307)
    }
  }

  @Test("a large file: 302 to the other origin, with the SHA-256 in the headers of the redirect alone")
  func largeFile() async throws {
    try await PracticeHub.with(Self.fill) { hub in
      let sha256 = Checksums.sha256(Self.weights)
      let redirect = try await hub.hub.get("/org/m/resolve/main/model.gguf")
      #expect(redirect.status == 302)
      #expect(redirect.header("X-Linked-Etag") == "\"\(sha256)\"")
      #expect(redirect.header("X-Linked-Size") == "300001")
      #expect(redirect.header("Accept-Ranges") == "bytes")
      #expect(redirect.header("Location")?.hasPrefix(hub.cdn.absoluteString + "/") == true)
      #expect(redirect.headers.allSatisfy { !$0.name.lowercased().hasPrefix("x-xet") })
      #expect(redirect.contentLength == redirect.body.count && redirect.body.count > 0)

      let target = hub.cdnTarget(of: redirect)
      let whole = try await hub.content.get(target)
      #expect(whole.status == 200)
      #expect(whole.body == Self.weights)
      #expect(whole.header("ETag") != "\"\(sha256)\"")
      let head = try await hub.content.head(target, headers: ["Range: bytes=0-9"])
      #expect(head.status == 200 && head.contentLength == 300_001 && head.body.isEmpty)
    }
  }

  @Test(
    "ranges over the wire",
    arguments: [
      ("bytes=0-0", 206, 0..<1), ("bytes=100000-250000", 206, 100_000..<250_001),
      ("bytes=300000-", 206, 300_000..<300_001),
      ("bytes=-131073", 206, 168_928..<300_001), ("bytes=299999-999999", 206, 299_999..<300_001),
      ("bytes=5-2", 200, 0..<300_001), ("bytes=0-1,5-6", 200, 0..<300_001),
    ])
  func ranges(header: String, status: Int, slice: Range<Int>) async throws {
    try await PracticeHub.with(Self.fill) { hub in
      let target = hub.cdnTarget(of: try await hub.hub.get("/org/m/resolve/main/model.gguf"))
      let reply = try await hub.content.get(target, headers: ["Range: \(header)"])
      #expect(reply.status == status)
      #expect(reply.body == Array(Self.weights[slice]))
      #expect(reply.contentLength == slice.count)
      let range = "bytes \(slice.lowerBound)-\(slice.upperBound - 1)/300001"
      #expect(reply.header("Content-Range") == (status == 206 ? range : nil))
    }
  }

  @Test("a range outside the file is 416, and If-Range guards a range")
  func rangeConditions() async throws {
    try await PracticeHub.with(Self.fill) { hub in
      let target = hub.cdnTarget(of: try await hub.hub.get("/org/m/resolve/main/model.gguf"))
      let outside = try await hub.content.get(target, headers: ["Range: bytes=300001-"])
      #expect(outside.status == 416)
      #expect(outside.header("Content-Range") == "bytes */300001")
      let etag = try #require(try await hub.content.head(target).header("ETag"))
      let range = "Range: bytes=1-2"
      #expect(try await hub.content.get(target, headers: [range, "If-Range: \(etag)"]).status == 206)
      #expect(try await hub.content.get(target, headers: [range, "If-Range: \"other\""]).status == 200)
      #expect(try await hub.content.get(target, headers: [range, "If-Range: W/\(etag)"]).status == 200)
    }
  }

  @Test("If-None-Match on /resolve is answered before the redirect")
  func notModified() async throws {
    try await PracticeHub.with(Self.fill) { hub in
      let etag = try #require(try await hub.hub.get("/org/m/resolve/main/model.gguf").header("X-Linked-Etag"))
      let same = try await hub.hub.get("/org/m/resolve/main/model.gguf", headers: ["If-None-Match: \(etag)"])
      #expect(same.status == 304 && same.body.isEmpty)
      #expect(same.header("X-Repo-Commit") != nil)
      let other = try await hub.hub.get("/org/m/resolve/main/model.gguf", headers: ["If-None-Match: \"x\""])
      #expect(other.status == 302)
    }
  }

  @Test("/raw has the content of small files and the pointer of large ones")
  func raw() async throws {
    try await PracticeHub.with(Self.fill) { hub in
      let small = try await hub.hub.get("/org/m/raw/main/config.json")
      #expect(small.text == Self.config)
      #expect(small.header("ETag")?.hasPrefix("W/\"") == true)
      let large = try await hub.hub.get("/org/m/raw/main/model.gguf")
      let sha256 = Checksums.sha256(Self.weights)
      #expect(large.text == "version https://git-lfs.github.com/spec/v1\noid sha256:\(sha256)\nsize 300001\n")
    }
  }

  @Test("names with blanks, letters beyond ASCII and separators, and empty files")
  func names() async throws {
    try await PracticeHub.with(Self.fill) { hub in
      for target in ["sub%20dir/%C3%BC%2B%26.txt", "sub%20dir%2F%C3%BC+%26.txt"] {
        let redirect = try await hub.hub.get("/org/m/resolve/main/\(target)")
        #expect(redirect.status == 307)
        #expect(try await hub.hub.get(redirect.header("Location") ?? "/").text == "hello")
      }
      let redirect = try await hub.hub.get("/org/m/resolve/main/empty.txt")
      let reply = try await hub.hub.get(redirect.header("Location") ?? "/")
      #expect(reply.status == 200 && reply.contentLength == 0)
    }
  }

  @Test("an address with a wrong signature, of another file, or that has expired is refused")
  func signatures() async throws {
    let clock = TestClock(date(1_700_000_000))
    var options = HubServerOptions()
    options.now = { clock.now }
    options.signedURLLifetime = 60
    try await PracticeHub.with(options: options) { folder in
      try Self.fill(folder)
      try folder.write("org/m/other.gguf", "other")
    } _: { hub in
      let target = hub.cdnTarget(of: try await hub.hub.get("/org/m/resolve/main/model.gguf"))
      #expect(try await hub.content.head(target).status == 200)
      #expect(try await hub.content.head(String(target.dropLast()) + "_").status == 403)
      #expect(try await hub.content.head(target.replacing("path=model", with: "path=other")).status == 403)
      #expect(try await hub.content.head(target.replacing("Expires=17", with: "Expires=18")).status == 403)
      #expect(try await hub.content.head("/org/m/resolve/main/model.gguf").status == 403)
      clock.advance(59)
      #expect(try await hub.content.head(target).status == 200)
      clock.advance(1)
      #expect(try await hub.content.head(target).status == 403)
    }
  }

  @Test("the log tells method, range, status, bytes and whether a token came, on both ports")
  func log() async throws {
    var options = HubServerOptions()
    options.tokens = ["hf_x": .init(name: "me")]
    try await PracticeHub.with(options: options, Self.fill) { hub in
      let token = "Authorization: Bearer hf_x"
      let target = hub.cdnTarget(
        of: try await hub.hub.get("/org/m/resolve/main/model.gguf?a=b", headers: [token]))
      _ = try await hub.content.get(target, headers: ["Range: bytes=10-"])
      _ = try await hub.content.head(target, headers: [token])
      let records = await hub.server.requests
      #expect(records.map(\.method) == ["GET", "GET", "HEAD"])
      #expect(records.map(\.port) == [.hub, .cdn, .cdn])
      #expect(records.map(\.status) == [302, 206, 200])
      #expect(records.map(\.hadAuthorization) == [true, false, true])
      #expect(records.map(\.query) == ["a=b", "", ""])
      #expect(records[1].range == "bytes=10-")
      #expect(records[1].bodyBytes == 299_991 && records[2].bodyBytes == 0)
      await hub.server.clearRequests()
      #expect(await hub.server.requests.isEmpty)
    }
  }
}

/// A clock that goes when it is told to.
final class TestClock: Sendable {
  private let time: Mutex<Date>
  init(_ start: Date) { time = Mutex(start) }
  var now: Date { time.withLock { $0 } }
  func advance(_ seconds: Double) { time.withLock { $0 += seconds } }
}
