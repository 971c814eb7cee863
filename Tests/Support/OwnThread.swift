import Foundation

/// Work that keeps a processor busy for long, away from the few threads on which all other tests wait.
public enum OwnThread {
  /// Does the work on a thread of its own.
  public static func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      let thread = Thread { continuation.resume(with: Result { try work() }) }
      // As much as the main thread has.
      thread.stackSize = 8 << 20
      thread.start()
    }
  }
}
