import CLinux
import Foundation
import Synchronization

/// A thread whose reads and writes wait for everybody else's.
public enum IdleThread {
  /// Does the work there. It may ask whether the task was cancelled.
  ///
  /// - Throws: what the work throws.
  public static func run<Value: Sendable>(
    _ work: @escaping @Sendable (_ isCancelled: @Sendable () -> Bool) throws -> Value
  ) async throws -> Value {
    let flag = Flag()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let thread = Thread {
          _ = hubwatch_idle_priority()
          continuation.resume(with: Result { try work { flag.isSet } })
        }
        thread.name = "idle"
        thread.start()
      }
    } onCancel: {
      flag.set()
    }
  }

  private final class Flag: Sendable {
    private let value = Atomic(false)
    var isSet: Bool { value.load(ordering: .relaxed) }
    func set() { value.store(true, ordering: .relaxed) }
  }
}
