import CLinux

/// What this process holds of the machine's memory.
public enum ProcessMemory {
  /// Takes code and constants out of it that were needed to come this far: a program reads half of itself to begin, and
  /// a twentieth of that to go on. What is needed again comes back from the page cache.
  public static func giveBackCode() { hubwatch_give_back_code() }

  /// The same after a piece of work that will not come again soon: what was freed goes back to the system, too.
  public static func giveBack() {
    hubwatch_give_back_memory()
    hubwatch_give_back_code()
  }

  /// Keeps the allocator from making an arena for every thread: what is free in one is no use to the others. At the start
  /// of a process that lives long, before there are threads.
  public static func useOneArena() { hubwatch_use_one_arena() }
}
