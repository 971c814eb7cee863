import CLinux
import Foundation
import Glibc

/// A thread of the process that runs a foreign model, which ends the process when nobody waits for its answer any more, or
/// when it takes more than it may.
///
/// The kernel's own signal on the parent's death is tied to the thread that made the child, which may well end
/// while its process lives; asking who the parent is has no such trap. Memory is watched here although there is a limit on
/// it, too, because a refused allocation cannot be told from other crashes, and what is taken here can.
struct ProcessGuard: Sendable {
  /// Who waits: a process, or the other end of standard input.
  private let parent: Int32?
  /// Bytes that may be taken.
  private let memory: Int64
  /// Threads that there may be.
  private let threads: Int64
  /// What is told when there is too much memory: a model that is larger than the budget may need it, any other is a bomb.
  private let word: String
  /// /proc/self/status, open since before the walls were raised; -1 where there is none.
  private let status: Int32

  /// The exit status after it has ended the process.
  static let exitStatus: Int32 = 91
  /// Threads of the runtime, beside those of the core, that are no cause for concern.
  private static let spareThreads: Int64 = 32

  /// Opens what has to be open before the process is confined.
  init(_ request: SmokeRequest, places: ModelPlaces) {
    parent = request.parent
    memory = request.memoryBytes
    threads = Int64(request.threads) + Self.spareThreads
    word = places.bytes > request.memoryBytes / 4 * 3 ? "tooBig" : "memory"
    status = open("/proc/self/status", O_RDONLY | O_CLOEXEC)
  }

  /// Starts watching.
  func begin() {
    let thread = Thread {
      while true {
        if isAlone { _exit(137) }
        if let word = excess() {
          hubwatch_tell(STDOUT_FILENO, word)
          _exit(Self.exitStatus)
        }
        usleep(20_000)
      }
    }
    thread.name = "guard"
    thread.start()
  }

  private var isAlone: Bool {
    if let parent { return getppid() != parent }
    return hubwatch_is_hung_up(STDIN_FILENO) != 0
  }

  private func excess() -> String? {
    var (taken, running) = (Int64(0), Int64(0))
    guard status >= 0, hubwatch_usage(status, &taken, &running) == 0 else { return nil }
    if taken > memory { return word }
    return running > threads ? "threads" : nil
  }
}
