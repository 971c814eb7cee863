import Dispatch
import Foundation
import Glibc
import Synchronization

/// How fast the processors read memory: the bound of generation, which reads all weights for every token.
enum Bandwidth {
  /// Bytes a second at which so many threads read 1 GiB together, in the best of some rounds.
  static func measure(threads: Int, bytes: Int = 1 << 30, rounds: Int = 8) throws -> Double {
    guard let raw = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), raw != MAP_FAILED
    else { throw POSIXError(.ENOMEM) }
    defer { munmap(raw, bytes) }
    // Fewer entries in the tables that translate addresses; where there are no large pages, small ones do.
    madvise(raw, bytes, MADV_HUGEPAGE)
    memset(raw, 1, bytes)
    let memory = Memory(start: raw, count: bytes)
    let sum = Atomic<UInt64>(0)
    var best = Double.infinity
    for _ in 0..<rounds {
      let start = ContinuousClock.now
      DispatchQueue.concurrentPerform(iterations: threads) { thread in
        sum.wrappingAdd(memory.sum(part: thread, of: threads), ordering: .relaxed)
      }
      best = min(best, (ContinuousClock.now - start) / .seconds(1))
    }
    // What was read is used, so that nothing can be left out.
    precondition(sum.load(ordering: .relaxed) != 0)
    return Double(bytes) / best
  }

  /// `@unchecked Sendable` is safe: the memory is only read, and outlives its readers.
  private struct Memory: @unchecked Sendable {
    let start: UnsafeMutableRawPointer
    let count: Int

    /// Adds up one part's words, in independent sums of wide loads.
    func sum(part: Int, of parts: Int) -> UInt64 {
      typealias Wide = SIMD8<UInt64>
      let words = start.bindMemory(to: Wide.self, capacity: count / 64)
      let each = count / 64 / parts / 8 * 8
      var (a, b, c, d) = (Wide(), Wide(), Wide(), Wide())
      var index = part * each
      let end = index + each
      while index < end {
        a &+= words[index]
        b &+= words[index + 1]
        c &+= words[index + 2]
        d &+= words[index + 3]
        index += 4
      }
      return (a &+ b &+ c &+ d).wrappedSum()
    }
  }
}
