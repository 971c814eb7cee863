import TestSupport
import Testing

@testable import Page

@Suite("Requests to the page")
struct RequestReaderTests {
  private func read(_ text: String) -> RequestReader.Outcome {
    var reader = RequestReader()
    return reader.take(text.utf8)
  }

  private func head(_ line: String, _ fields: String = "Host: localhost:1\r\n") -> String { "\(line)\r\n\(fields)\r\n" }

  @Test func aRequestIsRead() throws {
    guard
      case .complete(let request) = read(
        head(
          "GET /models/a%2Db/c?q=a+b%26&state=&q=2 HTTP/1.1", "Host: localhost:1\r\nCookie: a=1; b=2\r\ncookie: a=3\r\n"
        ))
    else { throw Unexpected() }
    #expect(request.method == .get && request.segments == ["models", "a-b", "c"])
    #expect(request.value("q") == "a b&" && request.value("state") == nil && request.value("x") == nil)
    #expect(request.headers["host"] == "localhost:1" && request.cookies("a") == ["1", "3"])
  }

  @Test func aFormIsRead() throws {
    let body = "model=a%2Fb&form=x+y"
    guard
      case .complete(let request) = read(
        "POST /pull HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: \(body.count)\r\n\r\n\(body)"
      )
    else { throw Unexpected() }
    #expect(request.method == .post && request.field("model") == "a/b" && request.field("form") == "x y")
  }

  @Test func itDoesNotMatterHowTheBytesArrive() throws {
    let text =
      "POST /a?b=c HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\nd=e"
    let whole = read(text)
    for cut in 1..<text.utf8.count {
      var reader = RequestReader()
      #expect(reader.take(text.utf8.prefix(cut)) == .incomplete, "\(cut)")
      #expect(reader.take(text.utf8.dropFirst(cut)) == whole, "\(cut)")
    }
  }

  @Test(arguments: [
    ("GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n", PageResponse.Status.badRequest),
    ("GET /\r\n\r\n", .badRequest), ("GET / HTTP/2.0\r\n\r\n", .badRequest), ("GET  / HTTP/1.1\r\n\r\n", .badRequest),
    ("G(T / HTTP/1.1\r\n\r\n", .badRequest), ("GET http://x/ HTTP/1.1\r\n\r\n", .badRequest),
    ("GET * HTTP/1.1\r\n\r\n", .badRequest), ("GET /a//b HTTP/1.1\r\n\r\n", .badRequest),
    ("GET /%00 HTTP/1.1\r\n\r\n", .badRequest), ("GET /%2e%2e HTTP/1.1\r\n\r\n", .badRequest),
    ("GET /a/../b HTTP/1.1\r\n\r\n", .badRequest), ("GET /a%2fb HTTP/1.1\r\n\r\n", .badRequest),
    ("GET /%C3 HTTP/1.1\r\n\r\n", .badRequest), ("GET /%zz HTTP/1.1\r\n\r\n", .badRequest),
    ("GET /?a=%f HTTP/1.1\r\n\r\n", .badRequest), ("GET / HTTP/1.1\r\nHost h\r\n\r\n", .badRequest),
    ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", .badRequest),
    ("GET / HTTP/1.1\r\n Host: a\r\n\r\n", .badRequest), ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", .badRequest),
    ("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", .badRequest),
    ("GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", .badRequest),
    ("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", .badRequest),
    ("POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\nx", .badRequest),
    ("POST / HTTP/1.1\r\nContent-Length: 99999\r\n\r\n", .bodyTooLarge),
    ("GET / HTTP/1.1\r\nX: a\nb\r\n\r\n", .badRequest), ("GET / HTTP/1.1\r\nX: a\rb\r\n\r\n", .badRequest),
    ("GET / HTTP/1.1\r\nX: \u{E9}\r\n\r\n", .badRequest), ("\u{16}\u{3}\u{1}\r\n\r\n", .badRequest),
    ("DELETE / HTTP/1.1\r\n\r\n", .methodNotAllowed), ("get / HTTP/1.1\r\n\r\n", .methodNotAllowed),
    ("GET /\(String(repeating: "a", count: 5000)) HTTP/1.1\r\n\r\n", .targetTooLong),
    ("GET / HTTP/1.1\r\n\(String(repeating: "A: b\r\n", count: 65))\r\n", .fieldsTooLarge),
    ("GET / HTTP/1.1\r\nX: \(String(repeating: "a", count: 17_000))", .fieldsTooLarge),
    ("GET /?\(String(repeating: "a&", count: 65)) HTTP/1.1\r\n\r\n", .badRequest),
  ])
  func whatIsRefused(text: String, status: PageResponse.Status) {
    #expect(read(text) == .refused(status))
  }

  @Test func rubbishIsNeverReadBeyondItsBounds() {
    var random = Noise.Generator(seed: 4)
    let seeds = [
      "GET /models/a/b?q=%20x HTTP/1.1\r\nHost: localhost:80\r\nCookie: a=b\r\n\r\n",
      "POST /keep HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 7\r\n\r\nmodel=x",
    ]
    for round in 0..<4000 {
      var bytes = Array(seeds[round % 2].utf8)
      for _ in 0..<Int.random(in: 0...6, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.insert(contentsOf: Array("%\r\n ?&=:".utf8).shuffled(using: &random).prefix(2), at: place)
        case 2: bytes.removeSubrange(place..<min(bytes.count, place + 3))
        default: bytes.append(contentsOf: bytes[place...])
        }
        if bytes.isEmpty { bytes = [13] }
      }
      var reader = RequestReader()
      guard case .complete(let request) = reader.take(bytes) else { continue }
      let isPlain = request.segments.allSatisfy { segment in
        !segment.isEmpty && segment != ".." && segment != "."
          && !segment.unicodeScalars.contains { $0.value < 32 || $0 == "/" || $0 == "\\" }
      }
      #expect(isPlain, "\(bytes)")
      #expect(request.path.hasPrefix("/") && request.query.count <= 64 && request.form.count <= 64)
    }
  }

  @Test func percentEncodingComesBack() throws {
    for text in ["a b", "é/ü?&=+%", "\u{202E}x", "", "~-._"] {
      let pairs = try #require(Percent.pairs("k=\(Percent.encoded(text))"))
      #expect(pairs.map(\.value) == [text])
    }
  }

  private struct Unexpected: Error {}
}
