import Foundation
import Synchronization

/// Asynchronous work on the thread of a connection, which has nothing else to do than to wait for it. Never to be used on
/// the few threads on which such work itself runs.
public enum Waiting {
  /// What came of the work.
  public static func value<Value: Sendable>(_ work: @escaping @Sendable () async -> Value) -> Value {
    let end = DispatchSemaphore(value: 0)
    let result = Mutex<Value?>(nil)
    Task {
      let value = await work()
      result.withLock { $0 = value }
      end.signal()
    }
    while true {
      end.wait()
      if let value = result.withLock({ $0 }) { return value }
    }
  }
}
