import CJobs
import Dispatch
import Foundation
import Synchronization

/// The threads on which tasks and actors run, in place of Dispatch's own.
///
/// Dispatch looks after the threads of its pool once a second, for as long as the process lives, so that it can add some
/// while others are blocked (`CJobs.c`). A daemon that rests for hours shall not wake up for that: here there are some more
/// threads than cores from the outset, which sleep until there is something to do, and end when there is nothing for long.
public final class JobPool: Sendable {
  /// A job of the runtime, as its address.
  private typealias JobAddress = UInt

  private struct State {
    /// Jobs that may run, the longest waiting first.
    var ready: [JobAddress] = []
    /// How many of them are taken already.
    var taken = 0
    /// Jobs that have to wait, the last first, each with its moment in boot seconds.
    var late: [(moment: Double, job: JobAddress)] = []
    var threads = 0
    /// Those that have no job, or are about to begin.
    var resting = 0
  }

  private static let shared = JobPool()
  private let state = Mutex(State())
  private let arrivals = DispatchSemaphore(value: 0)
  /// Made when something is to be done later for the first time.
  private static let alarm = Alarm()
  /// Seconds without a job after which a thread ends, and gives its stack back.
  private static let patience = 5.0
  /// Work that blocks has threads of its own; more than cores let a job through while others wait for a lock.
  private let mostThreads = max(8, ProcessInfo.processInfo.activeProcessorCount)

  /// From now on all jobs run here. Only before the first task begins.
  public static func install() {
    hubwatch_take_jobs(
      { JobPool.shared.run(UInt(bitPattern: $0)) },
      { JobPool.shared.run(UInt(bitPattern: $0), after: $1) })
  }

  private func run(_ job: JobAddress) {
    let needsThread = state.withLock { state in
      state.ready.append(job)
      let waiting = state.ready.count - state.taken
      guard waiting > state.resting, state.threads < mostThreads else { return false }
      state.threads += 1
      state.resting += 1
      return true
    }
    arrivals.signal()
    guard needsThread else { return }
    let thread = Thread { [self] in live() }
    thread.name = "jobs"
    thread.start()
  }

  private func live() {
    while true {
      if arrivals.wait(timeout: .now() + Self.patience) == .timedOut {
        let mayGo = state.withLock { state in
          // Those that rest on have to be as many as the jobs that have just come.
          guard state.ready.count - state.taken < state.resting else { return false }
          state.resting -= 1
          state.threads -= 1
          return true
        }
        if mayGo { return }
        continue
      }
      let job = state.withLock { state in
        state.resting -= 1
        let job = state.ready[state.taken]
        state.taken += 1
        // What was taken is removed when it is half of them, so that each job is moved once or twice at most.
        if state.taken * 2 >= state.ready.count {
          state.ready.removeFirst(state.taken)
          state.taken = 0
        }
        return job
      }
      hubwatch_run_job(UnsafeMutableRawPointer(bitPattern: job))
      state.withLock { $0.resting += 1 }
    }
  }

  // MARK: Later

  private func run(_ job: JobAddress, after nanoseconds: UInt64) {
    guard nanoseconds > 0 else { return run(job) }
    let moment = Uptime.boot() + Double(nanoseconds) / 1e9
    state.withLock { state in
      let place = state.late.firstIndex { $0.moment <= moment } ?? state.late.endIndex
      state.late.insert((moment, job), at: place)
      if place == state.late.endIndex - 1 { wake(at: moment) }
    }
  }

  private func wake(at moment: Double) { Self.alarm.set(moment) { [self] in ring() } }

  private func ring() {
    let now = Uptime.boot()
    let due = state.withLock { state in
      var due: [JobAddress] = []
      while let last = state.late.last, last.moment <= now {
        due.append(last.job)
        state.late.removeLast()
      }
      if let next = state.late.last { wake(at: next.moment) }
      return due
    }
    for job in due { run(job) }
  }
}
