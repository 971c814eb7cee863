import CKernels
import Glibc
import Synchronization

/// A few threads that run one job together and wait for each other.
///
/// Between jobs they spin for some microseconds, since the next job of a token comes at once, then sleep. The caller
/// works as thread 0; a pool of one thread costs nothing.
final class WorkerPool {
  /// Threads, the caller included.
  let count: Int
  private let shared = SharedState()
  private var threads: [pthread_t] = []

  /// Starts `count − 1` threads; fewer when the system gives no more.
  init(count: Int) {
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
    shared.stopping.store(true, ordering: .releasing)
    shared.wake()
    for thread in threads { pthread_join(thread, nil) }
  }

  /// Runs `body` once on each thread, with the thread's index, and returns when all have finished.
  func run(_ body: (Int) -> Void) {
    guard count > 1 else { return body(0) }
    withoutActuallyEscaping(body) { body in
      shared.job = body
      shared.unfinished.store(count - 1, ordering: .relaxed)
      shared.wake()
      body(0)
      var spins = 0
      while shared.unfinished.load(ordering: .acquiring) > 0 {
        spins += 1
        // On a busy machine the others may not be running at all: let them.
        if spins < 4000 { hw_relax() } else { sched_yield() }
      }
      shared.job = nil
    }
  }

  /// Runs `body` for pieces of `0 ..< total`, handed out as threads become free.
  ///
  /// - Parameters:
  ///   - piece: items of one piece.
  ///   - body: gets the items and the index of the thread.
  func forEach(_ total: Int, piece: Int, _ body: (Range<Int>, Int) -> Void) {
    guard count > 1, total > piece else {
      if total > 0 { body(0..<total, 0) }
      return
    }
    let next = Atomic(0)
    run { thread in
      while true {
        let start = next.wrappingAdd(piece, ordering: .relaxed).oldValue
        guard start < total else { return }
        body(start..<min(start + piece, total), thread)
      }
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
/// `@unchecked Sendable` is safe: `job` is written only by the caller while no worker runs, published by the
/// release of `generation` and taken back after `unfinished` has reached 0; all else is atomic or a lock.
private final class SharedState: @unchecked Sendable {
  var job: ((Int) -> Void)?
  let generation = Atomic(0)
  let unfinished = Atomic(0)
  let stopping = Atomic(false)
  private let sleeping = Atomic(0)
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init() {
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

  /// Starts the next round, and wakes those who sleep.
  func wake() {
    generation.wrappingAdd(1, ordering: .sequentiallyConsistent)
    guard sleeping.load(ordering: .sequentiallyConsistent) > 0 else { return }
    pthread_mutex_lock(mutex)
    pthread_cond_broadcast(condition)
    pthread_mutex_unlock(mutex)
  }

  /// A worker's life.
  func work(index: Int) {
    var seen = 0
    while true {
      waitForRound(after: seen)
      seen += 1
      if stopping.load(ordering: .acquiring) { return }
      job?(index)
      unfinished.wrappingSubtract(1, ordering: .acquiringAndReleasing)
    }
  }

  private func waitForRound(after seen: Int) {
    for _ in 0..<4000 {
      if generation.load(ordering: .acquiring) != seen { return }
      hw_relax()
    }
    pthread_mutex_lock(mutex)
    sleeping.wrappingAdd(1, ordering: .sequentiallyConsistent)
    while generation.load(ordering: .sequentiallyConsistent) == seen { pthread_cond_wait(condition, mutex) }
    sleeping.wrappingSubtract(1, ordering: .sequentiallyConsistent)
    pthread_mutex_unlock(mutex)
  }
}
