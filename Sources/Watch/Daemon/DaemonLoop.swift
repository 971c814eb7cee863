import Catalog
import Domain
import Foundation
import Hub
import Logging

/// Carries out what the scheduler decides. It holds the only scheduler of the process, and moves only when something
/// happens or the moment has come that the scheduler named.
public actor DaemonLoop {
  private let work: DaemonWork
  private let clock: DaemonClock
  private let pulse: Pulse
  private let status: StatusLine
  private var scheduler: Scheduler
  private var jobs: [Job: Task<Void, Never>] = [:]
  private var errands: [Int: Errand] = [:]
  private var lastErrand = 0
  private var (isEnding, announced) = (false, Double?.none)
  private let failures: AsyncThrowingStream<Never, any Error>
  private let fail: AsyncThrowingStream<Never, any Error>.Continuation
  private var ends: [CheckedContinuation<Void, Never>] = []

  /// What a person has asked for.
  private struct Errand {
    let words: String
    let since: Date
    var isUnderWay = false
    var turn: CheckedContinuation<Void, any Error>?
  }

  /// What people may ask for at one time.
  static let mostErrands = 32

  init(_ work: DaemonWork, scheduler: Scheduler, clock: DaemonClock, pulse: Pulse, status: StatusLine) {
    self.work = work
    self.scheduler = scheduler
    self.clock = clock
    self.pulse = pulse
    self.status = status
    (failures, fail) = AsyncThrowingStream.makeStream(of: Never.self)
  }

  /// Lives until it is cancelled, or the state cannot be used any more.
  func live() async throws {
    await tell(.time)
    for try await _ in failures {}
    throw CancellationError()
  }

  /// Stops everything that is under way and waits for its end.
  func end() async {
    isEnding = true
    // The clock outlives this object and shall not know it any more.
    clock.wake(.infinity) {}
    for task in jobs.values { task.cancel() }
    for id in errands.keys { takeBack(id) }
    while !jobs.isEmpty || !errands.isEmpty { await withCheckedContinuation { ends.append($0) } }
  }

  private func somethingEnded() {
    for one in ends { one.resume() }
    ends = []
  }

  // MARK: The scheduler

  /// Tells the scheduler what has happened, and does what it says.
  func tell(_ event: Scheduler.Event) async {
    guard !isEnding else { return }
    for action in scheduler.handle(event, at: clock.now()) {
      switch action {
      case .start(let job): start(job)
      case .stop(let job): jobs[job]?.cancel()
      case .begin(let id):
        errands[id]?.isUnderWay = true
        errands[id]?.turn?.resume()
        errands[id]?.turn = nil
      case .lookAtDisk:
        Task {
          let isUsable = await work.isDiskUsable()
          await tell(.disk(isUsable: isUsable))
        }
      case .sleep(let until): clock.wake(until) { Task { await self.tell(.time) } }
      }
    }
    await tellWhatIsUnderWay()
  }

  /// Comes back when the loop is alive.
  func ping() { pulse.tick() }

  private func start(_ job: Job) {
    let digestDay = job == .digest ? scheduler.digestUnderWay : nil
    pulse.begin(job.rawValue, job.lanes)
    jobs[job] = Task {
      let outcome = await perform(job, digestDay)
      pulse.end(job.rawValue)
      jobs[job] = nil
      await tell(.ended(job, outcome))
      somethingEnded()
    }
  }

  private func perform(_ job: Job, _ digestDay: Int?) async -> Scheduler.Outcome {
    do {
      try record(job, isUnderWay: true)
      let outcome = try await work.perform(job, digestDay != nil)
      if let digestDay, case .done = outcome { try work.recordDigest(digestDay) }
      try record(job, isUnderWay: false)
      return outcome
    } catch {
      let outcome = await judge(error)
      do { try record(job, isUnderWay: false) } catch { await work.logger().error("\(error)") }
      return outcome
    }
  }

  /// A disk that is full is told by the job.
  private func record(_ job: Job, isUnderWay: Bool) throws {
    do {
      try work.record(job, isUnderWay)
    } catch let error as CatalogError where [.full, .notWritable].contains(error.kind) {}
  }

  /// What an error means for the job that threw it. A catalog that cannot be used any more ends the daemon.
  private func judge(_ error: any Error) async -> Scheduler.Outcome {
    if Task.isCancelled || error is CancellationError { return .stopped }
    switch error {
    case let error as HubError where error.kind == .cancelled: return .stopped
    case let error as any ReportableError where error is HubError || error.exitCode == .hubUnreachable:
      // Whatever the hub has against us, a refused token included, may be otherwise in an hour.
      await work.logger().warning("\(error.description)")
      return .later(error.problem)
    case let error as CatalogError where !Self.isPassing(error):
      fail.finish(throwing: error)
      return .stopped
    case let error as any ReportableError:
      await work.logger().error("\(error.description)")
      // A disk that cannot be written is tried again as a hub that is not reached: soon, then later and later.
      return error is CatalogError && error.exitCode != .failed ? .later(error.problem) : .failed(error.problem)
    default:
      await work.logger().error("\(error)")
      return .failed("\(error)")
    }
  }

  /// Whether the catalog can be used again without anybody touching the state: a disk that is full or read-only now may be
  /// otherwise in a minute.
  private static func isPassing(_ error: CatalogError) -> Bool {
    [.full, .notWritable].contains(error.kind) || error.exitCode == .failed
  }

  // MARK: What is told

  private func tellWhatIsUnderWay() async {
    let names = Job.allCases.filter { jobs[$0] != nil }.map(\.rawValue)
    let asked = errands.values.filter(\.isUnderWay).sorted { $0.since < $1.since }.map(\.words)
    let now = clock.now()
    guard (names + asked).isEmpty else {
      announced = nil
      return status.setActivity((asked + names).joined(separator: ", ") + " under way")
    }
    if scheduler.isPaused {
      let until = scheduler.pausedUntil.map { " until \(date($0, now).formatted(.iso8601))" } ?? ""
      announced = nil
      return status.setActivity("paused\(until)")
    }
    guard let due = scheduler.next(.poll), announced.map({ abs($0 - due) > 1 }) ?? true else { return }
    announced = due
    do {
      try work.announce(date(due, now))
    } catch let error as CatalogError where Self.isPassing(error) {
      // It is only for show, and a full disk is told by the jobs.
      await work.logger().warning("\(error.description)")
    } catch {
      fail.finish(throwing: error)
    }
    status.setActivity("idle, next cycle \(date(due, now).formatted(.iso8601))")
  }

  private func date(_ boot: Double, _ now: Scheduler.Moment) -> Date { Date().addingTimeInterval(boot - now.boot) }

  /// What the daemon does now, but for its transfers.
  public func report(pid: Int32, startedAt: Date) -> LiveReport {
    let now = clock.now()
    var report = LiveReport(pid: pid, startedAt: startedAt)
    report.isPaused = scheduler.isPaused
    report.pausedUntil = scheduler.pausedUntil.map { date($0, now) }
    report.jobs = Job.allCases.map { job in
      let standing = scheduler.standings[job]
      let next = scheduler.next(job).flatMap { $0.isFinite ? date(max($0, now.boot), now) : nil }
      return LiveReport.Job(
        name: job.rawValue, since: standing?.since.map { date($0, now) }, nextAt: next,
        quarantinedUntil: standing?.quarantinedUntil.map { date($0, now) }, reason: standing?.reason)
    }
    report.errands = errands.sorted { $0.key < $1.key }.map {
      LiveReport.Errand(words: $0.value.words, since: $0.value.since, isUnderWay: $0.value.isUnderWay)
    }
    return report
  }

  // MARK: What people ask for

  /// Does what a person asks for, once it is its turn; the daemon's own jobs make way.
  ///
  /// - Parameters:
  ///   - words: for people: `pull org/name`.
  ///   - lanes: what it needs for itself; `body` may give some of them back before its end.
  ///   - wait: called when it has to wait, with the reason.
  /// - Throws: what `body` throws; `CancellationError`; `TooManyErrands`.
  public func errand<Value: Sendable>(
    _ words: String, _ lanes: Lanes, wait: @escaping @Sendable (String) -> Void,
    _ body: @Sendable (_ give: @escaping @Sendable (Lanes) async -> Void) async throws -> Value
  ) async throws -> Value {
    guard errands.count < Self.mostErrands else { throw TooManyErrands() }
    guard !isEnding else { throw CancellationError() }
    lastErrand += 1
    let id = lastErrand
    errands[id] = Errand(words: words, since: Date())
    await tell(.errand(id, lanes))
    do {
      try await turn(id, wait)
      pulse.begin("errand \(id)", lanes)
      let value = try await body { given in await self.tell(.yielded(id, given)) }
      await close(id)
      return value
    } catch {
      await close(id)
      throw error
    }
  }

  private func turn(_ id: Int, _ wait: @Sendable (String) -> Void) async throws {
    guard errands[id]?.isUnderWay == false else { return }
    let obstacles = scheduler.obstacles(errand: id).map(\.rawValue)
    wait(
      obstacles.isEmpty
        ? "it waits until what was asked for before is done" : "\(obstacles.joined(separator: " and ")) makes way")
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
        if isEnding || Task.isCancelled {
          continuation.resume(throwing: CancellationError())
        } else if errands[id]?.isUnderWay == true {
          continuation.resume()
        } else {
          errands[id]?.turn = continuation
        }
      }
    } onCancel: {
      Task { await self.takeBack(id) }
    }
  }

  private func takeBack(_ id: Int) {
    errands[id]?.turn?.resume(throwing: CancellationError())
    errands[id]?.turn = nil
  }

  private func close(_ id: Int) async {
    pulse.end("errand \(id)")
    errands[id] = nil
    await tell(.errandEnded(id))
    somethingEnded()
  }

  /// Lets everything rest until it is resumed, or for so many seconds. What is under way and can go on later stops.
  public func pause(seconds: Double?) async throws {
    try work.recordPause(true, seconds.map { Date().addingTimeInterval($0) })
    await tell(.paused(until: seconds.map { clock.now().boot + $0 }))
  }

  /// Ends a pause.
  public func resume() async throws {
    try work.recordPause(false, nil)
    await tell(.resumed)
  }

  /// Whether everything rests.
  public var isPaused: Bool { scheduler.isPaused }

  /// Takes over what the configuration says now.
  func replan() async { await tell(.replanned(await work.plan())) }

  /// Begins a job before its time.
  public func wish(_ job: Job) async { await tell(.wished(job)) }
}

/// People ask for more than the daemon remembers.
public struct TooManyErrands: ReportableError {
  public var problem: String { "the daemon has \(DaemonLoop.mostErrands) things to do that people asked for" }
  public var advice: String? { "try again when some of them are done; `hubwatch status` tells" }
  public var exitCode: ExitCode { .busy }
}
