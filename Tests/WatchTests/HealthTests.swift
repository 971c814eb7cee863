import Domain
import Foundation
import Logging
import Synchronization
import TestSupport
import Testing

@testable import Catalog
@testable import Watch

@Suite("Signs of life")
struct HealthTests {
  @Test("P6 what counts as a hang") func theJudge() {
    let judge = HealthJudge()
    var signs = HealthJudge.Signs()
    #expect(judge.trouble(signs) == nil)
    signs.databaseSilence = 4.9
    signs.diskSilence = 59
    signs.loopSilence = 59
    #expect(judge.trouble(signs) == nil)
    signs.databaseSilence = 5
    #expect(judge.trouble(signs)?.contains("database") == true)
    signs.databaseSilence = 0
    signs.diskSilence = 60
    #expect(judge.trouble(signs)?.contains("disk") == true)
    signs.diskSilence = 0
    signs.loopSilence = 60
    #expect(judge.trouble(signs)?.contains("scheduler") == true)
    signs.loopSilence = 0
    signs.databaseTrouble = "it failed"
    #expect(judge.trouble(signs) == "it failed")
  }

  @Test("P6 work in which nothing happens") func workMayWaitForAReason() {
    let judge = HealthJudge()
    var signs = HealthJudge.Signs()
    // Between two cycles the daemon waits, however long.
    #expect(judge.trouble(signs) == nil)
    // The hub's longest pause is no hang.
    signs.works = [.init(name: "poll", silence: 900), .init(name: "smoke", silence: 0)]
    #expect(judge.trouble(signs) == nil)
    signs.works[0].silence = 1200
    #expect(judge.trouble(signs) == "nothing has come of poll for 20 minutes")
    // A smoke test has a limit of its own.
    signs.works = [.init(name: "poll", silence: 0), .init(name: "smoke", silence: 1200, extraPatience: 600)]
    #expect(judge.trouble(signs) == nil)
    signs.works[1].silence = 1800
    #expect(judge.trouble(signs) != nil)
  }

  @Test("P6 progress is what is written, and what happens") func thePulse() {
    let (now, writes) = (Number(), Number())
    let pulse = Pulse(clock: { Double(now.value) }, writes: { writes.value })
    func at(_ second: Int) -> [Double] {
      now.value = second
      return pulse.signs().works.map(\.silence)
    }
    #expect(at(100) == [])
    pulse.begin("poll", .hub)
    pulse.begin("pull", .models)
    #expect(at(150) == [50, 50])
    writes.value = 1
    #expect(at(160) == [0, 0])
    #expect(at(170) == [10, 10])
    // A poll at work does not hide a download that hangs.
    pulse.beat(.hub, extraPatience: 30)
    #expect(at(190) == [20, 30])
    #expect(pulse.signs().works.map(\.extraPatience) == [30, 0])
    pulse.end("pull")
    pulse.beat()
    #expect(at(500) == [310])
    pulse.end("poll")
    #expect(at(900) == [])
  }

  @Test("P6 a loop that does not answer") func theLoop() {
    let now = Number()
    let pulse = Pulse(clock: { Double(now.value) })
    var calls = 0
    pulse.call { calls += 1 }
    now.value = 40
    pulse.call { calls += 1 }
    #expect(calls == 1 && pulse.signs().loopSilence == 40)
    pulse.tick()
    #expect(pulse.signs().loopSilence == 0)
    pulse.call { calls += 1 }
    #expect(calls == 2)
  }
}

/// A number that several may change.
private final class Number: Sendable {
  private let number = Mutex(0)
  var value: Int {
    get { number.withLock { $0 } }
    set { number.withLock { $0 = newValue } }
  }
}

/// A daemon within the test, whose work is the test's.
private struct Stage {
  let folder: TemporaryFolder
  let socket: NotifySocket
  let notifier: ServiceNotifier

  /// - Parameter isHeard: whether the daemon's messages are read.
  init(isHeard: Bool = true) throws {
    folder = try TemporaryFolder()
    socket = try NotifySocket(path: "\(folder.path)/notify")
    notifier = ServiceNotifier(
      environment: isHeard ? ["NOTIFY_SOCKET": socket.path, "WATCHDOG_USEC": "150000"] : [:])
  }

  /// Waits for a message for which `isIt` says yes.
  ///
  /// - Returns: the messages up to it.
  @discardableResult
  func hear(_ isIt: (String) -> Bool) async throws -> [String] {
    var heard: [String] = []
    while let message = try await socket.receive() {
      heard.append(message)
      if isIt(message) { return heard }
    }
    Issue.record("it never came; heard \(heard)")
    return heard
  }

  /// Work whose only job that does something is the poll.
  static func work(
    interval: @escaping @Sendable () -> Double = { 3600 },
    poll: @escaping @Sendable () async throws -> Scheduler.Outcome = { .done() }
  ) -> DaemonWork {
    DaemonWork(
      plan: { Scheduler.Plan(pollSeconds: interval()) },
      logger: { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } },
      perform: { job, _ in job == .poll ? try await poll() : .done() })
  }

  /// The same with something else in it.
  static func work(interval: @escaping @Sendable () -> Double = { 3600 }, but change: (inout DaemonWork) -> Void)
    -> DaemonWork
  {
    var work = work(interval: interval)
    change(&work)
    return work
  }

  /// Runs a daemon beside `body` and ends it afterwards.
  func run(
    _ work: DaemonWork, judge: HealthJudge = HealthJudge(), clock: DaemonClock = .system(),
    hangups: AsyncStream<Void> = AsyncStream { _ in }, _ body: (DaemonLoop) async throws -> Void
  ) async throws {
    let service = await DaemonService(
      work, notifier: notifier, pulse: Pulse(), judge: judge, clock: clock, hangups: hangups)
    let task = Task { try await service.run() }
    do {
      try await body(service.loop)
    } catch {
      task.cancel()
      _ = await task.result
      throw error
    }
    task.cancel()
    try await task.value
  }
}

@Suite("The daemon's loop", .serialized)
struct DaemonLoopTests {
  /// Something that hangs until it is let go.
  private final class Hang: Sendable {
    private let isHung = Mutex(false)
    func set(_ value: Bool) { isHung.withLock { $0 = value } }
    func pass() { while isHung.withLock({ $0 }) { usleep(10_000) } }
  }

  private var impatient: HealthJudge {
    var patience = HealthJudge.Patience()
    patience.database = 0.2
    patience.disk = 0.2
    return HealthJudge(patience: patience)
  }

  @Test("P6 a database or a disk that hangs", arguments: ["database", "disk"])
  func theSignOfLifeStopsAndComesBack(_ which: String) async throws {
    let (stage, hang) = (try Stage(), Hang())
    let work =
      which == "database"
      ? Stage.work(but: { $0.askDatabase = { hang.pass() } }) : Stage.work(but: { $0.askDisk = { hang.pass() } })
    try await stage.run(work, judge: impatient) { _ in
      try await stage.hear { $0 == "WATCHDOG=1" }
      hang.set(true)
      try await stage.hear { $0.hasPrefix("STATUS=trouble: the \(which) has not answered") }
      // While it hangs nothing is heard but how long it does.
      for _ in 0..<3 {
        let message = try await stage.socket.receive(withinSeconds: 1)
        #expect(message?.hasPrefix("STATUS=trouble: the \(which)") ?? true, "\(message ?? "")")
      }
      hang.set(false)
      try await stage.hear { $0 == "WATCHDOG=1" }
    }
  }

  @Test("P6 a database that fails") func anErrorOfTheDatabaseStopsTheSignOfLife() async throws {
    let stage = try Stage()
    struct Failure: ReportableError {
      let problem = "the database failed"
      let advice: String? = nil
      let exitCode = ExitCode.failed
    }
    let box = Shared(fails: true)
    let work = Stage.work(but: { $0.askDatabase = { if box.fails.withLock({ $0 }) { throw Failure() } } })
    try await stage.run(work) { _ in
      let heard = try await stage.hear { $0.hasPrefix("STATUS=trouble: the database failed") }
      #expect(!heard.contains("WATCHDOG=1"))
      box.fails.withLock { $0 = false }
      try await stage.hear { $0 == "WATCHDOG=1" }
    }
  }

  private final class Shared: Sendable {
    let fails: Mutex<Bool>
    init(fails: Bool) { self.fails = Mutex(fails) }
  }

  @Test("P12 reload with a broken configuration") func aBrokenConfigurationIsToldAndTheOldOneStays() async throws {
    struct Broken: ReportableError {
      let problem = "line 2: unknown key\nREADY=0"
      let advice: String? = nil
      let exitCode = ExitCode.unusableSetup
    }
    let stage = try Stage()
    let box = Shared(fails: true)
    let made = AsyncStream.makeStream(of: Void.self)
    let hangUp = made.continuation
    let work = Stage.work(but: { $0.reload = { if box.fails.withLock({ $0 }) { throw Broken() } } })
    try await stage.run(work, hangups: made.stream) { _ in try await reloadTwice(stage, box, hangUp) }
  }

  private func reloadTwice(_ stage: Stage, _ box: Shared, _ hangUp: AsyncStream<Void>.Continuation) async throws {
    try await stage.hear { $0.hasPrefix("STATUS=idle") }
    hangUp.yield()
    let heard = try await stage.hear { $0.hasPrefix("READY=1") }
    #expect(heard.contains { $0.hasPrefix("RELOADING=1\nMONOTONIC_USEC=") })
    // What the person wrote cannot add keys of its own.
    let end = heard.last ?? ""
    #expect(end.contains("not taken over: line 2: unknown key READY=0"))
    #expect(end.split(separator: "\n").count == 2)
    box.fails.withLock { $0 = false }
    hangUp.yield()
    let again = try await stage.hear { $0.hasPrefix("READY=1") }
    #expect(again.last?.contains("not taken over") == false)
  }

  /// A clock that stands still unless somebody waits or the test moves it.
  private final class FakeClock: Sendable {
    private let state = Mutex((now: 0.0, calls: 0))
    var seconds: Double { state.withLock { $0.now } }
    func advance(_ seconds: Double) { state.withLock { $0.now += seconds } }

    /// What the daemon gets of it: a moment for which somebody waits has come a millisecond later.
    var clock: DaemonClock {
      DaemonClock(
        now: { Scheduler.Moment(boot: self.seconds, day: 20_000 + Int(self.seconds / 86_400), second: 0) },
        wake: { boot, call in
          let number = self.state.withLock { state in
            state.calls += 1
            return state.calls
          }
          Task {
            try await Task.sleep(for: .milliseconds(1))
            let isWanted = self.state.withLock { state in
              guard state.calls == number else { return false }
              state.now = max(state.now, boot)
              return true
            }
            if isWanted { call() }
          }
        })
    }
  }

  @Test("P15 a long pause") func missedCyclesAreMadeUpForOnce() async throws {
    let (stage, time, starts) = (try Stage(isHeard: false), FakeClock(), Starts())
    let work = Stage.work(poll: {
      starts.add(time.seconds)
      return .done()
    })
    try await stage.run(work, clock: time.clock) { _ in
      while starts.all.count < 2 { try await Task.sleep(for: .milliseconds(5)) }
      let before = starts.all.count
      // The lid is closed for ten hours.
      time.advance(36_000)
      while starts.all.count < before + 3 { try await Task.sleep(for: .milliseconds(5)) }
    }
    // No two cycles are closer together than their interval.
    for (first, second) in zip(starts.all, starts.all.dropFirst()) { #expect(second - first >= 3600) }
  }

  @Test("D3 a disk that can be written again is not left waiting") func diskIsBack() async throws {
    let (stage, time, pulls, looks) = (try Stage(isHeard: false), FakeClock(), Starts(), Starts())
    let isUsable = Flag()
    let start = time.seconds
    let work = Stage.work(
      interval: { 1_000_000 },
      but: { work in
        work.perform = { job, _ in
          if job == .pull { pulls.add(time.seconds) }
          return .done(waitsForDisk: job == .pull)
        }
        work.isDiskUsable = {
          looks.add(time.seconds)
          return isUsable.isSet
        }
      })
    try await stage.run(work, clock: time.clock) { _ in
      while looks.all.count < 5 { try await Task.sleep(for: .milliseconds(5)) }
      #expect(pulls.all.count == 1, "as long as it is away nobody hurries")
      isUsable.set()
      while pulls.all.count < 2 { try await Task.sleep(for: .milliseconds(5)) }
      let seen = looks.all.count
      while looks.all.count < seen + 5 { try await Task.sleep(for: .milliseconds(5)) }
      #expect(pulls.all.count == 2, "that it is still there is no news")
    }
    // A look may come late, and another soon after it, but no more of them than there were minutes.
    for (count, at) in looks.all.enumerated() { #expect(at - start >= Double(count) * 60) }
  }

  @Test("D3 a state that is read-only for a while does not end the daemon") func readOnlyState() async throws {
    let (stage, time, starts) = (try Stage(isHeard: false), FakeClock(), Starts())
    let folder = try TemporaryFolder()
    let work = Stage.work(poll: {
      starts.add(time.seconds)
      // What a database on a read-only file system says.
      if starts.all.count < 3 { throw CatalogError(kind: .notWritable, path: folder.path) }
      return .done()
    })
    try await stage.run(work, clock: time.clock) { _ in
      while starts.all.count < 3 { try await Task.sleep(for: .milliseconds(5)) }
    }
    let moments = starts.all
    #expect(moments[1] - moments[0] < 120, "it is tried again within a minute or so")
  }

  @Test("P9 a database that is damaged ends the daemon, whose next start mends it") func damage() async throws {
    let (stage, folder) = (try Stage(isHeard: false), try TemporaryFolder())
    let work = Stage.work(poll: { throw CatalogError(kind: .corrupt, path: folder.path) })
    let service = await DaemonService(work, notifier: stage.notifier, pulse: Pulse(), hangups: AsyncStream { _ in })
    await #expect(throws: CatalogError.self) { try await service.run() }
  }

  @Test func whatFailsInAnyOtherWayEndsOnlyItsJob() async throws {
    struct Odd: ReportableError {
      let problem = "the outbox cannot be used"
      let advice: String? = nil
      let exitCode = ExitCode.unusableSetup
    }
    let (stage, time, polls) = (try Stage(isHeard: false), FakeClock(), Starts())
    let work = Stage.work(but: { work in
      work.perform = { job, _ in
        if job == .poll { polls.add(time.seconds) }
        if job == .fit { throw Odd() }
        if job == .smoke { throw POSIXError(.EIO) }
        return .done()
      }
    })
    try await stage.run(work, clock: time.clock) { loop in
      while polls.all.count < 3 { try await Task.sleep(for: .milliseconds(5)) }
      let jobs = await loop.report(pid: 1, startedAt: Date()).jobs
      #expect(jobs.first { $0.name == "fit" }?.reason == "the outbox cannot be used")
    }
  }

  @Test func whatAPersonAsksForIsDoneWhenItIsItsTurn() async throws {
    let (stage, story) = (try Stage(isHeard: false), Story())
    let work = Stage.work(poll: {
      story.add("poll")
      // Until it is told to stop.
      try await Task.sleep(for: .seconds(60))
      return .done()
    })
    try await stage.run(work) { loop in
      while story.all.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
      let value = try await loop.errand("fit a/b", .hub, wait: { story.add($0) }) { _ in
        story.add("errand")
        return 7
      }
      #expect(value == 7)
      while story.all.count < 4 { try await Task.sleep(for: .milliseconds(5)) }
      #expect(story.all == ["poll", "poll makes way", "errand", "poll"])
      // One that is taken back while it waits never begins.
      let blocker = Task {
        try await loop.errand("long", .hub, wait: { _ in }) { _ in try await Task.sleep(for: .seconds(60)) }
      }
      while await loop.report(pid: 1, startedAt: Date()).errands.first?.isUnderWay != true {
        try await Task.sleep(for: .milliseconds(5))
      }
      let waiting = Task {
        try await loop.errand("short", .hub, wait: { _ in story.add("waits") }) { _ in story.add("never") }
      }
      while story.all.last != "waits" { try await Task.sleep(for: .milliseconds(5)) }
      waiting.cancel()
      await #expect(throws: CancellationError.self) { try await waiting.value }
      blocker.cancel()
      await #expect(throws: CancellationError.self) { try await blocker.value }
      #expect(!story.all.contains("never"))
    }
  }

  @Test("P13 a job that fails is told with the reason and until when, and hinders nobody") func quarantine()
    async throws
  {
    let (stage, time, polls) = (try Stage(isHeard: false), FakeClock(), Starts())
    struct Failure: ReportableError {
      let problem = "the moon is in the way"
      let advice: String? = nil
      let exitCode = ExitCode.failed
    }
    let work = Stage.work(but: { work in
      work.perform = { job, _ in
        if job == .gc { throw Failure() }
        if job == .poll { polls.add(time.seconds) }
        return .done()
      }
    })
    try await stage.run(work, clock: time.clock) { loop in
      while true {
        let gc = await loop.report(pid: 1, startedAt: Date()).jobs.first { $0.name == "gc" }
        if gc?.quarantinedUntil != nil {
          #expect(gc?.reason == "the moon is in the way")
          break
        }
        try await Task.sleep(for: .milliseconds(5))
      }
      let seen = polls.all.count
      while polls.all.count < seen + 3 { try await Task.sleep(for: .milliseconds(5)) }
    }
  }

  private final class Flag: Sendable {
    private let value = Mutex(false)
    var isSet: Bool { value.withLock { $0 } }
    func set() { value.withLock { $0 = true } }
  }

  private final class Story: Sendable {
    private let words = Mutex<[String]>([])
    var all: [String] { words.withLock { $0 } }
    func add(_ text: String) { words.withLock { $0.append(text) } }
  }

  private final class Starts: Sendable {
    private let moments = Mutex<[Double]>([])
    var all: [Double] { moments.withLock { $0 } }
    func add(_ moment: Double) { moments.withLock { $0.append(moment) } }
  }

  @Test func anotherIntervalIsTakenOver() {
    var schedule = Schedule(interval: 3600, now: 0)
    schedule.begin(now: 0)
    schedule.end(reachedHub: true, jitter: 0, now: 10)
    schedule.change(interval: 600)
    #expect(schedule.wait(now: 10) == 590)
    schedule.change(interval: 5)
    #expect(schedule.wait(now: 10) == 0)
    // A hub that is down is still waited for.
    schedule.begin(now: 10)
    schedule.end(reachedHub: false, jitter: 0, now: 10)
    let wait = schedule.wait(now: 10)
    schedule.change(interval: 7200)
    #expect(schedule.wait(now: 10) == wait)
  }

  @Test("P5 more time is asked for only while it is needed") func thePatienceOfSystemd() async throws {
    let stage = try Stage()
    let short = TimeoutExtension(stage.notifier, after: 0.3)
    short.end()
    #expect(try await stage.socket.receive(withinSeconds: 1) == nil)
    let long = TimeoutExtension(stage.notifier, after: 0.01)
    #expect(try await stage.socket.receive() == "EXTEND_TIMEOUT_USEC=30000000")
    long.end()
  }
}
