import Domain
import Foundation
import HubServer
import TestSupport
import Testing

/// Kills the program with SIGKILL and starts it again: whatever the moment, the end is that of an undisturbed
/// run, and no byte that had arrived is fetched twice.
@Suite("Killed at any moment", .serialized)
struct KillTests {
  /// Slow enough for reads of headers and the download to take a good part of a run.
  private static let bytesPerSecond = 5_000_000

  @Test("P1 killed at any instruction", arguments: [["pull", Town.model], ["run"]])
  func theEndIsTheSame(arguments: [String]) async throws {
    try await Town.with(bytesPerSecond: Self.bytesPerSecond) { town in
      var (reference, duration) = try await undisturbed(town, arguments)
      var steps: [Victim.Step: Int] = [:]
      var story: [String] = []
      func kill(_ name: String, _ isTime: @escaping (Victim) -> Bool) async throws {
        let victim = try Victim(town, arguments)
        let step = try await killOnce(victim) { isTime(victim) }
        steps[step, default: 0] += 1
        story.append("\(name) hit \(step)")
        try await expectSameEnd(victim, as: reference, "\(name), which hit \(step)")
      }
      for tenth in 0..<10 {
        // A random moment of each tenth, so that they are spread and still differ from run to run.
        let moment = duration * Double.random(in: Double(tenth) / 10..<Double(tenth + 1) / 10)
        let start = ContinuousClock.now
        var last = start
        try await kill("\(Int(moment / .milliseconds(1))) ms") { _ in
          last = .now
          return last - start >= moment
        }
        // A run that ended by itself was faster than the measured one, which others on the machine held up.
        if last - start < moment { duration = min(duration, last - start) }
      }
      // Moments that are too short for a random kill to meet often.
      try await kill("when the database is made") { $0.hasCatalog }
      try await kill("when half of the bytes are there") { $0.arrived > town.size / 2 }
      try await kill("when all bytes are there") { $0.arrived == town.size }
      try await kill("when the blob has its name") { $0.hasBlob }
      try await kill("when the link is made") { $0.hasLink }
      try await kill("when the ref is written") { $0.hasRef }
      var named: ContinuousClock.Instant?
      try await kill("a twentieth of a run after the ref") { victim in
        if victim.hasRef, named == nil { named = .now }
        return named.map { .now - $0 >= duration / 20 } ?? false
      }
      let counts = Victim.Step.allCases.map { "\($0) \(steps[$0] ?? 0)" }.joined(separator: ", ")
      print(
        "hubwatch \(arguments[0]), \(Int(duration / .milliseconds(1))) ms undisturbed; kills: \(counts)"
      )
      print("  \(story.joined(separator: "; "))")
      #expect(steps[.download, default: 0] > 0, "no kill hit the download")
    }
  }

  @Test func killedAgainAndAgain() async throws {
    try await Town.with(bytesPerSecond: Self.bytesPerSecond) { town in
      let (reference, duration) = try await undisturbed(town, ["run"])
      let victim = try Victim(town, ["run"])
      var steps: [String] = []
      for _ in 0..<8 {
        let moment = duration * Double.random(in: 0.1..<0.6)
        let start = ContinuousClock.now
        steps.append("\(try await killOnce(victim) { .now - start >= moment })")
      }
      print("hubwatch run, killed eight times in one home: \(steps.joined(separator: ", "))")
      try await expectSameEnd(victim, as: reference, steps.joined(separator: ", "))
    }
  }

  /// What undisturbed runs leave, and how long the faster of two takes.
  private func undisturbed(_ town: Town, _ arguments: [String]) async throws -> (FinalState, Duration) {
    let (first, second) = (try await calm(town, arguments), try await calm(town, arguments))
    #expect(first.state == second.state, "\(first.state.difference(from: second.state))")
    return (first.state, min(first.duration, second.duration))
  }

  /// One undisturbed run in a fresh home; a second run there changes nothing.
  private func calm(
    _ town: Town, _ arguments: [String]
  ) async throws -> (state: FinalState, duration: Duration) {
    await town.server.clearRequests()
    let calm = try Victim(town, arguments)
    let start = ContinuousClock.now
    let outcome = try await calm.finish()
    let duration = ContinuousClock.now - start
    try #require(outcome.status == 0, "\(outcome.error)")
    let state = try FinalState(calm.home)
    #expect(await town.downloads.map(\.range) == [nil])
    #expect(
      state.lines.contains { $0.hasPrefix("copy ") } && !state.lines.contains { $0.hasPrefix("partial") })
    #expect(arguments[0] != "run" || state.lines.contains { $0.hasPrefix("smoke ") })
    await town.server.clearRequests()
    #expect(try await calm.finish().status == 0)
    let again = try FinalState(calm.home)
    #expect(again == state, "\(again.difference(from: state))")
    #expect(await town.downloads.isEmpty)
    return (state, duration)
  }

  /// Starts and kills the program, and expects that it fetched only what was missing.
  private func killOnce(_ victim: Victim, when isTime: () -> Bool) async throws -> Victim.Step {
    let before = victim.arrived
    await victim.town.server.clearRequests()
    let outcome = try await victim.start(killedWhen: isTime)
    #expect(outcome.status == nil || outcome.status == 0, "it ended by itself: \(outcome.error)")
    try await expectNothingTwice(victim, before: before)
    return try victim.step()
  }

  private func expectSameEnd(_ victim: Victim, as reference: FinalState, _ name: String) async throws {
    let before = victim.arrived
    await victim.town.server.clearRequests()
    let outcome = try await victim.finish()
    #expect(outcome.status == 0, "after a kill at \(name): \(outcome.error)")
    try await expectNothingTwice(victim, before: before)
    let served = await victim.town.downloads.reduce(0) { $0 + $1.bodyBytes }
    #expect(served == victim.town.size - before, "after a kill at \(name)")
    let state = try FinalState(victim.home)
    #expect(state == reference, "after a kill at \(name):\n\(state.difference(from: reference))")
  }

  /// Expects at most one download since the last start, and that it began behind what had arrived `before`
  /// it.
  private func expectNothingTwice(_ victim: Victim, before: Int64) async throws {
    let downloads = await victim.town.downloads
    guard before < victim.town.size else {
      #expect(downloads.isEmpty, "a finished download was fetched again")
      return
    }
    let wanted = before == 0 ? nil : "bytes=\(before)-\(victim.town.size - 1)"
    #expect(downloads.count <= 1 && downloads.allSatisfy { $0.range == wanted })
  }
}
