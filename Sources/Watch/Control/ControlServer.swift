import CLinux
import Domain
import Foundation
import Glibc
import Synchronization

/// Listens on the daemon's control socket: a thread that waits for connections, and one for each of them.
///
/// Nothing moves while nobody asks. Whoever is refused, too slow, or speaks rubbish is told so and loses their connection;
/// what a client has asked for goes on when the client is gone.
public final class ControlServer: Sendable {
  /// Does what is asked and says how it ended. Cancelled when the client takes it back, or the server stops.
  public typealias Handler = @Sendable (ControlRequest, ControlSession) async -> ControlEnd

  /// What a server puts up with.
  public struct Limits: Sendable {
    /// Connections at one time.
    public var connections = 16
    /// Seconds within which a request has to be there.
    public var requestSeconds = 10.0
    /// Seconds that a client may leave words unread.
    public var stallSeconds = 30.0

    /// The usual ones.
    public init() {}
  }

  /// The socket's file.
  public let path: String
  private let listener: Int32
  private let bell: Int32
  private let access: ControlAccess
  private let limits: Limits
  private let handler: Handler
  private let state = Mutex(State())

  private struct State {
    var sessions: [ObjectIdentifier: ControlSession] = [:]
    var isStopped = false
  }

  /// Binds the socket. A file that a dead daemon has left there is replaced: only who holds the state may do that.
  ///
  /// - Parameters:
  ///   - path: its file; the folder has to be there.
  ///   - lock: the right to the state that the requests are about.
  /// - Throws: `ControlError.unusable`.
  public init(
    path: String, under lock: StateLock, limits: Limits = Limits(), handler: @escaping Handler
  ) throws(ControlError) {
    self.path = path
    self.limits = limits
    self.handler = handler
    access = ControlAccess(folder: String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
    bell = hubwatch_bell()
    guard bell >= 0 else { throw .unusable(path, reason: Self.reason()) }
    do {
      listener = try Self.listen(path, access)
    } catch {
      close(bell)
      throw error
    }
  }

  deinit {
    close(listener)
    close(bell)
  }

  /// Begins to answer.
  public func start() {
    let thread = Thread { [self] in accept() }
    thread.name = "control"
    thread.start()
  }

  /// Ends: no more connections, and those that there are are told so.
  public func stop() {
    let sessions = state.withLock { state in
      state.isStopped = true
      return Array(state.sessions.values)
    }
    hubwatch_ring(bell)
    unlink(path)
    for session in sessions {
      session.abandon(
        ControlEnd(
          .busy, problem: "the daemon stops", advice: "what was asked for and can go on does so at its next start"))
    }
  }

  private static func reason() -> String { String(cString: strerror(errno)) }

  private static func listen(_ path: String, _ access: ControlAccess) throws(ControlError) -> Int32 {
    guard let address = SocketAddress(path: path) else { throw .unusable(path, reason: reason()) }
    defer { address.finish() }
    var info = stat()
    if lstat(path, &info) == 0 {
      guard info.st_mode & S_IFMT == S_IFSOCK else { throw .unusable(path, reason: "something else has this name") }
      unlink(path)
    }
    let descriptor = socket(
      AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
    guard descriptor >= 0 else { throw .unusable(path, reason: reason()) }
    // The mode of the unnamed socket is that of the file, so that nobody else can connect in between.
    guard fchmod(descriptor, 0o600) == 0, address.use({ bind(descriptor, $0, $1) }) == 0 else {
      let words = reason()
      close(descriptor)
      throw .unusable(path, reason: words)
    }
    if let group = access.group { _ = lchown(path, uid_t.max, group) }
    guard chmod(path, access.mode) == 0, Glibc.listen(descriptor, 64) == 0 else {
      let words = reason()
      close(descriptor)
      unlink(path)
      throw .unusable(path, reason: words)
    }
    return descriptor
  }

  // MARK: Connections

  private func accept() {
    while !state.withLock({ $0.isStopped }) {
      var events = [
        pollfd(fd: listener, events: Int16(POLLIN), revents: 0), pollfd(fd: bell, events: Int16(POLLIN), revents: 0),
      ]
      guard poll(&events, 2, -1) > 0, events[0].revents != 0 else { continue }
      let connection = hubwatch_accept(listener)
      if connection >= 0 {
        admit(connection)
      } else if errno != EAGAIN, errno != EINTR, errno != ECONNABORTED {
        // No descriptor or memory left: those that are open have to end first.
        usleep(100_000)
      }
    }
  }

  private func admit(_ connection: Int32) {
    guard access.admits(connection) else {
      return Self.refuse(
        connection, ControlEnd(.busy, problem: "the daemon does not answer this user", advice: nil))
    }
    let bell = hubwatch_bell()
    guard bell >= 0 else { return Self.refuse(connection, Self.crowded) }
    let session = ControlSession(connection, bell: bell, limits: limits, handler: handler)
    let isIn = state.withLock { state in
      guard !state.isStopped, state.sessions.count < limits.connections else { return false }
      state.sessions[ObjectIdentifier(session)] = session
      return true
    }
    guard isIn else { return session.refuse(Self.crowded) }
    let thread = Thread { [self] in
      session.live()
      state.withLock { _ = $0.sessions.removeValue(forKey: ObjectIdentifier(session)) }
    }
    thread.name = "control"
    thread.start()
  }

  private static let crowded = ControlEnd(
    .busy, problem: "the daemon is asked by as many as it answers at once", advice: "try again")

  private static func refuse(_ connection: Int32, _ end: ControlEnd) {
    ControlSession.sendOnce(connection, end)
    close(connection)
  }
}
