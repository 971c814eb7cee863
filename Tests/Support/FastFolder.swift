import Foundation

/// A folder for databases that need not survive anything: in memory where the system offers that, since every
/// commit is synced. Deleted with this value.
public final class FastFolder: Sendable {
  /// Its path.
  public let path: String

  /// Makes an empty folder.
  public init() throws {
    let memory = "/dev/shm"
    let base =
      FileManager.default.isWritableFile(atPath: memory) ? memory : FileManager.default.temporaryDirectory.path
    path = "\(base)/hubwatch-test-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    // A leftover in the temporary folder is no failure of the test that used it.
    try? FileManager.default.removeItem(atPath: path)
  }
}
