import Foundation
import Synchronization

/// Values that take time to find out, kept for a while.
///
/// A value that has become old is found out anew before it is given, when that is quick. When it is not, the old one is given
/// once more while the new one is found out on a thread of its own: nobody waits for what was found out before.
final class Kept<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private struct Entry {
    var value: Value
    var at: Date
    /// How long it took to find out.
    var cost: Double
    var isUnderWay = false
  }

  private let seconds: Double
  private let limit: Int
  private let make: @Sendable (Key) throws -> Value
  private let entries = Mutex<[Key: Entry]>([:])

  /// What takes longer is found out in the background.
  private static var quick: Double { 0.03 }

  /// - Parameters:
  ///   - seconds: how long a value is as good as new.
  ///   - limit: keys at most; the oldest value goes first.
  init(seconds: Double, limit: Int = 8, make: @escaping @Sendable (Key) throws -> Value) {
    self.seconds = seconds
    self.limit = limit
    self.make = make
  }

  /// The value of a key.
  ///
  /// - Throws: what finding it out throws.
  func value(_ key: Key) throws -> Value {
    let now = Date()
    let known = entries.withLock { entries -> (value: Value, mustWait: Bool, begins: Bool)? in
      guard var entry = entries[key] else { return nil }
      // A clock that was set back makes a value from the future, which is none.
      let age = now.timeIntervalSince(entry.at)
      if age >= 0, age <= seconds { return (entry.value, false, false) }
      if entry.cost <= Self.quick { return (entry.value, true, false) }
      let begins = !entry.isUnderWay
      entry.isUnderWay = true
      entries[key] = entry
      return (entry.value, false, begins)
    }
    guard let known, !known.mustWait else { return try renew(key) }
    if known.begins {
      Thread { [self] in
        // What fails now fails again for whoever asks next, and is told there.
        if (try? renew(key)) == nil { forget(key) }
      }.start()
    }
    return known.value
  }

  /// Forgets a value.
  func forget(_ key: Key) { entries.withLock { _ = $0.removeValue(forKey: key) } }

  private func renew(_ key: Key) throws -> Value {
    let start = Date()
    let value = try make(key)
    let end = Date()
    entries.withLock { entries in
      entries[key] = Entry(value: value, at: end, cost: end.timeIntervalSince(start))
      while entries.count > limit, let oldest = entries.min(by: { $0.value.at < $1.value.at })?.key {
        entries.removeValue(forKey: oldest)
      }
    }
    return value
  }
}
