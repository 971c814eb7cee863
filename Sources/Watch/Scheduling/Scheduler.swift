/// Decides what the daemon does and when: told what has happened and what time it is, it says what is to begin, what is to
/// stop, and until when nothing else will.
///
/// A pure value. It starts no job twice at once and no two that need the same lane; what people ask for (an errand) goes
/// before what it does by itself; among its own jobs the one that has waited longest goes first, so that none starves. A job
/// that fails in the same way again and again is left alone for longer and longer, and never stops the others.
public struct Scheduler: Sendable, Equatable {
  /// Failures in the same way after which a job is left alone.
  public static let patience = 3
  /// Deaths of the process in a row after which the job under way is left alone: one more than what quarantines a copy.
  public static let mostDeaths = 4
  /// Nobody sleeps longer than this, so that a change is noticed that nobody tells of.
  public static let longestSleep = 600.0
  /// Seconds between two looks at a disk that something waits for.
  public static let diskPause = 60.0

  /// What the configuration says.
  public private(set) var plan: Plan
  /// How each job fares.
  public private(set) var standings: [Job: Standing] = [:]
  /// Whether everything rests.
  public private(set) var isPaused = false
  /// Until when; nil for until it is resumed.
  public private(set) var pausedUntil: Double?
  /// The day of the last digest.
  public private(set) var digestDay: Int
  /// The day for which the digest under way is written; nil when it only sends.
  public private(set) var digestUnderWay: Int?

  private var polls: Schedule
  private var errands: [Errand] = []
  private var lastScrub: Double
  private var lastGC: Double
  private var (diskLook, wasUsable) = (Double?.none, true)
  private var hubWasReached = true
  private var jitter: UInt64

  private struct Errand: Sendable, Equatable {
    let id: Int
    var lanes: Lanes
    var isUnderWay = false
  }

  /// - Parameters:
  ///   - seed: of what is added to intervals, so that many daemons do not knock at one moment.
  public init(_ plan: Plan, memory: Memory = Memory(), seed: UInt64 = 1, at now: Moment) {
    self.plan = plan
    jitter = seed | 1
    polls = Schedule(interval: plan.pollSeconds, now: now.boot)
    lastScrub = now.boot - (memory.sinceScrub ?? 0)
    lastGC = now.boot
    // A digest on the first day would tell nothing.
    digestDay = memory.digestDay ?? (Self.lastDigest(plan, now) ?? now.day)
    for job in Job.allCases { standings[job] = Standing() }
    // What the last daemon could not send.
    if plan.digestMinute != nil { standings[.digest]?.due = now.boot }
    isPaused = memory.isPaused
    pausedUntil = memory.pauseSeconds.map { now.boot + $0 }
    for (job, deaths) in memory.deaths where deaths >= Self.mostDeaths {
      let until = now.boot + min(86_400, 3600 * Double(1 << min(deaths - Self.mostDeaths, 10)))
      standings[job]?.reason = "hubwatch died \(deaths) times in a row at it"
      standings[job]?.quarantinedUntil = until
    }
  }

  /// What errands are there: which, and whether they have begun.
  public func isUnderWay(errand: Int) -> Bool { errands.first { $0.id == errand }?.isUnderWay ?? false }

  /// What holds the lanes that a waiting errand needs, for a person.
  public func obstacles(errand id: Int) -> [Job] {
    guard let errand = errands.first(where: { $0.id == id }), !errand.isUnderWay else { return [] }
    return running.filter { !$0.lanes.isDisjoint(with: errand.lanes) }
  }

  /// When a job begins by itself, as far as is known.
  public func next(_ job: Job) -> Double? {
    guard let standing = standings[job], standing.since == nil else { return nil }
    guard let due = due(job) else { return nil }
    return max(due, standing.quarantinedUntil ?? due, isPaused ? pausedUntil ?? .infinity : due)
  }

  private var running: [Job] { Job.allCases.filter { standings[$0]?.since != nil } }

  // MARK: What happens

  /// Takes in what has happened, and says what is to be done.
  public mutating func handle(_ event: Event, at now: Moment) -> [Action] {
    switch event {
    case .time: break
    case .ended(let job, let outcome): ended(job, outcome, now)
    case .wished(let job):
      standings[job]?.due = now.boot
      standings[job]?.quarantinedUntil = nil
    case .errand(let id, let lanes): errands.append(Errand(id: id, lanes: lanes))
    case .yielded(let id, let lanes):
      if let index = errands.firstIndex(where: { $0.id == id }) { errands[index].lanes.subtract(lanes) }
    case .errandEnded(let id): errands.removeAll { $0.id == id }
    case .paused(let until): (isPaused, pausedUntil) = (true, until)
    case .resumed: (isPaused, pausedUntil) = (false, nil)
    case .replanned(let plan): replan(plan, now)
    case .disk(let isUsable):
      // Only what has changed is a reason to begin before the time.
      if isUsable, !wasUsable { hurry(.pull, now) }
      wasUsable = isUsable
    }
    if isPaused, let until = pausedUntil, until <= now.boot { (isPaused, pausedUntil) = (false, nil) }
    noticeDigest(now)
    return decide(now)
  }

  private mutating func replan(_ plan: Plan, _ now: Moment) {
    let old = self.plan
    self.plan = plan
    polls.change(interval: plan.pollSeconds)
    // An hour that has passed already when it is set is for tomorrow.
    if plan.digestMinute != old.digestMinute {
      digestDay = max(digestDay, Self.lastDigest(plan, now) ?? now.day)
      if plan.digestMinute != nil, old.digestMinute == nil { standings[.digest]?.due = now.boot }
    }
  }

  private mutating func hurry(_ job: Job, _ now: Moment) {
    let due = standings[job]?.due ?? .infinity
    standings[job]?.due = min(due, now.boot)
  }

  private mutating func ended(_ job: Job, _ outcome: Outcome, _ now: Moment) {
    guard var standing = standings[job], standing.since != nil else { return }
    standing.since = nil
    standing.isStopping = false
    var isReached = true
    switch outcome {
    case .done(let again, _):
      (standing.failures, standing.alike, standing.reason, standing.quarantinedUntil) = (0, 0, nil, nil)
      if let again { standing.due = min(standing.due ?? .infinity, now.boot + max(1, again)) }
    case .stopped:
      standing.due = now.boot
    case .later(let reason):
      isReached = false
      fail(&standing, reason, now, isPassing: true)
    case .failed(let reason):
      isReached = false
      fail(&standing, reason, now, isPassing: false)
    }
    standings[job] = standing
    follow(job, outcome, isReached: isReached, now)
  }

  private mutating func fail(_ standing: inout Standing, _ reason: String, _ now: Moment, isPassing: Bool) {
    standing.failures += 1
    let isAlike = standing.reason.map { Self.kind($0) == Self.kind(reason) } ?? false
    standing.alike = isPassing ? 0 : isAlike ? standing.alike + 1 : 1
    standing.reason = reason
    let backoff = min(60 * Double(1 << min(standing.failures - 1, 16)), max(60, min(plan.pollSeconds, 21_600)))
    standing.due = now.boot + backoff * (1 + nextJitter() / 10)
    guard standing.alike >= Self.patience else { return }
    let pause = min(86_400, 900 * Double(1 << (2 * min(standing.alike - Self.patience, 8))))
    standing.quarantinedUntil = now.boot + pause
    standing.due = now.boot + pause
  }

  /// A reason without its numbers: which byte it was, and how often, makes it no other.
  private static func kind(_ reason: String) -> String { reason.filter { !$0.isNumber } }

  /// What an end brings about.
  private mutating func follow(_ job: Job, _ outcome: Outcome, isReached: Bool, _ now: Moment) {
    switch job {
    case .poll:
      // It has a schedule of its own, which counts from the start of a poll.
      if outcome == .stopped {
        polls.hurry(now: now.boot)
      } else {
        hubWasReached = isReached
        polls.end(reachedHub: isReached, jitter: nextJitter(), now: now.boot)
        hurry(.fit, now)
      }
      standings[.poll]?.due = nil
    case .fit:
      if outcome != .stopped { hurry(hubWasReached ? .pull : .smoke, now) }
    case .pull:
      if case .done(_, let waitsForDisk) = outcome {
        diskLook = waitsForDisk ? now.boot + Self.diskPause : nil
        if !waitsForDisk { wasUsable = true }
      }
      if outcome != .stopped { hurry(plan.smokes ? .smoke : .gc, now) }
    case .smoke:
      if outcome != .stopped { hurry(.gc, now) }
    case .gc:
      if isReached, outcome != .stopped { lastGC = now.boot }
    case .scrub:
      if case .done(again: nil, _) = outcome { lastScrub = now.boot }
    case .digest:
      if case .done = outcome, let day = digestUnderWay { digestDay = max(digestDay, day) }
      digestUnderWay = nil
    }
  }

  private mutating func nextJitter() -> Double {
    // xorshift64
    jitter ^= jitter << 13
    jitter ^= jitter >> 7
    jitter ^= jitter << 17
    return Double(jitter >> 11) / Double(UInt64(1) << 53)
  }

  // MARK: The digest

  /// The day of the digest whose time came last; nil when none is written.
  private static func lastDigest(_ plan: Plan, _ now: Moment) -> Int? {
    plan.digestMinute.map { now.second >= $0 * 60 ? now.day : now.day - 1 }
  }

  private mutating func noticeDigest(_ now: Moment) {
    guard let last = Self.lastDigest(plan, now) else { return }
    // The clock was more than a day ahead when it was written. What is written then is not written again now, but what
    // comes from tomorrow on is.
    if digestDay > now.day + 1 { digestDay = last }
    if digestDay < last, standings[.digest]?.since == nil {
      // After a failure it waits like every other job.
      if standings[.digest]?.failures == 0 { hurry(.digest, now) }
    }
  }

  /// Seconds until the next digest is due on the wall.
  private func untilDigest(_ now: Moment) -> Double? {
    plan.digestMinute.map { minute in
      let seconds = minute * 60 - now.second
      return Double(seconds > 0 ? seconds : seconds + 86_400)
    }
  }

  // MARK: What is to be done

  private func due(_ job: Job) -> Double? {
    let own = standings[job]?.due
    switch job {
    case .poll: return min(own ?? .infinity, polls.due)
    case .gc: return min(own ?? .infinity, lastGC + plan.gcSeconds)
    case .scrub: return own ?? lastScrub + plan.scrubSeconds
    default: return own
    }
  }

  private mutating func decide(_ now: Moment) -> [Action] {
    var actions: [Action] = []
    var busy = running.reduce(into: Lanes()) { $0.formUnion($1.lanes) }
    for errand in errands where errand.isUnderWay { busy.formUnion(errand.lanes) }
    // Errands in the order in which they came.
    var promised = Lanes()
    for index in errands.indices where !errands[index].isUnderWay {
      let lanes = errands[index].lanes
      let isBehindOthers = errands.contains { $0.isUnderWay && !$0.lanes.isDisjoint(with: lanes) }
      if lanes.isDisjoint(with: busy), lanes.isDisjoint(with: promised) {
        errands[index].isUnderWay = true
        busy.formUnion(lanes)
        actions.append(.begin(errands[index].id))
      } else if !isBehindOthers {
        // Jobs make way for it; behind another errand, which may take hours, they go on.
        for job in running where job.isStoppable && !job.lanes.isDisjoint(with: lanes) { stop(job, &actions) }
        busy.formUnion(lanes)
      }
      promised.formUnion(lanes)
    }
    if isPaused {
      for job in running where job.isStoppable { stop(job, &actions) }
    } else {
      start(&busy, now, &actions)
    }
    if let look = diskLook, look <= now.boot, !isPaused {
      diskLook = now.boot + Self.diskPause
      actions.append(.lookAtDisk)
    }
    actions.append(.sleep(until: wakeUp(busy, now)))
    return actions
  }

  private mutating func stop(_ job: Job, _ actions: inout [Action]) {
    guard standings[job]?.isStopping == false else { return }
    standings[job]?.isStopping = true
    actions.append(.stop(job))
  }

  private mutating func start(_ busy: inout Lanes, _ now: Moment, _ actions: inout [Action]) {
    let ready = Job.allCases.filter { job in
      standings[job]?.since == nil && (due(job) ?? .infinity) <= now.boot
        && (standings[job]?.quarantinedUntil ?? 0) <= now.boot
    }
    // Of those that have waited equally long the one that stands first in the list; the scrub, which has a week, last.
    let order = Job.allCases.enumerated().reduce(into: [Job: Int]()) { $0[$1.element] = $1.offset }
    func waited(_ job: Job) -> (Int, Double, Int) { (job == .scrub ? 1 : 0, due(job) ?? 0, order[job] ?? 0) }
    for job in ready.sorted(by: { waited($0) < waited($1) }) {
      guard job.lanes.isDisjoint(with: busy) else {
        // A scrub can wait, and what it has read stays read.
        if job != .scrub, standings[.scrub]?.since != nil, !Job.scrub.lanes.isDisjoint(with: job.lanes) {
          stop(.scrub, &actions)
        }
        continue
      }
      busy.formUnion(job.lanes)
      standings[job]?.since = now.boot
      standings[job]?.due = nil
      standings[job]?.quarantinedUntil = nil
      if job == .poll { polls.begin(now: now.boot) }
      if job == .gc { lastGC = now.boot }
      if job == .digest {
        digestUnderWay = Self.lastDigest(plan, now).flatMap { $0 > digestDay ? $0 : nil }
      }
      actions.append(.start(job))
    }
  }

  private func wakeUp(_ busy: Lanes, _ now: Moment) -> Double {
    var moment = now.boot + Self.longestSleep
    if isPaused {
      if let pausedUntil { moment = min(moment, pausedUntil) }
    } else {
      for job in Job.allCases where standings[job]?.since == nil {
        // What could begin and waits for a lane does so when somebody ends, which is told.
        guard let due = due(job) else { continue }
        let start = max(due, standings[job]?.quarantinedUntil ?? due)
        if start > now.boot { moment = min(moment, start) }
      }
      if let diskLook { moment = min(moment, diskLook) }
      if let seconds = untilDigest(now) { moment = min(moment, now.boot + seconds) }
    }
    return max(moment, now.boot + 0.001)
  }
}
