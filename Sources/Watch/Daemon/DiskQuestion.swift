import Glibc

/// Asks the disks of the state and of the models for a sign of life.
public enum DiskQuestion {
  /// Comes back when both have answered: the state's by making durable what is in its lock file, which costs nothing when
  /// that is so already, the models' by telling how much room there is. An error is an answer, too: whoever writes next
  /// will tell of it. A hang is what this is about.
  public static func ask(state: String, cache: String) {
    let descriptor = open("\(state)/lock", O_RDWR | O_CLOEXEC | O_NOFOLLOW)
    if descriptor >= 0 {
      _ = fdatasync(descriptor)
      close(descriptor)
    }
    var info = statvfs()
    _ = statvfs(cache, &info)
  }
}
