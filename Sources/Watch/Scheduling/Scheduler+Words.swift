/// What is said to the scheduler, and what it says.
extension Scheduler {
  /// A moment on two clocks.
  public struct Moment: Sendable, Equatable {
    /// Seconds on a clock that never goes back, and goes on while the machine sleeps.
    public var boot: Double
    /// The day on the wall, as a number that grows by one a day.
    public var day: Int
    /// Seconds since its midnight.
    public var second: Int

    /// A moment.
    public init(boot: Double, day: Int, second: Int) {
      self.boot = boot
      self.day = day
      self.second = second
    }
  }

  /// What the configuration says.
  public struct Plan: Sendable, Equatable {
    /// Seconds between the starts of two polls.
    public var pollSeconds: Double
    /// The minute of the day at which the digest is written; nil when the daemon writes none.
    public var digestMinute: Int?
    /// Whether fetched models are tested.
    public var smokes = true
    /// Seconds between two scrubs.
    public var scrubSeconds = 7 * 86_400.0
    /// Seconds between two times of clearing up, when nothing else calls for it.
    public var gcSeconds = 86_400.0

    /// A plan.
    public init(pollSeconds: Double, digestMinute: Int? = nil) {
      self.pollSeconds = pollSeconds
      self.digestMinute = digestMinute
    }
  }

  /// What the last daemon left behind.
  public struct Memory: Sendable, Equatable {
    /// Seconds since the last scrub came to its end; nil when none did.
    public var sinceScrub: Double?
    /// The day of the last digest.
    public var digestDay: Int?
    /// How often in a row the process has died at a job.
    public var deaths: [Job: Int] = [:]
    /// Whether it rested.
    public var isPaused = false
    /// For how many seconds it still rests; nil for until it is resumed.
    public var pauseSeconds: Double?

    /// Nothing.
    public init() {}
  }

  /// How a job ended.
  public enum Outcome: Sendable, Equatable {
    /// Done; again after so many seconds, when that is known. `waitsForDisk`: something waits for the models' disk.
    case done(again: Double? = nil, waitsForDisk: Bool = false)
    /// What it needs is not there: the hub, room on the disk. It is tried again soon, then later and later.
    case later(String)
    /// It failed.
    case failed(String)
    /// It was told to stop.
    case stopped
  }

  /// What happens.
  public enum Event: Sendable, Equatable {
    /// Time has passed, a clock was set, or the machine has woken up.
    case time
    /// A job has ended.
    case ended(Job, Outcome)
    /// A job is wanted now.
    case wished(Job)
    /// A person asks for something that needs these lanes.
    case errand(Int, Lanes)
    /// An errand no longer needs some of its lanes.
    case yielded(Int, Lanes)
    /// An errand has ended, or was taken back.
    case errandEnded(Int)
    /// Nothing begins until it is resumed, or this moment comes.
    case paused(until: Double?)
    /// The pause is over.
    case resumed
    /// The configuration has changed.
    case replanned(Plan)
    /// Whether the models' disk could be written.
    case disk(isUsable: Bool)
  }

  /// What is to be done.
  public enum Action: Sendable, Equatable {
    /// A job begins.
    case start(Job)
    /// A job is to stop; its end is still told.
    case stop(Job)
    /// An errand begins.
    case begin(Int)
    /// Somebody looks whether the models' disk could be written, and tells.
    case lookAtDisk
    /// Nothing is to be done until then, as long as nothing happens. Always the last.
    case sleep(until: Double)
  }

  /// A job and how it fares.
  public struct Standing: Sendable, Equatable {
    /// When it begins; nil when something else has to happen first.
    public internal(set) var due: Double?
    /// Since when it is at work; nil when it is not.
    public internal(set) var since: Double?
    /// Whether it was told to stop.
    var isStopping = false
    /// Ends in a row that were none.
    var failures = 0
    /// Of these, those for the same reason.
    var alike = 0
    /// Why it did not come to its end the last time.
    public internal(set) var reason: String?
    /// Until when it is left alone.
    public internal(set) var quarantinedUntil: Double?
  }
}
