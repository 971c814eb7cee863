import Catalog
import Domain
import Foundation
import Watch

/// Copies that a person has to look after.
struct CopiesCheck: Check {
  let name = "copies"

  private static let states: [(state: CopyState, word: String, consequence: String)] = [
    (.quarantined, "quarantined", "It is not tried again by itself."),
    (.blocked, "blocked", "It is tried again a day later, or when you ask for it."),
    (.lost, "lost", "Its files are not there, and are not fetched again by themselves."),
  ]

  func look(at setup: Setup) -> [Finding] {
    Self.states.compactMap { state, word, consequence in
      guard let copies = setup.ask({ try $0.copies(in: [state]) }), let first = copies.first else { return nil }
      let names = "\(first.repo) \(first.quantization)"
      let more = copies.count == 1 ? "" : " and \(copies.count - 1) more"
      let reason = first.reason.map { ": \($0)" } ?? ""
      return .trouble(
        "\(word): \(names)\(more)\(reason)", consequence, mend: "hubwatch pull \(Shell.word("\(first.repo)"))")
    }
  }
}

/// Memory was foreseen badly.
struct EstimatesCheck: Check {
  let name = "estimates"

  /// Fewer tests say nothing.
  private static let fewest = 3
  /// What the margin of `fit` no longer covers.
  private static let limit = 0.15

  func look(at setup: Setup) -> [Finding] {
    guard let accuracy = setup.ask({ try $0.estimateAccuracy() }), accuracy.loads >= Self.fewest,
      accuracy.meanError > Self.limit
    else { return [] }
    let percent = ByteCount.decimal(accuracy.meanError * 100, places: 1)
    return [
      .hint(
        "estimates of memory were off by \(percent) % in the mean of \(accuracy.loads) tests",
        "What is called fitting may not fit; --breakdown shows of what an estimate is made.",
        mend: "hubwatch fit --breakdown")
    ]
  }
}

/// No cycle has come to its end for long.
struct CycleCheck: Check {
  let name = "cycle"

  private static let patience: TimeInterval = 3 * 86_400

  func look(at setup: Setup) -> [Finding] {
    guard let cycle = setup.ask({ try $0.lastCycle() }), StateLock.holder(folder: setup.places.state) == nil else {
      return []
    }
    let now = setup.surroundings.now
    if cycle.endedAt == nil, cycle.startedAt <= now {
      return [
        .hint(
          "the last cycle, begun on \(cycle.startedAt.formatted(.iso8601)), was cut off",
          "The next one goes on where it was.", mend: "hubwatch run")
      ]
    }
    guard let end = cycle.endedAt, now.timeIntervalSince(end) > Self.patience else { return [] }
    return [
      .hint(
        "the last cycle ended on \(end.formatted(.iso8601))", "What is new since then has not been seen.",
        mend: "hubwatch run")
    ]
  }
}
