import Catalog
import Foundation
import Synchronization

/// The wall clock, but never back: the moments that are written down grow from one to the next, whatever happens to the
/// machine's clock. A digest tells a stretch of such moments, so that nothing is told twice and nothing never.
///
/// After the clock was ahead for a while, moments go on from where it was, a millisecond each, until it has caught up.
final class SteadyClock: Sendable {
  private let now: @Sendable () -> Date
  /// The last moment in milliseconds since 1970, which is what the catalog keeps.
  private let last: Mutex<Double>

  /// - Parameters:
  ///   - now: the wall clock.
  ///   - catalog: knows the last moment of the process before.
  init(_ now: @escaping @Sendable () -> Date, after catalog: Catalog) {
    self.now = now
    // A catalog that cannot be read says so to whoever needs it.
    let known = (try? catalog.lastMoment()) ?? nil
    last = Mutex(known.map { ($0.timeIntervalSince1970 * 1000).rounded(.up) } ?? -.infinity)
  }

  /// A moment later than all before it.
  func moment() -> Date {
    let wall = (now().timeIntervalSince1970 * 1000).rounded(.down)
    let milliseconds = last.withLock { last in
      last = max(wall, last + 1)
      return last
    }
    // A quarter more, so that what is cut off to whole milliseconds is not the one before.
    return Date(timeIntervalSince1970: (milliseconds + 0.25) / 1000)
  }
}
