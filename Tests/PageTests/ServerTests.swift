import Catalog
import Foundation
import Glibc
import TestSupport
import Testing

@testable import Page

@Suite("The page's server")
struct ServerTests {
  /// What came back on a connection.
  struct Answer {
    var status: Int
    var headers: [String: String]
    var body: String
  }

  /// A server whose site knows its port.
  private func open(_ rooms: Rooms) throws -> PageServer {
    let template = try rooms.house()
    return try PageServer(port: 0) { Site(template, port: $0, acts: false) }
  }

  /// Sends bytes and reads until the other side closes.
  private func ask(_ port: UInt16, _ text: String, isIPv6: Bool = false) async throws -> Answer? {
    try await OwnThread.run {
      let connection = try Connection(port: port, isIPv6: isIPv6)
      connection.send(text)
      return Self.parsed(connection.rest())
    }
  }

  private static func parsed(_ bytes: [UInt8]) -> Answer? {
    let text = String(decoding: bytes, as: UTF8.self)
    guard let end = text.range(of: "\r\n\r\n") else { return nil }
    let lines = text[..<end.lowerBound].components(separatedBy: "\r\n")
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let sides = line.split(separator: ":", maxSplits: 1)
      if sides.count == 2 { headers[sides[0].lowercased()] = sides[1].trimmingCharacters(in: .whitespaces) }
    }
    return Answer(
      status: Int(lines[0].split(separator: " ").dropFirst().first ?? "") ?? 0, headers: headers,
      body: String(text[end.upperBound...]))
  }

  @Test func everyAnswerSaysWhatABrowserMayDoWithIt() async throws {
    let server = try open(Rooms())
    defer { server.stop() }
    for path in [
      "/", "/models", "/models/maker/good-GGUF", "/downloads", "/trends", "/metrics", "/nothing", PageStyle.path,
    ] {
      let answer = try #require(
        try await ask(server.port, "GET \(path) HTTP/1.1\r\nHost: localhost:\(server.port)\r\n\r\n"))
      #expect(answer.status == (path == "/nothing" ? 404 : 200), "\(path)")
      let policy = answer.headers["content-security-policy"]
      #expect(
        policy
          == "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
      )
      #expect(
        answer.headers["x-content-type-options"] == "nosniff" && answer.headers["referrer-policy"] == "no-referrer")
      #expect(answer.headers["cross-origin-resource-policy"] == "same-origin")
      #expect(answer.headers["content-length"] == "\(answer.body.utf8.count)")
      #expect((answer.headers["cache-control"] == "no-store") == (path != PageStyle.path))
    }
  }

  @Test func headIsGetWithoutABody() async throws {
    let server = try open(Rooms())
    defer { server.stop() }
    let fields = "Host: 127.0.0.1:\(server.port)\r\n\r\n"
    let get = try #require(try await ask(server.port, "GET /downloads HTTP/1.1\r\n\(fields)"))
    let head = try #require(try await ask(server.port, "HEAD /downloads HTTP/1.1\r\n\(fields)"))
    #expect(head.status == 200 && head.body.isEmpty && head.headers["content-length"] == get.headers["content-length"])
  }

  @Test func whatIsNoRequestIsRefusedInTheSameStyle() async throws {
    let server = try open(Rooms())
    defer { server.stop() }
    let host = "Host: 127.0.0.1:\(server.port)\r\n\r\n"
    for (text, status) in [
      ("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421), ("GET / HTTP/1.1\r\n\r\n", 421),
      ("DELETE / HTTP/1.1\r\n\(host)", 405),
      ("POST / HTTP/1.1\r\n\(host)", 405), ("OPTIONS * HTTP/1.1\r\n\(host)", 405), ("nonsense\r\n\r\n", 400),
      ("GET /\(String(repeating: "a", count: 5000)) HTTP/1.1\r\n\(host)", 414),
      ("GET / HTTP/1.1\r\nX: \(String(repeating: "a", count: 20_000))\r\n\(host)", 431),
      ("POST / HTTP/1.1\r\nContent-Length: 10000000\r\n\(host)", 413), ("GET /%00 HTTP/1.1\r\n\(host)", 400),
    ] {
      let answer = try #require(try await ask(server.port, text), "\(text.prefix(30))")
      #expect(answer.status == status, "\(text.prefix(30))")
      #expect(answer.headers["content-security-policy"] != nil)
      #expect(try Markings(answer.body).tags.contains { $0.attributes["class"] == "skip" })
    }
  }

  @Test func itAnswersOnBothAddressesOfThisMachineAndNoOther() async throws {
    let server = try open(Rooms())
    defer { server.stop() }
    let text = "GET /metrics HTTP/1.1\r\nHost: [::1]:\(server.port)\r\n\r\n"
    #expect(try await ask(server.port, text)?.status == 200)
    if (try? Connection(port: server.port, isIPv6: true)) != nil {
      #expect(try await ask(server.port, text, isIPv6: true)?.status == 200)
    }
    // /proc lists the sockets that listen, with their addresses in hexadecimal: 7F000001 backwards.
    // The list is longer than one read of a file of unknown length may give, and sockets that come and go meanwhile can
    // hide a line, or show it twice.
    let place = String(format: ":%04X 00000000:0000 0A", server.port)
    var addresses: Set<Substring> = []
    for _ in 0..<5 {
      let listening = try await Program(path: "/bin/cat").run(["/proc/net/tcp"], environment: [:]).output
      for line in listening.split(separator: "\n") where line.contains(place) {
        if let address = line.split(separator: " ").dropFirst().first { addresses.insert(address.prefix(8)) }
      }
    }
    #expect(addresses == ["0100007F"])
  }

  @Test func manyAskAtOnceAndSomeSayNothing() async throws {
    let server = try open(Rooms())
    defer { server.stop() }
    let port = server.port
    let silent = try (0..<8).map { _ in try Connection(port: port) }
    try await withThrowingTaskGroup(of: Answer?.self) { group in
      for _ in 0..<60 {
        group.addTask { try await ask(port, "GET /models HTTP/1.1\r\nHost: localhost:\(port)\r\n\r\n") }
      }
      for try await answer in group {
        let answer = try #require(answer)
        let text = try Markings(answer.body).text
        #expect(answer.status == 200, "\(text)")
      }
    }
    withExtendedLifetime(silent) {}
  }

  @Test func aStoppedServerLetsItsPortGo() async throws {
    let rooms = try Rooms()
    let server = try open(rooms)
    let port = server.port
    let waiting = try Connection(port: port)
    waiting.send("GET / HTTP")
    server.stop()
    server.stop()
    // Whoever was waiting is told that nothing comes.
    #expect(waiting.rest().isEmpty)
    let again = try PageServer(port: port) { Site(PageHouse.empty, port: $0, acts: false) }
    #expect(again.port == port)
    again.stop()
  }

  @Test func aPortThatIsTakenIsSaidSo() throws {
    let server = try open(Rooms())
    defer { server.stop() }
    let error = #expect(throws: PageServerError.self) {
      try PageServer(port: server.port) { Site(PageHouse.empty, port: $0, acts: false) }
    }
    #expect(error?.problem.contains("\(server.port)") == true && error?.reason == "Address already in use")
  }
}

extension PageHouse {
  /// A house in which nothing was recorded.
  fileprivate static var empty: PageHouse {
    PageHouse(
      catalog: { () throws(CatalogError) -> Catalog? in nil },
      sheet: { (_, _) throws(CatalogError) -> FitSheet? in nil },
      devices: [])
  }
}

/// A connection of a test's own.
final class Connection: Sendable {
  private let descriptor: Int32

  struct Refused: Error {}

  init(port: UInt16, isIPv6: Bool = false) throws {
    descriptor = socket(isIPv6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var patience = timeval(tv_sec: 30, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    let status: Int32
    if isIPv6 {
      var address = sockaddr_in6()
      address.sin6_family = sa_family_t(AF_INET6)
      address.sin6_port = port.bigEndian
      address.sin6_addr = in6addr_loopback
      status = withUnsafeBytes(of: &address) { Self.connect(descriptor, $0) }
    } else {
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = port.bigEndian
      address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      status = withUnsafeBytes(of: &address) { Self.connect(descriptor, $0) }
    }
    guard status == 0 else {
      close(descriptor)
      throw Refused()
    }
  }

  private static func connect(_ descriptor: Int32, _ address: UnsafeRawBufferPointer) -> Int32 {
    address.baseAddress.map {
      Glibc.connect(descriptor, $0.assumingMemoryBound(to: sockaddr.self), socklen_t(address.count))
    } ?? -1
  }

  deinit { close(descriptor) }

  func send(_ text: String) {
    let bytes = Array(text.utf8)
    _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
  }

  /// Everything until the other side closes.
  func rest() -> [UInt8] {
    var all: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16_384)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count > 0 else { return all }
      all += buffer[..<count]
    }
  }
}
