import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Inference

@Suite("Cancelled work")
struct CancellationTests {
  @Test func oneThreadBeginsNoPieceAfterwards() async {
    let done = await Task.detached {
      let pool = WorkerPool(count: 1)
      var done = 0
      pool.forEach(1000, piece: 1) { items, _ in
        done += items.count
        if done == 3 { withUnsafeCurrentTask { $0?.cancel() } }
      }
      // Whatever comes after is left, too, but for single pieces.
      pool.forEach(1000, piece: 10) { items, _ in done += items.count }
      return done
    }.value
    #expect(done == 3)
  }

  @Test(arguments: [2, 4])
  func severalThreadsLeaveTheRest(_ threads: Int) async {
    let total = 100_000_000
    let done = await Task.detached {
      let pool = WorkerPool(count: threads)
      let done = Atomic(0)
      pool.forEach(total, piece: 1) { items, thread in
        done.wrappingAdd(items.count, ordering: .relaxed)
        // The caller's thread is the one that belongs to the task.
        if thread == 0 { withUnsafeCurrentTask { $0?.cancel() } }
      }
      return done.load(ordering: .relaxed)
    }.value
    #expect((1..<total).contains(done))
  }

  /// A model of so many layers that a batch takes far longer than any machine stands still; its weights are a hole in the
  /// file, of which only the layers that are computed are read.
  @Test(arguments: [1, 2])
  func aLongBatchIsLeft(_ threads: Int) async throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/deep.gguf"
    var deep = TinyLlama()
    deep.layers = 1000
    deep.isHollow = true
    try deep.writer().write(to: path)
    let model = try LanguageModel(file: path, options: .init(threads: threads, contextLength: 512, batch: 512))
    let begun = DispatchSemaphore(value: 0)
    let task = Task.detached {
      let session = try model.session()
      begun.signal()
      // Far longer than a thread can be kept waiting.
      for _ in 0..<1000 {
        session.reset()
        _ = try session.prefill([Int32](repeating: 5, count: 512))
      }
    }
    // A thread of its own: the tests that run beside this one may keep all threads of tasks.
    Thread.detachNewThread {
      begun.wait()
      // Nothing depends on how long this is: the cancellation comes before a batch or, nearly always, in one.
      usleep(50_000)
      task.cancel()
    }
    await #expect { try await task.value } throws: { ($0 as? InferenceError)?.kind == .cancelled }
  }

  @Test func theModelServesTheNext() async throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/m.gguf"
    try TinyLlama().writer().write(to: path)
    let model = try LanguageModel(file: path, options: .init(threads: 2, contextLength: 64))
    let before = try await Task.detached {
      let session = try model.session()
      let before = try session.prefill([1, 2, 3])
      session.reset()
      withUnsafeCurrentTask { $0?.cancel() }
      #expect { try session.prefill([1, 2, 3]) } throws: { ($0 as? InferenceError)?.kind == .cancelled }
      #expect(session.position == 0)
      return before
    }.value
    #expect(try model.session().prefill([1, 2, 3]) == before)
  }
}
