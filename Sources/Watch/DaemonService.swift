import Catalog
import Domain
import Foundation
import Hub
import Logging
import ServiceLifecycle

/// The daemon's life: a cycle whenever the schedule says so, until it is told to stop.
public struct DaemonService: Service {
  private let interval: Double
  private let notifier: ServiceNotifier
  private let logger: Logger
  private let isHealthy: @Sendable () throws -> Void
  private let cycle: @Sendable () async throws -> Void

  /// - Parameters:
  ///   - interval: seconds between the starts of two cycles.
  ///   - notifier: systemd, or nobody.
  ///   - isHealthy: throws when the daemon cannot do its work; asked before every sign of life.
  ///   - cycle: one cycle.
  public init(
    interval: Double, notifier: ServiceNotifier, logger: Logger, isHealthy: @escaping @Sendable () throws -> Void,
    cycle: @escaping @Sendable () async throws -> Void
  ) {
    self.interval = interval
    self.notifier = notifier
    self.logger = logger
    self.isHealthy = isHealthy
    self.cycle = cycle
  }

  /// Runs until the graceful shutdown begins; the cycle under way is then cancelled, which leaves it resumable.
  ///
  /// - Throws: `CatalogError` when the state cannot be used any more.
  public func run() async throws {
    notifier.send(["READY=1", "STATUS=first cycle"])
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await cycles() }
      if let period = notifier.watchdogSeconds { group.addTask { try await signsOfLife(every: period / 3) } }
      group.addTask {
        try? await gracefulShutdown()
        throw CancellationError()
      }
      do {
        try await group.next()
      } catch is CancellationError {
        // The way in which a stop reaches us.
      }
      notifier.send(["STOPPING=1", "STATUS=stopping"])
      group.cancelAll()
      while let result = await group.nextResult() {
        if case .failure(let error) = result, !(error is CancellationError) { throw error }
      }
    }
  }

  private func cycles() async throws {
    let start = ContinuousClock.now
    func seconds() -> Double {
      let (seconds, attoseconds) = (ContinuousClock.now - start).components
      return Double(seconds) + Double(attoseconds) / 1e18
    }
    var schedule = Schedule(interval: interval, now: seconds())
    while true {
      let wait = schedule.wait(now: seconds())
      if wait > 0 {
        let due = Date().addingTimeInterval(wait).formatted(.iso8601)
        notifier.send(["STATUS=idle, next cycle \(due)"])
        try await Task.sleep(for: .seconds(wait))
      }
      schedule.begin(now: seconds())
      notifier.send(["STATUS=cycle under way"])
      var reachedHub = true
      do {
        try await cycle()
      } catch let error as HubError where error.kind != .cancelled {
        // Whatever the hub has against us, a refused token included, may be otherwise in an hour.
        reachedHub = false
        logger.warning("\(error.description)")
      } catch let error as any ReportableError where error.exitCode == .hubUnreachable {
        reachedHub = false
        logger.warning("\(error.description)")
      } catch let error as any ReportableError where error.exitCode == .failed {
        try Task.checkCancellation()
        logger.error("\(error.description)")
      }
      schedule.end(reachedHub: reachedHub, jitter: Double.random(in: 0..<1), now: seconds())
    }
  }

  private func signsOfLife(every seconds: Double) async throws {
    while true {
      try isHealthy()
      notifier.send(["WATCHDOG=1"])
      try await Task.sleep(for: .seconds(seconds))
    }
  }
}
