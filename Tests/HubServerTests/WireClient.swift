import Foundation
import Synchronization

/// One request on one connection, byte for byte as the test wants it.
struct WireClient: Sendable {
  let port: Int

  struct Failure: Error, CustomStringConvertible { let description: String }

  /// What came back until the connection was closed.
  struct Reply: Sendable {
    let status: Int
    let headers: [(name: String, value: String)]
    let body: [UInt8]

    func header(_ name: String) -> String? {
      headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
    var text: String { String(decoding: body, as: UTF8.self) }
    var contentLength: Int? { header("Content-Length").flatMap { Int($0) } }

    /// The JSON body; `NSNull` when there is none.
    var json: Any { (try? JSONSerialization.jsonObject(with: Data(body))) ?? NSNull() }
    var object: [String: Any] { json as? [String: Any] ?? [:] }
    var array: [[String: Any]] { json as? [[String: Any]] ?? [] }
    /// The `id` or `path` of each item of a list.
    var names: [String] { array.compactMap { ($0["id"] ?? $0["path"]) as? String } }
  }

  /// Sends a request and reads the answer to its end.
  func request(
    _ method: String, _ target: String, headers: [String] = [], body: String = ""
  ) async throws -> Reply {
    var lines = ["\(method) \(target) HTTP/1.1", "Host: 127.0.0.1:\(port)", "Connection: close"] + headers
    if !body.isEmpty { lines.append("Content-Length: \(body.utf8.count)") }
    let reply = try await exchange(Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8))
    guard let reply = Self.parse(reply) else {
      throw Failure(description: "no answer to \(method) \(target.prefix(80))")
    }
    return reply
  }

  func get(_ target: String, headers: [String] = []) async throws -> Reply {
    try await request("GET", target, headers: headers)
  }

  func head(_ target: String, headers: [String] = []) async throws -> Reply {
    try await request("HEAD", target, headers: headers)
  }

  /// Sends bytes and returns what comes back until the peer closes, or until `atMost` bytes have come.
  func exchange(_ bytes: [UInt8], atMost: Int = .max) async throws -> [UInt8] {
    let received = Mutex<[UInt8]>([])
    try await stream(bytes) { chunk in
      received.withLock {
        $0 += chunk
        return $0.count < atMost
      }
    }
    return received.withLock { $0 }
  }

  /// Gets a target and counts the bytes of the whole answer without keeping them.
  func drain(_ target: String, headers: [String] = []) async throws -> Int {
    let lines = ["GET \(target) HTTP/1.1", "Host: 127.0.0.1:\(port)", "Connection: close"] + headers
    let count = Mutex(0)
    try await stream(Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)) { chunk in
      count.withLock { $0 += chunk.count }
      return true
    }
    return count.withLock { $0 }
  }

  /// Sends bytes and hands over what comes back, until the peer closes or `receive` has enough.
  private func stream(_ bytes: [UInt8], _ receive: @escaping @Sendable (ArraySlice<UInt8>) -> Bool)
    async throws
  {
    // Blocking calls must not hold the few threads on which the server itself runs.
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread {
        continuation.resume(with: Result { try Self.stream(bytes, port: port, receive) })
      }
    }
  }

  private static func stream(_ bytes: [UInt8], port: Int, _ receive: (ArraySlice<UInt8>) -> Bool) throws {
    let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard socket >= 0 else { throw Failure(description: "no socket") }
    defer { close(socket) }
    var limit = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let connected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard connected == 0 else { throw Failure(description: "cannot connect to port \(port)") }
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { break }
      sent += count
    }
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = recv(socket, &buffer, buffer.count, 0)
      guard count >= 0 else {
        if errno == ECONNRESET { return }
        throw Failure(description: "no answer within 20 seconds")
      }
      guard count > 0, receive(buffer[..<count]) else { return }
    }
  }

  private static func parse(_ bytes: [UInt8]) -> Reply? {
    guard let end = Data(bytes).range(of: Data("\r\n\r\n".utf8)) else { return nil }
    let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
    let words = lines[0].split(separator: " ")
    guard words.count >= 2, let status = Int(words[1]) else { return nil }
    let headers = lines.dropFirst().compactMap { line -> (String, String)? in
      guard let colon = line.firstIndex(of: ":") else { return nil }
      return (String(line[..<colon]), line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces))
    }
    return Reply(status: status, headers: headers, body: Array(bytes[end.upperBound...]))
  }
}
