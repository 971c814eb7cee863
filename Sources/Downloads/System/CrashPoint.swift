import Foundation
import Glibc
import Synchronization

/// Places at which a test may end the process as a power failure would: between two steps whose order matters.
///
/// `HUBWATCH_CRASH_AT=afterWrite:3` ends it with `_exit(137)` when the third write is done.
public enum CrashPoint: String, Sendable, CaseIterable {
  /// Blocks are reserved, the journal knows nothing yet.
  case afterReserve
  /// Bytes are handed to the kernel, the progress record is not written.
  case afterWrite
  /// The progress record is written.
  case afterProgress
  /// Bytes are synced, the journal does not know.
  case afterSync
  /// The journal knows.
  case afterJournal
  /// The hash was right; the file is neither synced nor named.
  case afterHash
  /// The whole file is synced.
  case afterFinalSync
  /// The file has its name; its folder is not synced.
  case afterRename
  /// The folder is synced, the catalog does not know.
  case afterFolderSync
  /// The catalog knows that the file is verified.
  case afterVerified
  /// A link in the snapshot is made.
  case afterLink
  /// The ref is written; the copy is not yet called verified.
  case afterRef

  private static let wanted: (point: CrashPoint, count: Int)? = {
    guard let text = ProcessInfo.processInfo.environment["HUBWATCH_CRASH_AT"] else { return nil }
    let parts = text.split(separator: ":")
    guard parts.count == 2, let point = CrashPoint(rawValue: String(parts[0])), let count = Int(parts[1]) else {
      return nil
    }
    return (point, count)
  }()
  private static let passed = Atomic(0)

  /// Ends the process when this is where the environment says.
  func pass() {
    guard let wanted = Self.wanted, wanted.point == self,
      Self.passed.add(1, ordering: .relaxed).newValue == wanted.count
    else { return }
    _exit(137)
  }
}
