import Foundation
import Glibc

/// A program that was started and measured to its end.
public struct Child {
  /// What it wrote to its standard output.
  public let output: Data
  /// Wall time.
  public let seconds: Double
  /// User and system time, as the kernel counted them.
  public let cpu: Double
  /// The most memory that it had at once, in bytes.
  public let peak: Int

  public struct Failure: Error, CustomStringConvertible {
    public let description: String

    /// What went wrong.
    public init(description: String) { self.description = description }
  }

  /// Runs a program.
  ///
  /// - Parameter errors: a file for its standard error, which is told when it fails.
  /// - Throws: `Failure` when it cannot be started or does not end with 0.
  public init(_ path: String, _ arguments: [String], environment: [String: String] = [:], errors: String) throws {
    var pipe: [Int32] = [0, 0]
    guard pipe2(&pipe) else { throw Failure(description: "no pipe") }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, pipe[1], 1)
    posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    var variables = ProcessInfo.processInfo.environment
    for name in ["HF_TOKEN", "HF_HOME", "HUBWATCH_CONFIG", "HUBWATCH_STATE"] { variables[name] = nil }
    variables.merge(environment) { $1 }
    let argv = ([path] + arguments).map { strdup($0) } + [nil]
    let envp = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for text in argv + envp { free(text) } }
    var pid: pid_t = 0
    let start = ContinuousClock.now
    let code = posix_spawn(&pid, path, &actions, nil, argv, envp)
    close(pipe[1])
    let reading = FileHandle(fileDescriptor: pipe[0], closeOnDealloc: true)
    guard code == 0 else { throw Failure(description: "\(path): \(String(cString: strerror(code)))") }
    output = reading.readDataToEndOfFile()
    var status: Int32 = 0
    var usage = rusage()
    while wait4(pid, &status, 0, &usage) < 0, errno == EINTR {}
    seconds = (ContinuousClock.now - start) / .seconds(1)
    cpu = Self.seconds(usage.ru_utime) + Self.seconds(usage.ru_stime)
    peak = usage.ru_maxrss * 1024
    guard status == 0 else {
      let words = try String(contentsOfFile: errors, encoding: .utf8).suffix(2000)
      throw Failure(description: "\(path) \(arguments.joined(separator: " ")): ended with status \(status)\n\(words)")
    }
  }

  public static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
}

/// A pipe that no child inherits but by intent.
private func pipe2(_ ends: inout [Int32]) -> Bool {
  guard pipe(&ends) == 0 else { return false }
  return ends.allSatisfy { fcntl($0, F_SETFD, FD_CLOEXEC) == 0 }
}
