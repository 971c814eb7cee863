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
    #expect(judge.trouble(signs)?.contains("schedule") == true)
    signs.loopSilence = 0
    signs.databaseTrouble = "it failed"
    #expect(judge.trouble(signs) == "it failed")
  }

  @Test("P6 a cycle in which nothing happens") func aCycleMayWaitForAReason() {
    let judge = HealthJudge()
    var signs = HealthJudge.Signs()
    // Between two cycles the daemon waits, however long.
    #expect(judge.trouble(signs) == nil)
    // The hub's longest pause is no hang.
    signs.cycleSilence = 900
    #expect(judge.trouble(signs) == nil)
    signs.cycleSilence = 1200
    #expect(judge.trouble(signs)?.contains("20 minutes") == true)
    // A smoke test has a limit of its own.
    signs.extraPatience = 600
    #expect(judge.trouble(signs) == nil)
    signs.cycleSilence = 1800
    #expect(judge.trouble(signs) != nil)
  }

  @Test("P6 progress is what is written, and what happens") func thePulse() {
    let (now, writes) = (Number(), Number())
    let pulse = Pulse(clock: { Double(now.value) }, writes: { writes.value })
    func at(_ second: Int) -> HealthJudge.Signs {
      now.value = second
      return pulse.signs()
    }
    #expect(at(100).cycleSilence == nil && at(100).loopSilence == 100)
    pulse.setInCycle(true)
    #expect(at(150).cycleSilence == 50)
    writes.value = 1
    #expect(at(160).cycleSilence == 0)
    #expect(at(170).cycleSilence == 10)
    pulse.beat(extraPatience: 30)
    #expect(at(190).cycleSilence == 20 && at(190).extraPatience == 30)
    pulse.tick()
    #expect(at(200).loopSilence == 10)
    pulse.setInCycle(false)
    #expect(at(500).cycleSilence == nil)
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

  static func work(
    interval: @escaping @Sendable () -> Double = { 3600 }, cycle: @escaping @Sendable () async throws -> Void = {},
    reload: @escaping @Sendable () async throws -> Void = {},
    plan: @escaping @Sendable (Date) throws -> Void = { _ in },
    askDatabase: @escaping @Sendable () throws -> Void = {}, askDisk: @escaping @Sendable () -> Void = {},
    isDiskUsable: @escaping @Sendable () -> Bool = { true }, isWhole: @escaping @Sendable () -> Bool = { true }
  ) -> DaemonWork {
    DaemonWork(
      interval: interval, logger: { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } },
      cycle: {
        try await cycle()
        return isWhole()
      },
      reload: reload, plan: plan, askDatabase: askDatabase, askDisk: askDisk, isDiskUsable: isDiskUsable)
  }

  /// Runs a daemon beside `body` and ends it afterwards.
  func run(
    _ work: DaemonWork, judge: HealthJudge = HealthJudge(), clock: DaemonService.Clock = .init(),
    hangups: AsyncStream<Void> = AsyncStream { _ in }, _ body: () async throws -> Void
  ) async throws {
    let service = DaemonService(
      work, notifier: notifier, pulse: Pulse(clock: clock.seconds), judge: judge, clock: clock, hangups: hangups)
    let task = Task { try await service.run() }
    do {
      try await body()
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
      ? Stage.work(askDatabase: { hang.pass() }) : Stage.work(askDisk: { hang.pass() })
    try await stage.run(work, judge: impatient) {
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
    let work = Stage.work(askDatabase: { if box.fails.withLock({ $0 }) { throw Failure() } })
    try await stage.run(work) {
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
    let work = Stage.work(reload: { if box.fails.withLock({ $0 }) { throw Broken() } })
    try await stage.run(work, hangups: made.stream) { try await reloadTwice(stage, box, hangUp) }
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
    private let now = Mutex(0.0)
    var seconds: Double { now.withLock { $0 } }
    func advance(_ seconds: Double) { now.withLock { $0 += seconds } }
    func sleep(_ seconds: Double) async throws {
      advance(seconds)
      try await Task.sleep(for: .milliseconds(1))
    }
  }

  @Test("P15 a long pause") func missedCyclesAreMadeUpForOnce() async throws {
    let (stage, time, starts) = (try Stage(isHeard: false), FakeClock(), Starts())
    let work = Stage.work(interval: { 3600 }, cycle: { starts.add(time.seconds) })
    let clock = DaemonService.Clock(seconds: { time.seconds }, sleep: { try await time.sleep($0) })
    try await stage.run(work, clock: clock) {
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
    let (stage, time, starts) = (try Stage(isHeard: false), FakeClock(), Starts())
    let isUsable = Mutex(false)
    let looks = Starts()
    let work = Stage.work(
      interval: { 1_000_000 }, cycle: { starts.add(time.seconds) },
      isDiskUsable: {
        looks.add(time.seconds)
        return isUsable.withLock { $0 }
      })
    let clock = DaemonService.Clock(seconds: { time.seconds }, sleep: { try await time.sleep($0) })
    try await stage.run(work, clock: clock) {
      while looks.all.count < 5 { try await Task.sleep(for: .milliseconds(5)) }
      #expect(starts.all.count == 1, "as long as it is away nobody hurries")
      isUsable.withLock { $0 = true }
      while starts.all.count < 2 { try await Task.sleep(for: .milliseconds(5)) }
      let seen = looks.all.count
      while looks.all.count < seen + 5 { try await Task.sleep(for: .milliseconds(5)) }
      #expect(starts.all.count == 2, "that it is still there is no news")
    }
    for (first, second) in zip(looks.all, looks.all.dropFirst()) { #expect(second - first >= 60) }
  }

  @Test("N1 a download that was cut off is not left until the next hour") func cutOff() async throws {
    let (stage, time, starts) = (try Stage(isHeard: false), FakeClock(), Starts())
    let work = Stage.work(
      interval: { 100_000 }, cycle: { starts.add(time.seconds) }, isWhole: { starts.all.count >= 4 })
    let clock = DaemonService.Clock(seconds: { time.seconds }, sleep: { try await time.sleep($0) })
    try await stage.run(work, clock: clock) {
      while starts.all.count < 4 { try await Task.sleep(for: .milliseconds(5)) }
    }
    let waits = zip(starts.all, starts.all.dropFirst()).map { $1 - $0 }
    #expect(zip(waits, waits.dropFirst()).allSatisfy { $0 < $1 } && (waits.first ?? 0) < 120, "\(waits)")
  }

  @Test("D3 a state that is read-only for a while does not end the daemon") func readOnlyState() async throws {
    let (stage, time, starts) = (try Stage(isHeard: false), FakeClock(), Starts())
    let folder = try TemporaryFolder()
    let work = Stage.work(
      interval: { 3600 },
      cycle: {
        starts.add(time.seconds)
        // What a database on a read-only file system says.
        if starts.all.count < 3 { throw CatalogError(kind: .notWritable, path: folder.path) }
      })
    let clock = DaemonService.Clock(seconds: { time.seconds }, sleep: { try await time.sleep($0) })
    try await stage.run(work, clock: clock) {
      while starts.all.count < 3 { try await Task.sleep(for: .milliseconds(5)) }
    }
    let moments = starts.all
    #expect(moments[1] - moments[0] < 120, "it is tried again within a minute or so")
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
