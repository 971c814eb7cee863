import CKernels
import Glibc
import Synchronization

/// A few threads that share out the pieces of one job after the other.
///
/// Each thread has a share of pieces that lie side by side, so that what it reads comes in order; one that is done with
/// its own takes from the end of another's. The caller works too, and a round ends when all pieces are done, not when all threads have come: on a busy machine,
/// where another thread may not be running at all, the caller simply does more of the work. Between rounds threads
/// spin for some microseconds, since the next round of a token comes at once, then sleep.
final class WorkerPool {
  /// Threads, the caller included.
  let count: Int
  private let shared: SharedState
  private var threads: [pthread_t] = []

  /// Starts `count − 1` threads; fewer when the system gives no more.
  init(count: Int) {
    shared = SharedState(threads: max(1, count))
    for index in 1..<max(1, count) {
      let start = Unmanaged.passRetained(ThreadStart(shared: shared, index: index))
      var thread = pthread_t()
      let result = pthread_create(
        &thread, nil,
        { argument in
          guard let argument else { return nil }
          let start = Unmanaged<ThreadStart>.fromOpaque(argument).takeRetainedValue()
          start.shared.work(index: start.index)
          return nil
        }, start.toOpaque())
      guard result == 0 else {
        start.release()
        break
      }
      threads.append(thread)
    }
    self.count = threads.count + 1
  }

  deinit {
    shared.stopping.store(true, ordering: .sequentiallyConsistent)
    shared.wake()
    for thread in threads { pthread_join(thread, nil) }
  }

  /// Runs `body` for pieces of `0 ..< total`, handed out as threads become free, and returns when all are done, or,
  /// once the caller's task is cancelled, when those are done that were begun.
  ///
  /// - Parameters:
  ///   - piece: items of one piece.
  ///   - body: gets the items and the index of the thread, the same index never twice at a time.
  func forEach(_ total: Int, piece: Int, _ body: (Range<Int>, Int) -> Void) {
    guard total > piece else {
      if total > 0 { body(0..<total, 0) }
      return
    }
    let pieces = (total + piece - 1) / piece
    guard count > 1 else {
      for index in 0..<pieces where !Task.isCancelled {
        body(index * piece..<min((index + 1) * piece, total), 0)
      }
      return
    }
    withoutActuallyEscaping(body) { body in
      shared.begin(pieces: pieces) { index, thread in
        body(index * piece..<min((index + 1) * piece, total), thread)
      }
      while shared.workOnePiece(thread: 0) {
        if Task.isCancelled { shared.abandon() }
      }
      shared.finish()
    }
  }
}

private final class ThreadStart {
  let shared: SharedState
  let index: Int

  init(shared: SharedState, index: Int) {
    self.shared = shared
    self.index = index
  }
}

/// What the threads of a pool share.
///
/// `@unchecked Sendable` is safe: `job` is written only between rounds, before the stores of the shares publish the
/// round, and read only by a thread that has claimed a piece of the round, which cannot end before that piece is
/// done. All else is atomic or a lock, or never changes.
private final class SharedState: @unchecked Sendable {
  let stopping = Atomic(false)
  private var job: ((Int, Int) -> Void)?
  /// The pieces of this round that nobody has claimed: each thread's share.
  private let shares: PieceShares
  /// Pieces of this round that are not done.
  private let unfinished = Atomic(0)
  /// Counts the rounds.
  private let round = Atomic(0)
  private let sleeping = Atomic(0)
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init(threads: Int) {
    shares = PieceShares(count: threads)
    mutex.initialize(to: pthread_mutex_t())
    condition.initialize(to: pthread_cond_t())
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// Publishes a round.
  func begin(pieces: Int, _ body: @escaping (Int, Int) -> Void) {
    job = body
    unfinished.store(pieces, ordering: .relaxed)
    shares.fill(pieces: pieces)
    round.wrappingAdd(1, ordering: .sequentiallyConsistent)
    wake()
  }

  /// Claims and does one piece: the next of the own share, or the last of another's; false when none is left.
  func workOnePiece(thread: Int) -> Bool {
    // A claim succeeds only while a piece is open, hence only inside a round whose job is in place.
    guard let piece = shares.claim(for: thread) else { return false }
    perform(piece, thread)
    unfinished.wrappingSubtract(1, ordering: .acquiringAndReleasing)
    return true
  }

  /// Takes all pieces that nobody has claimed, and does none of them.
  func abandon() {
    let left = shares.clear()
    if left > 0 { unfinished.wrappingSubtract(left, ordering: .acquiringAndReleasing) }
  }

  /// Runs the job on one piece. Never inlined, so that no reference to the job outlives the piece.
  @inline(never)
  private func perform(_ piece: Int, _ thread: Int) { job?(piece, thread) }

  /// Waits for the pieces that other threads have claimed.
  func finish() {
    var spins = 0
    while unfinished.load(ordering: .acquiring) > 0 {
      spins += 1
      // The thread with the last piece may not be running: let it.
      if spins < Self.spins { hw_relax() } else { sched_yield() }
    }
    job = nil
  }

  /// Wakes those who sleep.
  func wake() {
    guard sleeping.load(ordering: .sequentiallyConsistent) > 0 else { return }
    pthread_mutex_lock(mutex)
    pthread_cond_broadcast(condition)
    pthread_mutex_unlock(mutex)
  }

  /// A worker's life.
  func work(index: Int) {
    while !stopping.load(ordering: .acquiring) {
      // Read before the shares: a round that begins afterwards changes it.
      let seen = round.load(ordering: .sequentiallyConsistent)
      while workOnePiece(thread: index) {}
      var spins = 0
      while spins < Self.spins, round.load(ordering: .acquiring) == seen, !stopping.load(ordering: .relaxed) {
        hw_relax()
        spins += 1
      }
      if spins == Self.spins { sleep(after: seen) }
    }
  }

  /// Looks without a break: some 50 to 100 microseconds.
  private static let spins = 4000

  private func sleep(after seen: Int) {
    pthread_mutex_lock(mutex)
    sleeping.wrappingAdd(1, ordering: .sequentiallyConsistent)
    while round.load(ordering: .sequentiallyConsistent) == seen, !stopping.load(ordering: .sequentiallyConsistent) {
      pthread_cond_wait(condition, mutex)
    }
    sleeping.wrappingSubtract(1, ordering: .sequentiallyConsistent)
    pthread_mutex_unlock(mutex)
  }
}
