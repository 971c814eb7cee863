import Catalog
import Domain
import Downloads
import Foundation
import Glibc
import Hub
import Logging
import ServiceLifecycle

/// The daemon's life: a cycle whenever the schedule says so, until it is told to stop.
public struct DaemonService: Service {
  /// What time is for the daemon; tests give it another.
  public struct Clock: Sendable {
    /// Seconds on a clock that goes on while the machine sleeps.
    public var seconds: @Sendable () -> Double
    /// Waits so many seconds.
    public var sleep: @Sendable (Double) async throws -> Void

    /// A clock.
    public init(
      seconds: @escaping @Sendable () -> Double = Uptime.seconds,
      sleep: @escaping @Sendable (Double) async throws -> Void = { try await Task.sleep(for: .seconds($0)) }
    ) {
      self.seconds = seconds
      self.sleep = sleep
    }
  }

  private let work: DaemonWork
  private let notifier: ServiceNotifier
  private let pulse: Pulse
  private let judge: HealthJudge
  private let clock: Clock
  private let hangups: AsyncStream<Void>
  private let status: StatusLine

  /// The loop looks at the schedule at least so often, in seconds: timers stand still while a machine sleeps.
  static let tick = 5.0
  /// How often a disk that could not be written is looked at again, in seconds.
  static let diskLook = 60.0

  /// - Parameters:
  ///   - work: what it does.
  ///   - notifier: systemd, or nobody.
  ///   - pulse: beats when something happens on the street.
  ///   - judge: says whether systemd is to hear that the daemon is alive.
  ///   - hangups: one element for every wish that the configuration be read again.
  public init(
    _ work: DaemonWork, notifier: ServiceNotifier, pulse: Pulse, judge: HealthJudge = HealthJudge(),
    clock: Clock = Clock(), hangups: AsyncStream<Void>
  ) {
    self.work = work
    self.notifier = notifier
    self.pulse = pulse
    self.judge = judge
    self.clock = clock
    self.hangups = hangups
    status = StatusLine(notifier)
  }

  /// Runs until the graceful shutdown begins; the cycle under way is then cancelled, which leaves it resumable.
  ///
  /// - Throws: `CatalogError` when the state cannot be used any more.
  public func run() async throws {
    notifier.send(["READY=1", "STATUS=first cycle"])
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await cycles() }
      group.addTask { try await reloads() }
      if let period = notifier.watchdogSeconds { group.addTask { try await signsOfLife(every: period / 3) } }
      group.addTask {
        try? await gracefulShutdown()
        throw CancellationError()
      }
      let first = await group.nextResult()
      notifier.send(["STOPPING=1", "STATUS=stopping"])
      // Whoever asks a second time does not want to wait.
      for number in [SIGTERM, SIGINT] { signal(number, SIG_DFL) }
      let patience = TimeoutExtension(notifier, after: 1)
      defer { patience.end() }
      group.cancelAll()
      var failure: (any Error)?
      if case .failure(let error) = first { failure = error }
      while let result = await group.nextResult() {
        if case .failure(let error) = result, failure == nil || failure is CancellationError { failure = error }
      }
      // A cancellation is the way in which a stop reaches us.
      if let failure, !(failure is CancellationError) { throw failure }
    }
  }

  // MARK: Cycles

  private func cycles() async throws {
    var schedule = Schedule(interval: await work.interval(), now: clock.seconds())
    var planned: Double?
    var (wasUsable, lastLook) = (true, clock.seconds())
    while true {
      pulse.tick()
      schedule.change(interval: await work.interval())
      if clock.seconds() - lastLook >= Self.diskLook {
        lastLook = clock.seconds()
        let isUsable = await work.isDiskUsable()
        // Only what has changed is a reason to begin before the time.
        if isUsable, !wasUsable { schedule.hurry(now: lastLook) }
        wasUsable = isUsable
      }
      let wait = schedule.wait(now: clock.seconds())
      if wait > 0 {
        let due = clock.seconds() + wait
        if planned.map({ abs($0 - due) > 1 }) ?? true {
          planned = due
          try await announce(Date().addingTimeInterval(wait))
        }
        try await clock.sleep(min(wait, Self.tick))
        continue
      }
      planned = nil
      schedule.begin(now: clock.seconds())
      status.setActivity("cycle under way")
      let reachedHub = try await oneCycle()
      schedule.end(reachedHub: reachedHub, jitter: Double.random(in: 0..<1), now: clock.seconds())
    }
  }

  private func announce(_ due: Date) async throws {
    do {
      try work.plan(due)
    } catch let error as any ReportableError where Self.isPassing(error) {
      // It is only for show, and a full disk is told by the cycle.
      await work.logger().warning("\(error.description)")
    }
    status.setActivity("idle, next cycle \(due.formatted(.iso8601))")
  }

  /// Runs a cycle while the loop goes on ticking.
  ///
  /// - Returns: whether the hub was reached, and its downloads came to their end.
  private func oneCycle() async throws -> Bool {
    pulse.setInCycle(true)
    defer { pulse.setInCycle(false) }
    do {
      return try await withThrowingTaskGroup(of: Bool.self) { group in
        let cycle = work.cycle
        group.addTask { try await cycle() }
        group.addTask {
          while true {
            pulse.tick()
            try await Task.sleep(for: .seconds(Self.tick))
          }
        }
        defer { group.cancelAll() }
        return try await group.next() ?? true
      }
    } catch let error as HubError where error.kind != .cancelled {
      // Whatever the hub has against us, a refused token included, may be otherwise in an hour.
      await work.logger().warning("\(error.description)")
      return false
    } catch let error as any ReportableError where error.exitCode == .hubUnreachable {
      await work.logger().warning("\(error.description)")
      return false
    } catch let error as any ReportableError where Self.isPassing(error) {
      try Task.checkCancellation()
      await work.logger().error("\(error.description)")
      // A disk that cannot be written is tried again as a hub that is not reached: soon, then later and later.
      return error.exitCode == .failed
    }
  }

  /// Whether the daemon can do its work again without anybody touching the state: a disk that is full or read-only now
  /// may be otherwise in a minute.
  private static func isPassing(_ error: any ReportableError) -> Bool {
    if let error = error as? CatalogError {
      return [.full, .notWritable].contains(error.kind) || error.exitCode == .failed
    }
    return error.exitCode == .failed || error is DownloadError
  }

  // MARK: The configuration

  private func reloads() async throws {
    for await _ in hangups {
      notifier.send(["RELOADING=1", "MONOTONIC_USEC=\(Self.monotonicMicroseconds)"])
      do {
        try await work.reload()
        status.setConfiguration(nil)
        await work.logger().notice("the configuration was read again")
      } catch let error as any ReportableError {
        status.setConfiguration("the configuration was not taken over: \(error.problem)")
        await work.logger().error("the configuration was not taken over: \(error.description)")
      }
      notifier.send(["READY=1", status.line])
    }
    // Without anybody who could ask for it, there is nothing more to do here.
    while true { try await Task.sleep(for: .seconds(3600)) }
  }

  /// systemd compares it with its own clock.
  private static var monotonicMicroseconds: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
  }

  // MARK: Signs of life

  private func signsOfLife(every period: Double) async throws {
    let database = HealthProbe("database", clock: clock.seconds, work.askDatabase)
    let disk = HealthProbe("disk", clock: clock.seconds, work.askDisk)
    while true {
      var signs = pulse.signs()
      do {
        signs.databaseSilence = try await database.silence(waiting: judge.patience.database)
      } catch let error as CatalogError where error.kind == .corrupt {
        // The next start mends it.
        throw error
      } catch let error as any ReportableError {
        signs.databaseTrouble = error.problem
      }
      signs.diskSilence = try await disk.silence(waiting: min(1, judge.patience.disk))
      let trouble = judge.trouble(signs)
      status.setHealth(trouble)
      if let trouble { await work.logger().error("\(trouble)") } else { notifier.send(["WATCHDOG=1"]) }
      try await Task.sleep(for: .seconds(period))
    }
  }
}
