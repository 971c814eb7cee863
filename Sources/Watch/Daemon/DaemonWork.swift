import Foundation
import Logging

/// What the daemon does, given by the one who built the house.
public struct DaemonWork: Sendable {
  /// What the configuration says.
  public var plan: @Sendable () async -> Scheduler.Plan
  /// What the last daemon left behind.
  public var memory: @Sendable () -> Scheduler.Memory
  /// Where it is told what happens.
  public var logger: @Sendable () async -> Logger
  /// Does a job; `writesDigest` tells whether the digest of the day is due.
  public var perform: @Sendable (_ job: Job, _ writesDigest: Bool) async throws -> Scheduler.Outcome
  /// Told that a job begins or has ended: what ends the process again and again is found by it.
  public var record: @Sendable (_ job: Job, _ isUnderWay: Bool) throws -> Void
  /// Told that the digest of a day was written.
  public var recordDigest: @Sendable (_ day: Int) throws -> Void
  /// Takes over the configuration as it is now, or throws and leaves everything as it was.
  public var reload: @Sendable () async throws -> Void
  /// Told when the next poll is due.
  public var announce: @Sendable (Date) throws -> Void
  /// Told that everything rests, until when, or that it does no longer.
  public var recordPause: @Sendable (_ isPaused: Bool, _ until: Date?) throws -> Void
  /// Comes back when the database answers.
  public var askDatabase: @Sendable () throws -> Void
  /// Comes back when the disk answers.
  public var askDisk: @Sendable () -> Void
  /// Whether what waits for the models' disk could be written now.
  public var isDiskUsable: @Sendable () async -> Bool

  /// Work that does nothing but the jobs.
  public init(
    plan: @escaping @Sendable () async -> Scheduler.Plan, logger: @escaping @Sendable () async -> Logger,
    perform: @escaping @Sendable (_ job: Job, _ writesDigest: Bool) async throws -> Scheduler.Outcome
  ) {
    self.plan = plan
    self.logger = logger
    self.perform = perform
    memory = { Scheduler.Memory() }
    record = { _, _ in }
    recordDigest = { _ in }
    reload = {}
    announce = { _ in }
    recordPause = { _, _ in }
    askDatabase = {}
    askDisk = {}
    isDiskUsable = { true }
  }
}
