import CLinux

/// How many files and connections this process may have open at once.
public enum OpenFiles {
  private static let wanted: UInt64 = 4096
  /// Descriptors for everything but connections: the catalog, libraries, the file that is written.
  private static let others = 64
  /// Of a connection: its socket, and another one while a name is being looked up.
  private static let perConnection = 2

  /// Lets this process open as many files as it may, up to what it can use; returns the number.
  @discardableResult
  public static func raise() -> Int {
    var allowed: UInt64 = 0
    // A system that does not say is taken for an ordinary one.
    guard hubwatch_raise_file_limit(wanted, &allowed) == 0 else { return 1024 }
    return Int(clamping: allowed)
  }

  /// Connections that there are descriptors for.
  ///
  /// - Parameter allowed: files that may be open.
  static func connections(allowed: Int) -> Int { max(1, (allowed - others) / perConnection) }
}
