import TestSupport
import Testing

@testable import Watch

/// A scheduler in a world whose time is the test's.
private struct World {
  var scheduler: Scheduler
  var boot = 1000.0
  /// Seconds that the clock on the wall is before or behind.
  var wall = 0.0
  var running: [Job: Double] = [:]
  var errands: [Int: Lanes] = [:]
  var waitingErrands: [Int: Lanes] = [:]
  var starts: [(job: Job, at: Double)] = []
  var stopped: Set<Job> = []
  var looks = 0
  var sleep = 0.0
  var troubles: [String] = []

  init(_ plan: Scheduler.Plan, memory: Scheduler.Memory = .init(), seed: UInt64 = 1) {
    scheduler = Scheduler(plan, memory: memory, seed: seed, at: Self.moment(1000, 0))
  }

  /// Day 20,000 begins at second 0 of the world.
  static func moment(_ boot: Double, _ wall: Double) -> Scheduler.Moment {
    let seconds = boot + wall
    let day = (seconds / 86_400).rounded(.down)
    return .init(boot: boot, day: 20_000 + Int(day), second: Int(seconds - day * 86_400))
  }

  var now: Scheduler.Moment { Self.moment(boot, wall) }

  /// Hands over an event and carries out what is said, but for the work itself.
  @discardableResult
  mutating func tell(_ event: Scheduler.Event) -> [Scheduler.Action] {
    if case .ended(let job, _) = event {
      running[job] = nil
      stopped.remove(job)
    }
    if case .errand(let id, let lanes) = event { waitingErrands[id] = lanes }
    if case .yielded(let id, let lanes) = event { errands[id]?.subtract(lanes) }
    if case .errandEnded(let id) = event {
      errands[id] = nil
      waitingErrands[id] = nil
    }
    let actions = scheduler.handle(event, at: now)
    for action in actions {
      switch action {
      case .start(let job):
        if running[job] != nil { troubles.append("\(job) twice") }
        if scheduler.isPaused { troubles.append("\(job) in a pause") }
        if !busy.isDisjoint(with: job.lanes) { troubles.append("\(job) beside \(running.keys)") }
        running[job] = boot
        starts.append((job, boot))
      case .stop(let job):
        if running[job] == nil { troubles.append("\(job) stopped, and not there") }
        if !stopped.insert(job).inserted { troubles.append("\(job) stopped twice") }
      case .begin(let id):
        guard let lanes = waitingErrands.removeValue(forKey: id) else {
          troubles.append("errand \(id) begun and not there")
          continue
        }
        if !busy.isDisjoint(with: lanes) { troubles.append("errand \(id) beside \(running.keys)") }
        errands[id] = lanes
      case .lookAtDisk: looks += 1
      case .sleep(let until):
        if until <= boot { troubles.append("sleeps until the past") }
        if until > boot + Scheduler.longestSleep { troubles.append("oversleeps") }
        sleep = until
      }
    }
    if case .sleep = actions.last {} else { troubles.append("does not say until when it sleeps") }
    return actions
  }

  var busy: Lanes {
    (running.keys.map(\.lanes) + errands.values).reduce(into: Lanes()) { $0.formUnion($1) }
  }

  mutating func advance(_ seconds: Double) {
    boot += seconds
    tell(.time)
  }

  /// Lets the running jobs end one after the other, well, until nothing is under way.
  mutating func settle() {
    for _ in 0..<50 {
      guard let job = Job.allCases.first(where: { running[$0] != nil }) else { return }
      boot += 1
      tell(.ended(job, stopped.contains(job) ? .stopped : .done()))
    }
    troubles.append("never settles")
  }

  func count(_ job: Job) -> Int { starts.count { $0.job == job } }
}

@Suite("The scheduler")
struct SchedulerTests {
  private func plan(_ change: (inout Scheduler.Plan) -> Void = { _ in }) -> Scheduler.Plan {
    var plan = Scheduler.Plan(pollSeconds: 3600, digestMinute: 7 * 60)
    change(&plan)
    return plan
  }

  @Test func aCycleIsPollFitPullSmokeAndGC() {
    var world = World(plan { $0.digestMinute = nil })
    world.tell(.time)
    world.settle()
    #expect(world.starts.map(\.job) == [.poll, .fit, .pull, .smoke, .gc])
    #expect(world.troubles == [])
    // The next begins an interval after the first, and not before.
    world.advance(3500)
    #expect(world.count(.poll) == 1)
    world.advance(500)
    #expect(world.count(.poll) == 2)
  }

  @Test func withoutTestsNothingIsTested() {
    var world = World(
      plan {
        $0.smokes = false; $0.digestMinute = nil
      })
    world.tell(.time)
    world.settle()
    #expect(world.starts.map(\.job) == [.poll, .fit, .pull, .gc])
  }

  @Test func aHubThatIsDownIsTriedLessAndLessOftenAndWhatIsThereIsTested() {
    var world = World(plan())
    world.tell(.time)
    var gaps: [Double] = []
    for _ in 0..<5 {
      let start = world.boot
      world.tell(.ended(.poll, .later("the hub does not answer")))
      world.settle()
      while world.running[.poll] == nil { world.advance(world.sleep - world.boot) }
      gaps.append(world.boot - start)
    }
    #expect(zip([60, 120, 240, 480, 960], gaps).allSatisfy { $0 <= $1 && $1 <= $0 * 1.2 + 10 }, "\(gaps)")
    #expect(world.count(.pull) == 0 && world.count(.smoke) > 0)
    #expect(world.scheduler.standings[.poll]?.quarantinedUntil == nil, "a hub that is down is nobody's poison")
    #expect(world.troubles == [])
  }

  @Test("P13 a job that fails in the same way again and again") func poison() {
    var world = World(plan { $0.digestMinute = nil })
    world.tell(.time)
    world.settle()
    for number in 1...3 {
      world.tell(.wished(.gc))
      #expect(world.running[.gc] != nil, "a person's wish goes before all waiting")
      world.tell(.ended(.gc, .failed("page \(number) is damaged")))
    }
    let standing = world.scheduler.standings[.gc]
    #expect(standing?.quarantinedUntil.map { $0 - world.boot } == 900)
    #expect(standing?.reason == "page 3 is damaged")
    // The others go on, and it is left alone although the cycle would call for it.
    let before = world.count(.gc)
    world.tell(.wished(.poll))
    world.settle()
    #expect(world.count(.poll) == 2 && world.count(.gc) == before)
    world.advance(900)
    world.settle()
    #expect(world.count(.gc) == before + 1, "the quarantine is over by then")
    #expect(world.scheduler.standings[.gc]?.quarantinedUntil == nil && world.scheduler.standings[.gc]?.reason == nil)
  }

  @Test func quarantineGrowsAndIsKept() {
    var world = World(plan { $0.digestMinute = nil })
    world.tell(.time)
    world.settle()
    var pauses: [Double] = []
    for _ in 0..<9 {
      world.tell(.wished(.scrub))
      world.tell(.ended(.scrub, .failed("the disk is on fire")))
      guard let until = world.scheduler.standings[.scrub]?.quarantinedUntil else { continue }
      pauses.append(until - world.boot)
      let before = world.count(.scrub)
      world.advance(300)
      world.settle()
      #expect(world.count(.scrub) == before)
    }
    #expect(pauses == [900, 3600, 14_400, 57_600, 86_400, 86_400, 86_400])
    // Another reason is another trouble.
    world.tell(.wished(.scrub))
    world.tell(.ended(.scrub, .failed("no such folder")))
    #expect(world.scheduler.standings[.scrub]?.quarantinedUntil == nil)
  }

  @Test func whatKillsTheProcessIsLeftAlone() {
    var memory = Scheduler.Memory()
    memory.deaths = [.pull: 3, .smoke: 4]
    var world = World(plan { $0.digestMinute = nil }, memory: memory)
    world.tell(.time)
    world.settle()
    #expect(world.starts.map(\.job) == [.poll, .fit, .pull], "three deaths are the copy's fault")
    #expect(world.scheduler.standings[.smoke]?.reason?.contains("died 4 times") == true)
    world.advance(3700)
    world.settle()
    #expect(world.count(.smoke) > 0)
  }

  // MARK: People

  @Test func whatAPersonAsksForGoesFirst() {
    var world = World(plan { $0.digestMinute = nil })
    world.tell(.time)
    #expect(world.running[.poll] != nil)
    world.tell(.errand(1, [.hub, .models]))
    #expect(world.stopped == [.poll] && world.errands.isEmpty)
    #expect(world.scheduler.obstacles(errand: 1) == [.poll])
    world.tell(.ended(.poll, .stopped))
    #expect(world.errands.keys.contains(1) && world.running.isEmpty)
    // It needs the hub no longer: the poll goes on beside it, the others wait.
    world.tell(.yielded(1, .hub))
    #expect(world.running[.poll] != nil)
    world.settle()
    #expect(world.starts.map(\.job) == [.poll, .poll, .fit])
    // A second one waits for the first and stops nobody.
    world.tell(.errand(2, .models))
    #expect(world.errands.count == 1)
    world.tell(.errandEnded(1))
    #expect(world.errands.keys.contains(2))
    world.tell(.errandEnded(2))
    world.settle()
    #expect(world.starts.map(\.job) == [.poll, .poll, .fit, .pull, .smoke, .gc])
    #expect(world.troubles == [])
  }

  @Test func anErrandThatIsTakenBackLeavesNothing() {
    var world = World(plan { $0.digestMinute = nil })
    world.tell(.time)
    world.tell(.errand(1, .hub))
    world.tell(.errandEnded(1))
    world.settle()
    #expect(world.count(.poll) == 2, "the poll that made way goes on")
    #expect(world.troubles == [])
  }

  @Test func aPauseStopsWhatCanGoOnLater() {
    var world = World(plan { $0.digestMinute = nil })
    world.tell(.time)
    world.tell(.paused(until: nil))
    #expect(world.stopped == [.poll])
    world.tell(.ended(.poll, .stopped))
    world.advance(20_000)
    #expect(world.starts.count == 1 && world.scheduler.isPaused)
    world.tell(.resumed)
    #expect(world.running[.poll] != nil)
    world.tell(.paused(until: world.boot + 500))
    world.tell(.ended(.poll, .stopped))
    world.advance(499)
    #expect(world.running.isEmpty && world.sleep == world.boot + 1)
    world.advance(1)
    #expect(world.running[.poll] != nil && !world.scheduler.isPaused)
    #expect(world.troubles == [])
  }

  @Test func aScrubMakesWay() {
    var memory = Scheduler.Memory()
    memory.sinceScrub = 8 * 86_400
    var world = World(plan { $0.digestMinute = nil }, memory: memory)
    world.tell(.time)
    #expect(world.running[.scrub] != nil && world.running[.poll] != nil)
    world.tell(.ended(.poll, .done()))
    world.tell(.ended(.fit, .done()))
    #expect(world.stopped == [.scrub])
    world.tell(.ended(.scrub, .stopped))
    world.settle()
    // It goes on once nobody else is there, and then rests for a week.
    #expect(world.count(.scrub) == 2)
    let count = world.count(.scrub)
    for _ in 0..<(24 * 6) {
      world.advance(3600)
      world.settle()
    }
    #expect(world.count(.scrub) == count)
    for _ in 0..<25 {
      world.advance(3600)
      world.settle()
    }
    #expect(world.count(.scrub) == count + 1 && world.troubles == [])
  }

  @Test("D3 a disk that can be written again") func theDisk() {
    var world = World(
      plan {
        $0.pollSeconds = 100_000; $0.digestMinute = nil
      })
    world.tell(.time)
    world.tell(.ended(.poll, .done()))
    world.tell(.ended(.fit, .done()))
    world.tell(.ended(.pull, .done(waitsForDisk: true)))
    world.settle()
    for _ in 0..<5 {
      world.advance(60)
      world.tell(.disk(isUsable: false))
    }
    #expect(world.looks == 5 && world.count(.pull) == 1)
    world.tell(.disk(isUsable: true))
    #expect(world.count(.pull) == 2)
    world.tell(.ended(.pull, .done(waitsForDisk: true)))
    world.settle()
    world.tell(.disk(isUsable: true))
    #expect(world.count(.pull) == 2, "that it is still there is no news")
    // When nothing waits any more nobody looks.
    world.tell(.wished(.pull))
    world.tell(.ended(.pull, .done()))
    world.settle()
    let looks = world.looks
    world.advance(600)
    #expect(world.looks == looks && world.troubles == [])
  }

  @Test func aWaitThatEndsIsAReasonToFetch() {
    var world = World(
      plan {
        $0.pollSeconds = 100_000; $0.digestMinute = nil
      })
    world.tell(.time)
    world.tell(.ended(.poll, .done()))
    world.tell(.ended(.fit, .done()))
    world.tell(.ended(.pull, .done(again: 900)))
    world.settle()
    world.advance(880)
    #expect(world.count(.pull) == 1)
    world.advance(30)
    #expect(world.count(.pull) == 2)
  }

  // MARK: The digest

  @Test func theDigestIsWrittenOnceADay() {
    var world = World(plan { $0.pollSeconds = 604_800 })
    var days: [Int] = []
    world.tell(.time)
    while world.boot < 10 * 86_400 {
      if world.running[.digest] != nil, let day = world.scheduler.digestUnderWay { days.append(day) }
      world.settle()
      world.advance(world.sleep - world.boot)
    }
    // The world begins at a quarter past midnight of day 20,000, before the hour.
    #expect(days == Array(20_000..<20_010), "\(days)")
    #expect(world.troubles == [])
  }

  @Test func afterSleepItIsMadeUpForOnce() {
    var world = World(plan { $0.pollSeconds = 604_800 })
    world.tell(.time)
    world.settle()
    // The lid is closed for three days and opened at noon.
    world.boot = 3 * 86_400 + 43_200
    world.tell(.time)
    #expect(world.scheduler.digestUnderWay == 20_003)
    world.settle()
    world.advance(600)
    #expect(world.scheduler.digestUnderWay == nil && world.scheduler.digestDay == 20_003)
  }

  @Test func aClockThatIsSetBackBringsNoSecondOne() {
    var world = World(plan { $0.pollSeconds = 604_800 })
    var days: [Int] = []
    func run(until end: Double) {
      while world.boot < end {
        world.tell(.time)
        if world.running[.digest] != nil, let day = world.scheduler.digestUnderWay { days.append(day) }
        world.settle()
        world.boot += 300
      }
    }
    run(until: 86_400 + 8 * 3600)
    #expect(days == [20_000, 20_001])
    // Two hours back, before seven o'clock again.
    world.wall = -7200
    run(until: 86_400 + 12 * 3600)
    #expect(days == [20_000, 20_001])
    run(until: 3 * 86_400)
    #expect(days == [20_000, 20_001, 20_002])
    // A battery that is empty: 40 years ahead, for a minute.
    world.wall = 40 * 365 * 86_400
    run(until: 3 * 86_400 + 900)
    world.wall = 0
    run(until: 5 * 86_400)
    #expect(Array(days.suffix(2)) == [20_003, 20_004] && days.count == 6, "\(days)")
  }

  @Test func anHourThatHasPassedWhenItIsSetIsForTomorrow() {
    var world = World(Scheduler.Plan(pollSeconds: 604_800))
    world.boot = 43_200
    world.tell(.time)
    world.settle()
    world.tell(.replanned(plan { $0.pollSeconds = 604_800 }))
    #expect(world.running[.digest] != nil && world.scheduler.digestUnderWay == nil, "it only sends what waits")
    world.settle()
    world.boot = 86_400 + 7 * 3600
    world.tell(.time)
    #expect(world.scheduler.digestUnderWay == 20_001)
  }

  // MARK: Anything may happen

  @Test(arguments: 0..<8) func tenThousandCycles(_ seed: Int) async throws {
    try await OwnThread.run { live(through: seed) }
  }

  private func live(through seed: Int) {
    var noise = Noise.Generator(seed: UInt64(seed) + 1)
    func between(_ low: Double, _ high: Double) -> Double {
      low + (high - low) * Double(noise.next() >> 11) / Double(UInt64(1) << 53)
    }
    var world = World(plan(), seed: UInt64(seed) + 7)
    var (ends, errandEnds): ([Job: Double], [Int: Double]) = ([:], [:])
    var (dueSince, digests, wakeUps, events, nextErrand) = ([Job: Double](), [Int](), 0, 0, 0)
    var worst: [Job: Double] = [:]
    let start = world.boot
    world.tell(.time)
    while world.count(.poll) < 1250 {
      for (job, since) in world.running where ends[job] == nil {
        ends[job] = since + between(1, job == .pull ? 9000 : 1200)
      }
      for job in world.stopped { ends[job] = min(ends[job] ?? .infinity, world.boot + between(0, 5)) }
      for id in world.errands.keys where errandEnds[id] == nil { errandEnds[id] = world.boot + between(0, 4000) }
      let next = min(ends.values.min() ?? .infinity, errandEnds.values.min() ?? .infinity)
      if next <= world.sleep {
        events += 1
        world.boot = max(world.boot, next)
        if let (job, _) = ends.first(where: { $0.value <= next }) {
          ends[job] = nil
          let (end, day) = (outcome(world.stopped.contains(job), job, &noise), world.scheduler.digestUnderWay)
          if job == .digest, case .done = end, let day { digests.append(day) }
          world.tell(.ended(job, end))
        } else if let (id, _) = errandEnds.first(where: { $0.value <= next }) {
          errandEnds[id] = nil
          world.tell(.errandEnded(id))
        }
      } else {
        wakeUps += 1
        world.boot = world.sleep
        world.tell(.time)
      }
      events += happen(&world, &noise, &nextErrand)
      for job in Job.allCases {
        let isReady =
          world.running[job] == nil && !world.scheduler.isPaused
          && (world.scheduler.next(job) ?? .infinity) <= world.boot
        dueSince[job] = isReady ? dueSince[job] ?? world.boot : nil
        if let since = dueSince[job] { worst[job] = max(worst[job] ?? 0, world.boot - since) }
      }
    }
    #expect(world.troubles == [], "\(world.troubles.prefix(5))")
    // Nothing starves: whoever may begin does so within a day, the scrub, which makes way for everybody, within a week.
    for (job, seconds) in worst { #expect(seconds < (job == .scrub ? 7 : 1) * 86_400, "\(job) waited \(seconds) s") }
    for job in Job.allCases { #expect(world.count(job) > 0, "\(job) never began") }
    // One digest a day, none missing but on days that the machine slept through or rested.
    for (day, next) in zip(digests, digests.dropFirst()) { #expect(next > day, "\(day) and then \(next)") }
    let days = (world.boot - start) / 86_400
    #expect(Double(digests.count) > days * 0.8, "\(digests.count) digests in \(days) days")
    // Between two things that happen it wakes up no more often than it has a reason to.
    #expect(Double(wakeUps) < (world.boot - start) / 300 + Double(events), "\(wakeUps) in \(world.boot - start) s")
  }

  private func outcome(_ isStopped: Bool, _ job: Job, _ noise: inout Noise.Generator) -> Scheduler.Outcome {
    if isStopped { return .stopped }
    switch noise.next() % 12 {
    case 0: return .later("nobody answers \(noise.next() % 10)")
    case 1: return job == .digest ? .done() : .failed("trouble \(noise.next() % 3)")
    case 2: return .done(again: Double(noise.next() % 5000))
    case 3: return .done(waitsForDisk: true)
    default: return .done()
    }
  }

  /// Something that people or the machine do now and then.
  private func happen(_ world: inout World, _ noise: inout Noise.Generator, _ nextErrand: inout Int) -> Int {
    switch noise.next() % 60 {
    case 0:
      nextErrand += 1
      let lanes: [Lanes] = [[], .hub, .models, [.hub, .models]]
      world.tell(.errand(nextErrand, lanes[Int(noise.next() % 4)]))
    case 1:
      if let id = world.errands.keys.min() { world.tell(.yielded(id, .hub)) }
    case 2:
      if let id = world.waitingErrands.keys.min(), noise.next() % 3 == 0 { world.tell(.errandEnded(id)) }
    case 3: world.tell(.wished(Job.allCases[Int(noise.next() % UInt64(Job.allCases.count))]))
    case 4: world.tell(.disk(isUsable: noise.next() % 2 == 0))
    case 5: world.tell(.paused(until: world.boot + Double(noise.next() % 3000)))
    case 6: world.tell(.resumed)
    case 7: world.boot += Double(noise.next() % 30_000)  // asleep
    case 8: world.wall = Double(noise.next() % 7200) - 3600  // somebody sets the clock
    default: return 0
    }
    return 1
  }
}
