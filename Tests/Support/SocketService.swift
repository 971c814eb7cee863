import Foundation
import Glibc
import Synchronization

/// A service as systemd runs it: a process of its own for each connection to a local socket, with the connection as standard
/// input and output.
public final class SocketService: Sendable {
  /// Where it listens.
  public let socket: String
  private let folder: TemporaryFolder
  private let listener: Listener

  /// Listens while `body` runs.
  ///
  /// - Throws: `POSIXError`, and what `body` throws.
  public static func with<Result>(
    program: String, arguments: [String], _ body: (SocketService) async throws -> Result
  ) async throws -> Result {
    let service = try SocketService(program: program, arguments: arguments)
    defer { service.listener.stop() }
    return try await body(service)
  }

  private init(program: String, arguments: [String]) throws {
    folder = try TemporaryFolder()
    socket = "\(folder.path)/service.sock"
    listener = try Listener(socket, [program] + arguments)
  }

  /// The listening socket, and the thread that waits at it.
  private final class Listener: Sendable {
    private let descriptor: Int32
    private let command: [String]
    private let isStopped = Atomic(false)

    init(_ path: String, _ command: [String]) throws {
      self.command = command
      descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
      var name = sockaddr_un()
      name.sun_family = sa_family_t(AF_UNIX)
      withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
      let size = socklen_t(MemoryLayout.size(ofValue: name))
      let status = withUnsafePointer(to: &name) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
      }
      guard status == 0, listen(descriptor, 8) == 0 else {
        let code = errno
        close(descriptor)
        throw POSIXError(.init(rawValue: code) ?? .EIO)
      }
      Thread { self.serve() }.start()
    }

    func stop() { isStopped.store(true, ordering: .relaxed) }

    private func serve() {
      defer { close(descriptor) }
      while !isStopped.load(ordering: .relaxed) {
        var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&poller, 1, 50) > 0 else { continue }
        let connection = accept(descriptor, nil, nil)
        guard connection >= 0 else { continue }
        _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
        start(connection)
        close(connection)
      }
    }

    private func start(_ connection: Int32) {
      var actions = posix_spawn_file_actions_t()
      posix_spawn_file_actions_init(&actions)
      defer { posix_spawn_file_actions_destroy(&actions) }
      posix_spawn_file_actions_adddup2(&actions, connection, STDIN_FILENO)
      posix_spawn_file_actions_adddup2(&actions, connection, STDOUT_FILENO)
      var arguments = command.map { strdup($0) } + [nil]
      defer { for argument in arguments { free(argument) } }
      var environment: [UnsafeMutablePointer<CChar>?] = [nil]
      var pid = pid_t()
      guard posix_spawn(&pid, command[0], &actions, nil, &arguments, &environment) == 0 else { return }
      let child = pid
      Thread {
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
      }.start()
    }
  }
}
