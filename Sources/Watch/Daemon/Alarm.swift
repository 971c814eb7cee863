import CLinux
import Dispatch
import Glibc
import Synchronization

/// Rings at a moment of the clock that goes on while the machine sleeps, and whenever somebody sets the clock on the wall.
/// Between two rings nothing moves: the kernel counts the time.
final class Alarm: Sendable {
  private let timer: Int32
  private let watch: Int32
  /// From here on a moment never comes: three hundred years.
  private static let never = 1e10
  private let ring = Mutex<(@Sendable () -> Void)?>(nil)

  /// An alarm that is not set.
  init() {
    timer = hubwatch_boot_timer()
    watch = hubwatch_clock_watch()
    _ = hubwatch_arm_clock_watch(watch)
    listen(timer) { hubwatch_read_timer($0) }
    listen(watch) { descriptor in
      hubwatch_read_timer(descriptor)
      _ = hubwatch_arm_clock_watch(descriptor)
    }
  }

  /// Sets it; what was set before no longer counts.
  ///
  /// - Parameter boot: seconds as `Uptime.boot` tells them.
  func set(_ boot: Double, _ ring: @escaping @Sendable () -> Void) {
    let isSet = boot < Self.never
    self.ring.withLock { $0 = isSet ? ring : nil }
    _ = hubwatch_set_boot_timer(timer, isSet ? UInt64(max(1, boot * 1e9)) : 0)
  }

  private func listen(_ descriptor: Int32, _ take: @escaping @Sendable (Int32) -> Void) {
    guard descriptor >= 0 else { return }
    let source = DispatchSource.makeReadSource(fileDescriptor: descriptor)
    source.setEventHandler { [self] in
      take(descriptor)
      ring.withLock { $0 }?()
      // Its own handler keeps the source alive: the alarm lasts as long as the process.
      _ = source.isCancelled
    }
    source.resume()
  }
}
