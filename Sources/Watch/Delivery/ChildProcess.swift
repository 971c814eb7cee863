import Console
import Foundation
import Glibc

/// Runs a program with fixed arguments and a bare environment, without a shell.
enum ChildProcess {
  /// How it ended. Words are the beginning of what it wrote to standard error, after a colon, or nothing.
  enum End: Sendable, Equatable {
    case notStarted(String)
    case exit(Int32, String)
    case signal(Int32, String)
    case tooLong
  }

  /// Runs it to its end on a thread of its own; what outlives the limit is killed with all that it has started.
  static func run(
    _ path: String, _ arguments: [String], environment: [String: String], input: [UInt8], limit: Duration
  ) async -> End {
    await withCheckedContinuation { continuation in
      Thread {
        continuation.resume(
          returning: runHere(path, arguments, environment: environment, input: input, limit: limit))
      }.start()
    }
  }

  private static func runHere(
    _ path: String, _ arguments: [String], environment: [String: String], input: [UInt8], limit: Duration
  ) -> End {
    // Files without a name instead of pipes: nobody has to feed and to empty them at the same time.
    let (source, complaints) = (nameless(), nameless())
    defer {
      if source >= 0 { close(source) }
      if complaints >= 0 { close(complaints) }
    }
    guard source >= 0, complaints >= 0, OutboxFolder.writeAll(source, input), lseek(source, 0, SEEK_SET) == 0 else {
      return .notStarted(String(cString: strerror(errno)))
    }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, source, STDIN_FILENO)
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, complaints, STDERR_FILENO)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    // We ignore a broken pipe; a program expects to be told.
    sigaddset(&signals, SIGPIPE)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
    var argv = ([path] + arguments).map { strdup($0) } + [nil]
    var variables = environment.sorted { $0.key < $1.key }.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for text in argv + variables { free(text) } }
    var pid = pid_t()
    let code = posix_spawn(&pid, path, &actions, &attributes, &argv, &variables)
    guard code == 0 else { return .notStarted(String(cString: strerror(code))) }
    guard let status = wait(pid, limit) else { return .tooLong }
    let words = beginning(complaints)
    return status & 0x7F == 0 ? .exit((status >> 8) & 0xFF, words) : .signal(status & 0x7F, words)
  }

  /// A file that is gone when it is closed; negative when there is none to be had.
  private static func nameless() -> Int32 {
    var name = Array("\(NSTemporaryDirectory())/hubwatch-XXXXXX".utf8CString)
    let file = mkstemp(&name)
    guard file >= 0 else { return file }
    unlink(name)
    _ = fcntl(file, F_SETFD, FD_CLOEXEC)
    return file
  }

  /// The status of an ended process; nil when it was killed because it took too long.
  private static func wait(_ pid: pid_t, _ limit: Duration) -> Int32? {
    let end = ContinuousClock.now + limit
    var status: Int32 = 0
    while true {
      let ended = waitpid(pid, &status, WNOHANG)
      if ended == pid { return status }
      if ended < 0, errno != EINTR { return 127 << 8 }
      guard ContinuousClock.now < end else { break }
      usleep(10_000)
    }
    kill(-pid, SIGKILL)
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    return nil
  }

  private static func beginning(_ file: Int32) -> String {
    var buffer = [UInt8](repeating: 0, count: 2000)
    let count = buffer.withUnsafeMutableBytes { pread(file, $0.baseAddress, $0.count, 0) }
    let text = ForeignText.oneLine(String(decoding: buffer.prefix(max(0, count)), as: UTF8.self), limit: 300)
    return text.isEmpty ? "" : ": \(text)"
  }
}
