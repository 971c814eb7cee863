import Foundation
import Glibc
import Synchronization

/// Places at which a test may end the process as a power failure would: between two steps whose order matters.
///
/// `HUBWATCH_CRASH_AT=afterWrite:3` ends it with `_exit(137)` when the place of that name is passed for the third time.
public protocol CrashPlace: RawRepresentable<String>, Sendable {}

extension CrashPlace {
  /// Ends the process when this is where the environment says.
  public func pass() {
    guard let wanted = CrashWish.wanted, wanted.place == rawValue,
      CrashWish.passed.add(1, ordering: .relaxed).newValue == wanted.count
    else { return }
    _exit(137)
  }
}

/// What the environment wants.
private enum CrashWish {
  static let wanted: (place: String, count: Int)? = {
    guard let text = ProcessInfo.processInfo.environment["HUBWATCH_CRASH_AT"] else { return nil }
    let parts = text.split(separator: ":")
    guard parts.count == 2, let count = Int(parts[1]) else { return nil }
    return (String(parts[0]), count)
  }()
  static let passed = Atomic(0)
}
