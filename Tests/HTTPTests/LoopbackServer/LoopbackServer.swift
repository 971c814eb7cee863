import Glibc
import Synchronization

/// A server on 127.0.0.1 that answers each request with scripted bytes, right or wrong.
///
/// One thread accepts and one more serves each connection. It stops when it is released.
public final class LoopbackServer: Sendable {
  /// What happens on the connection, in order. After the last step the connection waits for its next request.
  public enum Step: Sendable {
    /// Bytes go out.
    case send([UInt8])
    /// The same bytes go out until the client has had enough.
    case repeatForever([UInt8])
    /// The connection is closed properly.
    case close
    /// The connection is closed with RST.
    case reset
    /// Nothing more, until the server stops or the client goes.
    case hold
    /// All further bytes go to and fro between the client and this port of 127.0.0.1, as behind a proxy.
    case tunnel(Int)
  }

  /// A request as it came in.
  public struct Request: Sendable {
    /// `GET`, `HEAD` …
    public let method: String
    /// Path and query.
    public let target: String
    /// The header fields, names in lower case.
    public let headers: [String: String]
    /// The body, as far as Content-Length announced it.
    public let body: [UInt8]

    /// The path without the query.
    public var path: String { String(target.prefix { $0 != "?" }) }
  }

  /// The port that it listens on.
  public let port: Int
  private let listener: Int32
  private let shared: Shared

  /// What the threads share, so that they need not keep the server alive.
  private final class Shared: Sendable {
    let respond: @Sendable (Request) -> [Step]
    let state = Mutex(State())

    struct State {
      var requests: [Request] = []
      var connections: Set<Int32> = []
      var isStopped = false
    }

    init(_ respond: @escaping @Sendable (Request) -> [Step]) { self.respond = respond }
  }

  /// Starts a server that answers with what `respond` says.
  public convenience init(_ respond: @escaping @Sendable (Request) -> [Step]) {
    guard let (listener, port) = Listener.ipv4() else { preconditionFailure("no free port on loopback") }
    self.init(listener, port, respond)
  }

  /// Starts a server on a port of ::1; nil where there is no IPv6, or the port is taken.
  public convenience init?(ipv6Port: Int, _ respond: @escaping @Sendable (Request) -> [Step]) {
    guard let listener = Listener.ipv6(port: ipv6Port) else { return nil }
    self.init(listener, ipv6Port, respond)
  }

  private init(_ descriptor: Int32, _ port: Int, _ respond: @escaping @Sendable (Request) -> [Step]) {
    signal(SIGPIPE, SIG_IGN)
    shared = Shared(respond)
    listener = descriptor
    self.port = port
    let shared = shared
    Self.spawn {
      while true {
        let connection = accept(descriptor, nil, nil)
        guard connection >= 0 else {
          // This thread alone closes the listener, so that its number cannot mean another one meanwhile.
          guard shared.state.withLock(\.isStopped) else { continue }
          Glibc.close(descriptor)
          return
        }
        let isOpen = shared.state.withLock { state in
          if !state.isStopped { state.connections.insert(connection) }
          return !state.isStopped
        }
        guard isOpen else {
          Glibc.close(connection)
          continue
        }
        Self.spawn { Self.serve(connection, shared) }
      }
    }
  }

  deinit {
    shared.state.withLock { state in
      state.isStopped = true
      for connection in state.connections { Glibc.shutdown(connection, Int32(SHUT_RDWR)) }
    }
    Glibc.shutdown(listener, Int32(SHUT_RDWR))
  }

  /// `http://127.0.0.1:PORT` followed by a path.
  public func address(_ path: String = "/") -> String { "http://127.0.0.1:\(port)\(path)" }

  /// Every request so far, in order of arrival.
  public var requests: [Request] { shared.state.withLock(\.requests) }

  /// A status line, headers and a body with its Content-Length.
  public static func answer(
    _ status: Int = 200, headers: [String] = [], body: [UInt8] = []
  ) -> [Step] {
    let lines = ["HTTP/1.1 \(status) Text", "Content-Length: \(body.count)"] + headers
    return [.send(Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body)]
  }

  /// The same with a text for a body.
  public static func answer(_ status: Int = 200, headers: [String] = [], text: String) -> [Step] {
    answer(status, headers: headers, body: Array(text.utf8))
  }

  static func spawn(_ work: @escaping @Sendable () -> Void) {
    final class Box: Sendable {
      let work: @Sendable () -> Void
      init(_ work: @escaping @Sendable () -> Void) { self.work = work }
    }
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().work()
        return nil
      }, Unmanaged.passRetained(Box(work)).toOpaque())
    precondition(code == 0, "no thread")
    pthread_detach(thread)
  }

  private static func serve(_ connection: Int32, _ shared: Shared) {
    var buffer: [UInt8] = []
    requests: while let request = readRequest(connection, &buffer) {
      shared.state.withLock { $0.requests.append(request) }
      for step in shared.respond(request) {
        switch step {
        case .send(let bytes): if !write(connection, bytes) { break requests }
        case .repeatForever(let bytes): while write(connection, bytes) {}
        case .close: break requests
        case .reset:
          var linger = linger(l_onoff: 1, l_linger: 0)
          setsockopt(
            connection, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
          break requests
        case .hold:
          var byte: UInt8 = 0
          while recv(connection, &byte, 1, 0) > 0 {}
        case .tunnel(let port):
          Tunnel.run(between: connection, and: port)
          break requests
        }
      }
    }
    shared.state.withLock { _ = $0.connections.remove(connection) }
    Glibc.close(connection)
  }

  static func write(_ connection: Int32, _ bytes: [UInt8]) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes { send(connection, $0.baseAddress, $0.count, 0) }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }

  private static func readRequest(_ connection: Int32, _ buffer: inout [UInt8]) -> Request? {
    let end: [UInt8] = [13, 10, 13, 10]
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      if let range = buffer.firstRange(of: end) {
        let lines = String(decoding: buffer[..<range.lowerBound], as: UTF8.self).split(separator: "\r\n")
        let words = lines.first?.split(separator: " ") ?? []
        guard words.count == 3 else { return nil }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
          guard let colon = line.firstIndex(of: ":") else { continue }
          headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        let length = headers["content-length"].flatMap { Int($0) } ?? 0
        if buffer.count - range.upperBound >= length {
          let body = Array(buffer[range.upperBound..<range.upperBound + length])
          buffer.removeFirst(range.upperBound + length)
          return Request(
            method: String(words[0]), target: String(words[1]), headers: headers, body: body)
        }
      }
      let count = recv(connection, &chunk, chunk.count, 0)
      guard count > 0 else { return nil }
      buffer += chunk[..<count]
    }
  }
}
