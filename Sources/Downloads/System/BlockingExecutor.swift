import Dispatch

/// A queue of its own for an actor whose calls block: reading, hashing and syncing gigabytes must not take a thread
/// from the pool that everything else runs on.
final class BlockingExecutor: SerialExecutor {
  private let queue: DispatchQueue

  init(_ label: String) { queue = DispatchQueue(label: label) }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
  }
}
