import CLinux
import Domain
import Foundation
import Glibc
import Synchronization

/// One connection to the control socket: a request comes in, and what is said about it goes out.
///
/// Words may come from any thread; the connection's own thread sends them.
public final class ControlSession: Sendable {
  private struct State {
    /// Lines that wait to be sent.
    var outbox = Data()
    /// How far a file is, of which only the newest is worth sending.
    var progress: [(label: String, body: ControlReply.Body)] = []
    /// What does the work; cancelled when the client takes it back.
    var task: Task<Void, Never>?
    /// No more words are taken, since the last was said.
    var hasEnded = false
    /// Nobody reads any more.
    var isGone = false
    /// Those who have much to say, and wait until some of it was read.
    var patient: [CheckedContinuation<Void, Never>] = []
  }

  private let connection: Int32
  private let bell: Int32
  private let limits: ControlServer.Limits
  private let handler: ControlServer.Handler
  private let state = Mutex(State())

  /// Bytes that may wait for a client that reads slowly.
  private static let mostWaiting = 8 << 20
  /// So many of them leave room for more.
  private static let roomy = 1 << 20

  init(_ connection: Int32, bell: Int32, limits: ControlServer.Limits, handler: @escaping ControlServer.Handler) {
    self.connection = connection
    self.bell = bell
    self.limits = limits
    self.handler = handler
  }

  deinit {
    close(connection)
    close(bell)
  }

  // MARK: What the daemon says

  /// Says something; nothing happens when nobody listens any more.
  public func send(_ body: ControlReply.Body) {
    state.withLock { state in
      guard !state.hasEnded, !state.isGone else { return }
      if case .progress(let label, _, _) = body {
        let isFirst = state.progress.isEmpty
        state.progress.removeAll { $0.label == label }
        state.progress.append((label, body))
        // The thread counts the time by itself once it knows that there is something.
        if isFirst { hubwatch_ring(bell) }
        return
      }
      Self.flushProgress(&state)
      Self.append(body, &state)
    }
    hubwatch_ring(bell)
  }

  /// Says a piece of something long: before, it waits until most of what was said has been read.
  ///
  /// - Returns: whether anybody listens.
  public func sendInTurn(_ body: ControlReply.Body) async -> Bool {
    await withCheckedContinuation { continuation in
      let mustWait = state.withLock { state in
        guard !state.hasEnded, !state.isGone, state.outbox.count > Self.roomy else { return false }
        state.patient.append(continuation)
        return true
      }
      if !mustWait { continuation.resume() }
    }
    send(body)
    return state.withLock { !$0.hasEnded && !$0.isGone }
  }

  /// Lets those go on that wait for room.
  private static func relieve(_ state: inout State) {
    for continuation in state.patient { continuation.resume() }
    state.patient = []
  }

  /// Says how it ended; that is the last word.
  func end(_ end: ControlEnd) {
    state.withLock { state in
      guard !state.hasEnded else { return }
      Self.flushProgress(&state)
      Self.append(.ended(end), &state)
      state.hasEnded = true
      Self.relieve(&state)
    }
    hubwatch_ring(bell)
  }

  /// The server stops: what this connection has asked for is cancelled.
  func abandon(_ end: ControlEnd) {
    self.end(end)
    state.withLock { $0.task }?.cancel()
  }

  /// Says no to a connection that has no thread, as far as its buffer goes.
  func refuse(_ end: ControlEnd) { Self.sendOnce(connection, end) }

  static func sendOnce(_ connection: Int32, _ end: ControlEnd) {
    guard let line = try? ControlCoding.line(ControlReply(.ended(end))) else { return }
    _ = line.withUnsafeBytes { Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
  }

  private static func flushProgress(_ state: inout State) {
    for (_, body) in state.progress { append(body, &state) }
    state.progress = []
  }

  private static func append(_ body: ControlReply.Body, _ state: inout State) {
    // A reply is made of texts and numbers, which can always be written.
    guard let line = try? ControlCoding.line(ControlReply(body)) else { return }
    state.outbox += line
    // Whoever reads so slowly does not read at all. The work goes on.
    if state.outbox.count > mostWaiting {
      state.isGone = true
      relieve(&state)
    }
  }

  // MARK: The connection's thread

  /// How often progress is sent, in seconds.
  private static let progressPause = 0.2

  /// Reads the request, and sends until the end was said or nobody listens.
  func live() {
    var reader = LineReader(limit: ControlRequest.byteLimit)
    var (hasRequest, canRead) = (false, true)
    let start = Uptime.seconds()
    var (lastProgress, blockedSince) = (start, Double?.none)
    while true {
      let now = Uptime.seconds()
      let (waiting, hasProgress, hasEnded, isGone) = state.withLock { state in
        if now - lastProgress >= Self.progressPause, !state.progress.isEmpty {
          Self.flushProgress(&state)
          lastProgress = now
        }
        return (!state.outbox.isEmpty, !state.progress.isEmpty, state.hasEnded, state.isGone)
      }
      if isGone || hasEnded && !waiting { break }
      blockedSince = waiting ? blockedSince ?? now : nil
      var patience = Double.infinity
      if hasProgress { patience = Self.progressPause - (now - lastProgress) }
      if let blockedSince { patience = min(patience, limits.stallSeconds - (now - blockedSince)) }
      if blockedSince.map({ now - $0 >= limits.stallSeconds }) ?? false { break }
      if !hasRequest, !hasEnded {
        patience = min(patience, limits.requestSeconds - (now - start))
        if now - start >= limits.requestSeconds {
          end(ControlEnd(.usage, problem: "no request came within \(Int(limits.requestSeconds)) s"))
          continue
        }
      }
      let happened = wait(patience, canRead: canRead, canWrite: waiting)
      if happened & POLLOUT != 0 {
        guard sendSome() else { break }
        blockedSince = nil
      }
      if happened & POLLIN != 0, canRead {
        switch receive(&reader) {
        case .bytes: canRead = hear(&reader, &hasRequest)
        case .nothing: break
        case .end: canRead = false
        case .gone: return leave()
        }
        if !canRead, !hasRequest, !state.withLock({ $0.hasEnded }) { break }
      } else if happened & (POLLHUP | POLLERR | POLLNVAL) != 0 {
        break
      }
    }
    leave()
  }

  /// Waits for the connection, or for words to send.
  ///
  /// - Returns: what has happened to the connection.
  private func wait(_ patience: Double, canRead: Bool, canWrite: Bool) -> Int32 {
    var events = [
      pollfd(fd: connection, events: (canRead ? Int16(POLLIN) : 0) | (canWrite ? Int16(POLLOUT) : 0), revents: 0),
      pollfd(fd: bell, events: Int16(POLLIN), revents: 0),
    ]
    guard poll(&events, 2, patience.isFinite ? Int32(min(max(0, patience) * 1000 + 1, 3_600_000)) : -1) >= 0 else {
      return errno == EINTR ? 0 : POLLERR
    }
    if events[1].revents != 0 { hubwatch_hush(bell) }
    return Int32(events[0].revents)
  }

  /// Nobody listens any more. Closing is left to the last who knows this session.
  private func leave() {
    state.withLock { state in
      state.isGone = true
      state.outbox = Data()
      state.progress = []
      Self.relieve(&state)
    }
    shutdown(connection, Int32(SHUT_RDWR))
  }

  private enum Arrival { case bytes, nothing, end, gone }

  private func receive(_ reader: inout LineReader) -> Arrival {
    var buffer = [UInt8](repeating: 0, count: 16 << 10)
    let count = recv(connection, &buffer, buffer.count, 0)
    if count == 0 { return .end }
    guard count > 0 else { return [EAGAIN, EINTR].contains(errno) ? .nothing : .gone }
    reader.append(buffer[..<count])
    return .bytes
  }

  /// Takes what has come as lines.
  ///
  /// - Returns: false when nothing that comes matters any more.
  private func hear(_ reader: inout LineReader, _ hasRequest: inout Bool) -> Bool {
    do {
      while let line = try reader.next() {
        let request = try ControlCoding.read(ControlRequest.self, line)
        if case .cancel = request.command {
          state.withLock { $0.task }?.cancel()
        } else if hasRequest {
          throw ControlError.rubbish("a second request")
        } else {
          hasRequest = true
          begin(request)
        }
      }
      return true
    } catch let error as ControlError {
      return refuse(hasRequest, error.problem)
    } catch is LineReader.TooLong {
      return refuse(hasRequest, "a request has at most \(ControlRequest.byteLimit >> 10) KiB")
    } catch {
      return refuse(hasRequest, "the request cannot be read")
    }
  }

  /// A client that has asked for something and then speaks rubbish is heard no more; it still gets its answer.
  private func refuse(_ hasRequest: Bool, _ words: String) -> Bool {
    if !hasRequest { end(ControlEnd(.usage, problem: words)) }
    return false
  }

  private func begin(_ request: ControlRequest) {
    let task = Task { end(await handler(request, self)) }
    state.withLock { $0.task = task }
  }

  private func sendSome() -> Bool {
    state.withLock { state in
      let count = state.outbox.withUnsafeBytes {
        Glibc.send(connection, $0.baseAddress, min($0.count, 256 << 10), Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return [EAGAIN, EINTR].contains(errno) }
      state.outbox = Data(state.outbox.dropFirst(count))
      if state.outbox.count <= Self.roomy { Self.relieve(&state) }
      return true
    }
  }
}
