import Domain
import Foundation
import Glibc
import Synchronization

/// Serves the page on this machine only.
///
/// Whoever can reach the port is a program of this machine, maybe a browser in the hands of a foreign site. So a request has
/// few bytes and little time, there are few of them at once, each on a thread of its own, and each connection carries one.
public final class PageServer: Sendable {
  /// Requests that are worked on at once; the next ones wait in the kernel.
  static let mostConnections = 32
  /// Seconds for a request to arrive.
  static let patience = 10.0
  /// Seconds for an answer to be taken.
  static let sendPatience = 20.0

  /// The port that it listens on.
  public let port: UInt16
  private let answer: @Sendable (PageRequest) -> PageResponse
  private let refuse: @Sendable (PageResponse.Status) -> PageResponse
  private let seats = DispatchSemaphore(value: PageServer.mostConnections)
  private let state = Mutex(State())

  private struct State {
    var wakers: [Int32] = []
    var connections: Set<Int32> = []
    var isStopping = false
  }

  /// Listens on 127.0.0.1, and on ::1 where there is one, and begins to answer.
  ///
  /// - Parameters:
  ///   - port: 0 for any that is free.
  ///   - site: makes what is served, once the port is known.
  /// - Throws: `PageServerError`.
  public convenience init(port: UInt16, site: (UInt16) -> Site) throws(PageServerError) {
    let ports = try Ports(port: port)
    let site = site(ports.number)
    try self.init(ports, answer: { site.answer($0) }, refuse: { site.refusal($0) })
  }

  init(
    _ ports: Ports, answer: @escaping @Sendable (PageRequest) -> PageResponse,
    refuse: @escaping @Sendable (PageResponse.Status) -> PageResponse
  ) throws(PageServerError) {
    port = ports.number
    (self.answer, self.refuse) = (answer, refuse)
    var wakers: [Int32] = []
    for listener in ports.listeners {
      // Signals and closing do not reliably wake `poll`; the end of a pipe does.
      var ends: [Int32] = [0, 0]
      guard pipe(&ends) == 0 else {
        let reason = String(cString: strerror(errno))
        for waker in wakers { close(waker) }
        for listener in ports.listeners.dropFirst(wakers.count) { close(listener) }
        throw PageServerError(port: Int(port), reason: reason)
      }
      for end in ends { Ports.keepToOurselves(end) }
      wakers.append(ends[1])
      let wake = ends[0]
      Thread { [weak self] in
        Ports.accept(listener, wake) { [weak self] in self?.take($0) ?? false }
      }.start()
    }
    state.withLock { $0.wakers = wakers }
  }

  deinit { stop() }

  /// Closes the port, and lets what is under way come to its end for a moment. Twice is no harm.
  public func stop() {
    let (wakers, isFirst) = state.withLock { state in
      defer {
        state.isStopping = true
        state.wakers = []
      }
      return (state.wakers, !state.isStopping)
    }
    for waker in wakers { close(waker) }
    guard isFirst else { return }
    let end = Date(timeIntervalSinceNow: 2)
    while state.withLock({ !$0.connections.isEmpty }), Date() < end { usleep(5000) }
    // Who still waits for a request's next byte is told that none will be read.
    state.withLock { for connection in $0.connections { shutdown(connection, Int32(SHUT_RDWR)) } }
  }

  // MARK: One connection

  /// Gives a connection a thread when there is a seat; false when the server ends.
  private func take(_ connection: Int32) -> Bool {
    seats.wait()
    let isWelcome = state.withLock { state in
      if !state.isStopping { state.connections.insert(connection) }
      return !state.isStopping
    }
    guard isWelcome else {
      seats.signal()
      return false
    }
    Thread { [self] in
      serve(connection)
      _ = state.withLock { $0.connections.remove(connection) }
      close(connection)
      seats.signal()
    }.start()
    return true
  }

  private func serve(_ connection: Int32) {
    var reader = RequestReader()
    let end = Date(timeIntervalSinceNow: Self.patience)
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let left = end.timeIntervalSinceNow
      guard left > 0, Self.wait(connection, Int16(POLLIN), left) else {
        // Browsers open connections in advance; one that never said anything is no request.
        return reader.isEmpty ? () : send(refuse(.timeout), on: connection, withBody: true)
      }
      let count = recv(connection, &buffer, buffer.count, 0)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return }
      switch reader.take(buffer[..<count]) {
      case .incomplete: continue
      case .refused(let status): return send(refuse(status), on: connection, withBody: true)
      case .complete(let request): return send(answer(request), on: connection, withBody: request.method != .head)
      }
    }
  }

  private func send(_ response: PageResponse, on connection: Int32, withBody: Bool) {
    let bytes = response.encoded(withBody: withBody)
    let end = Date(timeIntervalSinceNow: Self.sendPatience)
    var sent = 0
    while sent < bytes.count {
      let left = end.timeIntervalSinceNow
      guard left > 0, Self.wait(connection, Int16(POLLOUT), left) else { return }
      let count = bytes[sent...].withUnsafeBytes {
        Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
      }
      if count < 0, errno == EINTR || errno == EAGAIN { continue }
      guard count > 0 else { return }
      sent += count
    }
    // Closing with bytes unread would take the answer back from the other side; what else it has to say is not heard.
    shutdown(connection, Int32(SHUT_WR))
    var rest = [UInt8](repeating: 0, count: 4096)
    var drained = 0
    while drained < 1 << 20, Self.wait(connection, Int16(POLLIN), 1) {
      let count = recv(connection, &rest, rest.count, Int32(MSG_DONTWAIT))
      guard count > 0 else { return }
      drained += count
    }
  }

  private static func wait(_ descriptor: Int32, _ events: Int16, _ seconds: Double) -> Bool {
    var waits = pollfd(fd: descriptor, events: events, revents: 0)
    return poll(&waits, 1, Int32(max(1, seconds * 1000))) > 0
  }
}

/// The page cannot be served.
public struct PageServerError: ReportableError, Equatable {
  /// The port that was asked for.
  public var port: Int
  /// What the system says.
  public var reason: String

  public var problem: String { "the page cannot be served on port \(port) of this machine: \(reason)" }
  public var advice: String? { "choose another with --port, or page.port in the configuration; 0 takes any free one" }
  public var exitCode: ExitCode { .failed }
}
