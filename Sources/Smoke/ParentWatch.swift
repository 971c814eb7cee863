import Foundation
import Glibc

/// Ends this process when its parent is gone, so that no test outlives a killed hubwatch.
///
/// The kernel's own signal on the parent's death is tied to the thread that made the child, which may well end
/// while its process lives; asking who the parent is has no such trap.
public enum ParentWatch {
  /// Starts watching; `parent` is the process id of whoever wants the report.
  public static func begin(parent: Int32) {
    let thread = Thread {
      while getppid() == parent { usleep(200_000) }
      _exit(137)
    }
    thread.name = "parent watch"
    thread.start()
  }
}
