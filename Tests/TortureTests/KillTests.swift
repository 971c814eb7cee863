import Downloads
import Foundation
import TestSupport
import Testing

/// The points at which the program ends itself when `HUBWATCH_CRASH_AT` names them.
private let crashPoints = CrashPoint.allCases.map(\.rawValue)

extension Torture {
  /// SIGKILL at random moments, and a sudden end at named ones.
  @Suite("Killed")
  struct Kills {
    private static let content = TortureHub.Content(count: 3, bytes: 4_000_000, seed: 11)

    /// A hub at a pace at which a run takes long enough to be hit anywhere, and what a run takes in all, and when
    /// there is nothing to fetch.
    private func hub() async throws -> (TortureHub, whole: Duration, idle: Duration) {
      var rate = 24_000_000
      var hub = try await TortureHub.start(Self.content, bytesPerSecond: rate)
      while true {
        var life = try await Life(hub, "undisturbed")
        let start = ContinuousClock.now
        try await life.expectInvariants(try await life.home.pull(), as: .success, "once")
        let middle = ContinuousClock.now
        try await life.expectInvariants(try await life.home.pull(), as: .success, "twice")
        let (whole, idle) = (middle - start, ContinuousClock.now - middle)
        // Several connections at once are as much faster.
        if whole > .milliseconds(500) || rate < 1_000_000 { return (hub, whole, idle) }
        rate /= 2
        hub = try await hub.restarted(bytesPerSecond: rate)
      }
    }

    @Test("P1 killed at random moments") func atRandomMoments() async throws {
      var generator = Torture.generator(1)
      let (hub, whole, idle) = try await hub()
      var (rounds, homes, phases, lost, worst) = (0, 0, Tally(), Int64(0), Int64(0))
      while rounds < Torture.rounds {
        homes += 1
        var life = try await Life(hub, "HUBWATCH_SEED=\(Torture.seed), home \(homes)")
        var isComplete = false
        while rounds < Torture.rounds, !isComplete {
          // Half of the moments lie where this start is expected to be busy, so that the last steps are hit as well.
          let missing = 1 - Double(life.home.arrived) / Double(hub.shards.size)
          let length = Bool.random(using: &generator) ? whole : idle + (whole - idle) * missing
          let moment = length * Double.random(in: 0..<1.05, using: &generator)
          let start = ContinuousClock.now
          let outcome = try await life.home.pull { .now - start >= moment }
          isComplete = outcome.status != nil
          let when = "kill \(rounds + 1) at \(Int(moment / .milliseconds(1))) ms"
          try await life.expectInvariants(outcome, when)
          guard !isComplete else { break }
          rounds += 1
          phases.add(try life.phase().rawValue)
        }
        try await life.expectTheEnd()
        lost += life.lost
        worst = max(worst, life.lost)
      }
      await hub.server.stop()
      print(
        "torture: \(rounds) kills in \(homes) homes, a run takes \(Int(whole / .milliseconds(1))) ms; by phase: "
          + "\(phases); bytes in vain \(lost), at most \(worst) in a home")
      #expect(phases["transfer"] > 0, "no kill hit the transfer: \(phases)")
    }

    @Test("P1 killed between two steps") func atNamedPoints() async throws {
      let (hub, _, _) = try await hub()
      var (deaths, unmet, lost) = (Tally(), Tally(), Int64(0))
      for point in crashPoints {
        for number in 1...3 {
          var life = try await Life(hub, "HUBWATCH_CRASH_AT=\(point):\(number)")
          let outcome = try await life.home.pull(["HUBWATCH_CRASH_AT": "\(point):\(number)"])
          let isDead = outcome.status == 137
          try await life.expectInvariants(outcome, as: isDead ? .death : nil, "the start that dies")
          if isDead { deaths.add(try life.phase().rawValue) } else { unmet.add(point) }
          try await life.expectTheEnd()
          lost += life.lost
        }
        #expect(unmet[point] < 3, "\(point) was never reached")
      }
      await hub.server.stop()
      print(
        "torture: \(crashPoints.count) crash points three times; by phase: \(deaths); not so often reached: \(unmet); "
          + "bytes in vain \(lost)")
    }
  }
}
