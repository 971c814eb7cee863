import Foundation
import Logging

/// What the daemon does, given by the one who built the house.
public struct DaemonWork: Sendable {
  /// Seconds between the starts of two cycles.
  public var interval: @Sendable () async -> Double
  /// Where it is told what happens.
  public var logger: @Sendable () async -> Logger
  /// One cycle; false when it should be tried again soon.
  public var cycle: @Sendable () async throws -> Bool
  /// Takes over the configuration as it is now, or throws and leaves everything as it was.
  public var reload: @Sendable () async throws -> Void
  /// Told when the next cycle is due.
  public var plan: @Sendable (Date) throws -> Void
  /// Comes back when the database answers.
  public var askDatabase: @Sendable () throws -> Void
  /// Comes back when the disk answers.
  public var askDisk: @Sendable () -> Void
  /// Whether what waits for the models' disk could be written now.
  public var isDiskUsable: @Sendable () async -> Bool

  /// All of it.
  public init(
    interval: @escaping @Sendable () async -> Double, logger: @escaping @Sendable () async -> Logger,
    cycle: @escaping @Sendable () async throws -> Bool, reload: @escaping @Sendable () async throws -> Void,
    plan: @escaping @Sendable (Date) throws -> Void, askDatabase: @escaping @Sendable () throws -> Void,
    askDisk: @escaping @Sendable () -> Void, isDiskUsable: @escaping @Sendable () async -> Bool = { true }
  ) {
    self.interval = interval
    self.logger = logger
    self.cycle = cycle
    self.reload = reload
    self.plan = plan
    self.askDatabase = askDatabase
    self.askDisk = askDisk
    self.isDiskUsable = isDiskUsable
  }
}
