import Glibc
import Synchronization
import Testing

@testable import Inference

@Suite("Threads and choices")
struct RunningTests {
  @Test(arguments: [1, 2, 5])
  func everyPieceIsDoneOnce(_ threads: Int) {
    let pool = WorkerPool(count: threads)
    for total in [0, 1, 3, 64, 1000] {
      for round in 1...50 {
        var counts = [Int](repeating: 0, count: total)
        counts.withUnsafeMutableBufferPointer { counts in
          pool.forEach(total, piece: round % 7 + 1) { items, thread in
            #expect((0..<threads).contains(thread))
            for item in items { counts[item] += 1 }
          }
        }
        #expect(counts == [Int](repeating: 1, count: total))
      }
    }
  }

  @Test(arguments: [1, 2, 3])
  func cancelledWorkIsLeftAfterThePiecesUnderWay(_ threads: Int) async {
    let work = Task {
      let own = Atomic(0)
      let begun = Atomic(false)
      WorkerPool(count: threads).forEach(10_000, piece: 1) { _, thread in
        guard thread == 0 else {
          // Others leave a piece to the caller, however busy the machine is.
          while !begun.load(ordering: .acquiring) { sched_yield() }
          return
        }
        own.wrappingAdd(1, ordering: .relaxed)
        withUnsafeCurrentTask { $0?.cancel() }
        begun.store(true, ordering: .releasing)
      }
      return own.load(ordering: .relaxed)
    }
    #expect(await work.value == 1)
  }

  @Test func poolsStopWithoutHavingWorked() {
    for _ in 0..<50 { _ = WorkerPool(count: 3) }
  }

  @Test func theBestLogits() {
    let logits: [Float] = [1, 5, -2, 5, 3]
    #expect(Logits.greedy(logits) == 1)
    #expect(Logits.top(logits, count: 3).map(\.id) == [1, 3, 4])
    #expect(Logits.top(logits, count: 9).map(\.id) == [1, 3, 4, 0, 2])
    #expect(Logits.top([-1, -2, -3], count: 2).map(\.id) == [0, 1])
    let loss = logits.withUnsafeBufferPointer { Logits.loss($0, target: 4) }
    #expect(abs(loss - 2.7673) < 1e-3)
  }
}
