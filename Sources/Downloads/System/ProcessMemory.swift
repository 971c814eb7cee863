import CLinux

/// What this process holds of the machine's memory.
public enum ProcessMemory {
  /// Takes code and constants out of it that were needed to come this far: a program reads half of itself to begin, and
  /// a twentieth of that to go on. What is needed again comes back from the page cache.
  public static func giveBackCode() { hubwatch_give_back_code() }
}
