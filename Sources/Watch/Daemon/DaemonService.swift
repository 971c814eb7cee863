import Catalog
import Domain
import Foundation
import Glibc
import Logging
import ServiceLifecycle

/// The daemon's life: the loop over its jobs, reloads, and signs of life, until it is told to stop.
public struct DaemonService: Service {
  /// Carries out what the scheduler decides; people's wishes go to it, too.
  public let loop: DaemonLoop
  private let work: DaemonWork
  private let notifier: ServiceNotifier
  private let pulse: Pulse
  private let judge: HealthJudge
  private let hangups: AsyncStream<Void>
  private let status: StatusLine
  private let onStop: @Sendable () -> Void

  /// - Parameters:
  ///   - work: what it does.
  ///   - notifier: systemd, or nobody.
  ///   - pulse: beats when something happens on the street.
  ///   - judge: says whether systemd is to hear that the daemon is alive.
  ///   - clock: the time.
  ///   - hangups: one element for every wish that the configuration be read again.
  ///   - onStop: called when it begins to stop: what people have asked for is to end.
  public init(
    _ work: DaemonWork, notifier: ServiceNotifier, pulse: Pulse, judge: HealthJudge = HealthJudge(),
    clock: DaemonClock = .system(), hangups: AsyncStream<Void>, onStop: @escaping @Sendable () -> Void = {}
  ) async {
    self.work = work
    self.notifier = notifier
    self.pulse = pulse
    self.judge = judge
    self.hangups = hangups
    self.onStop = onStop
    status = StatusLine(notifier)
    let scheduler = Scheduler(
      await work.plan(), memory: work.memory(), seed: .random(in: 1...UInt64.max), at: clock.now())
    loop = DaemonLoop(work, scheduler: scheduler, clock: clock, pulse: pulse, status: status)
  }

  /// Runs until the graceful shutdown begins; what is under way is then cancelled, which leaves it resumable.
  ///
  /// - Throws: `CatalogError` when the state cannot be used any more.
  public func run() async throws {
    notifier.send(["READY=1", "STATUS=first cycle"])
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await loop.live() }
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
      onStop()
      await loop.end()
      var failure: (any Error)?
      if case .failure(let error) = first { failure = error }
      while let result = await group.nextResult() {
        if case .failure(let error) = result, failure == nil || failure is CancellationError { failure = error }
      }
      // A cancellation is the way in which a stop reaches us.
      if let failure, !(failure is CancellationError) { throw failure }
    }
  }

  // MARK: The configuration

  /// Takes over the configuration as it is now; when it cannot be used everything stays as it was.
  ///
  /// - Throws: what is wrong with it.
  public func reload() async throws {
    notifier.send(["RELOADING=1", "MONOTONIC_USEC=\(Self.monotonicMicroseconds)"])
    defer { notifier.send(["READY=1", status.line]) }
    do {
      try await work.reload()
    } catch let error as any ReportableError {
      status.setConfiguration("the configuration was not taken over: \(error.problem)")
      await work.logger().error("the configuration was not taken over: \(error.description)")
      throw error
    }
    status.setConfiguration(nil)
    await work.logger().notice("the configuration was read again")
    await loop.replan()
  }

  private func reloads() async throws {
    for await _ in hangups {
      do { try await reload() } catch is any ReportableError {
        // It has been told.
      }
    }
    // Without anybody who could ask for it, there is nothing more to do here.
    while true { try await Task.sleep(for: .seconds(86_400)) }
  }

  /// systemd compares it with its own clock.
  private static var monotonicMicroseconds: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
  }

  // MARK: Signs of life

  private func signsOfLife(every period: Double) async throws {
    let database = HealthProbe("database", clock: Uptime.seconds, work.askDatabase)
    let disk = HealthProbe("disk", clock: Uptime.seconds, work.askDisk)
    while true {
      pulse.call { Task { await loop.ping() } }
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
