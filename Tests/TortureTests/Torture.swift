import Foundation
import TestSupport
import Testing

/// The built program under kills, power losses and failing system calls, judged only by what lies on disk, what the
/// hub has sent and what the program said. One after the other: each of them measures time, and wants the machine.
@Suite("Torture", .serialized)
enum Torture {
  /// How often the program is killed; `HUBWATCH_ROUNDS` changes it, and everything else with it.
  static let rounds = number("HUBWATCH_ROUNDS").map { max(1, Int(clamping: $0)) } ?? 20

  /// From which every random choice follows; `HUBWATCH_SEED` repeats those of an earlier run.
  static let seed: UInt64 = {
    let seed = number("HUBWATCH_SEED") ?? .random(in: 1...999_999)
    print("torture: HUBWATCH_SEED=\(seed) HUBWATCH_ROUNDS=\(rounds)")
    return seed
  }()

  /// Random numbers for one part, which do not depend on the other parts.
  static func generator(_ part: UInt64) -> Noise.Generator { Noise.Generator(seed: seed &* 101 &+ part) }

  private static func number(_ name: String) -> UInt64? {
    ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
  }
}

/// Counts of things that happened, for the closing line of a part.
struct Tally: CustomStringConvertible {
  private(set) var counts: [String: Int] = [:]

  /// Counts one more.
  mutating func add(_ name: String) { counts[name, default: 0] += 1 }

  subscript(name: String) -> Int { counts[name, default: 0] }

  var description: String {
    counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
  }
}
