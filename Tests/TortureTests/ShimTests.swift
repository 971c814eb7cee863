import Foundation
import TestSupport
import Testing

extension Torture {
  /// A disk that is full, or broken, at every single call: the program says so, leaves nothing wrong, and heals.
  @Suite("Failing system calls", .enabled(if: Shim.compiler != nil, "needs a C compiler"))
  struct FailingCalls {
    private static let content = TortureHub.Content(count: 2, bytes: 1_500_000, seed: 23)
    /// What the manual promises.
    private static let codes: Set<Int32> = [0, 1, 69, 75, 78]

    /// One function, and the errors that it meets.
    private struct Series {
      let call: String
      let errors: [String]
      /// Only below this folder: there the catalog can always be written, and has to tell of the failure.
      var path: String?
    }

    private static let series = [
      Series(call: "pwrite", errors: ["ENOSPC", "EIO"]),
      Series(call: "write", errors: ["ENOSPC", "EIO"]),
      Series(call: "fdatasync", errors: ["ENOSPC", "EIO"]),
      Series(call: "fsync", errors: ["ENOSPC", "EIO"]),
      Series(call: "rename", errors: ["ENOSPC", "EIO"]),
      Series(call: "fallocate", errors: ["ENOSPC", "EIO", "EOPNOTSUPP"]),
      Series(call: "ftruncate", errors: ["EIO"]),
      Series(call: "symlink", errors: ["ENOSPC", "EIO"]),
      Series(call: "mkdir", errors: ["ENOSPC", "EROFS"]),
      Series(call: "open", errors: ["ENOSPC", "EROFS"], path: "/cache/"),
      Series(call: "pwrite", errors: ["ENOSPC", "EDQUOT", "EIO"], path: "/cache/"),
      Series(call: "fdatasync", errors: ["EIO"], path: "/cache/"),
      Series(call: "fsync", errors: ["EIO"], path: "/cache/"),
      Series(call: "rename", errors: ["EIO"], path: "/cache/"),
    ]

    @Test func atEveryPlace() async throws {
      let shim = try await Shim()
      let hub = try await TortureHub.start(Self.content, bytesPerSecond: nil)
      let failures = try await failures(shim, hub)
      var (tally, codes) = (Tally(), Tally())
      for failure in failures {
        let code = try await expectHealing(failure, shim, hub)
        tally.add(failure.calls)
        codes.add("\(code.map { "code \($0)" } ?? "a signal")")
      }
      await hub.server.stop()
      print("torture: \(failures.count) shim positions: \(tally); ended with \(codes)")
      #expect(codes["code 0"] < failures.count, "nothing ever failed")
    }

    /// All places, or, in a short run, as many as there are rounds and some more, spread evenly over each series.
    private func failures(_ shim: Shim, _ hub: TortureHub) async throws -> [Shim.Failure] {
      var places: [[Shim.Failure]] = []
      for path in [nil, "/cache/"] as [String?] {
        let home = try TortureHome(hub)
        let counts = try await shim.count(path: path) { environment in
          let outcome = try await home.pull(environment)
          try #require(outcome.status == 0, "\(outcome.error)")
        }
        print("torture: calls of an undisturbed run \(path ?? "anywhere"): \(counts.filter { $0.value > 0 })")
        for series in Self.series where series.path == path {
          let count = counts[series.call] ?? 0
          for error in series.errors where count > 0 {
            places.append(
              (1...count).map {
                Shim.Failure(calls: series.call, error: error, nth: $0, isOnce: $0 % 2 == 0, path: path)
              })
          }
        }
      }
      for call in ["pwrite", "fsync", "rename"] {
        try #require(places.contains { $0[0].calls == call }, "an undisturbed run never calls \(call)")
      }
      guard Torture.rounds < 1000 else {
        return places.joined().flatMap { failure in
          [false, true].map {
            Shim.Failure(calls: failure.calls, error: failure.error, nth: failure.nth, isOnce: $0, path: failure.path)
          }
        }
      }
      var generator = Torture.generator(3)
      let each = max(2, Torture.rounds / 2)
      return places.flatMap { all in
        guard all.count > each else { return all }
        let step = Double(all.count) / Double(each)
        let start = Double.random(in: 0..<step, using: &generator)
        return (0..<each).map { all[Int(start + Double($0) * step)] }
      }
    }

    /// Runs the program with one failure and then without; how the first run ended.
    private func expectHealing(_ failure: Shim.Failure, _ shim: Shim, _ hub: TortureHub) async throws -> Int32? {
      let home = try TortureHome(hub)
      let surroundings = home.surroundings()
      await hub.server.clearRequests()
      let outcome = try await home.pull(shim.environment(failure))
      let code = outcome.status
      #expect(code.map(Self.codes.contains) == true, "\(failure): \(code ?? -1) \(outcome.error)")
      #expect(code == 0 || outcome.error.contains("hubwatch: "), "\(failure): no reason: \(outcome.error)")
      #expect(failure.error != "EOPNOTSUPP" || code == 0, "\(failure): \(outcome.error)")
      // Where the catalog cannot be written, it cannot tell either.
      let moment: Invariants.Moment = code == 0 ? .success : failure.path == nil ? .death : .failure
      let broken = await Invariants.check(
        home, hub, after: moment, said: outcome.output + outcome.error, surroundings: surroundings)
      #expect(broken.isEmpty, "\(failure), code \(code ?? -1): \(broken.joined(separator: "\n"))")
      let healed = try await home.pull()
      #expect(healed.status == 0, "healing \(failure): \(healed.error)")
      let still = await Invariants.check(
        home, hub, after: .success, said: healed.output + healed.error, surroundings: surroundings)
      #expect(still.isEmpty, "healing \(failure): \(still.joined(separator: "\n"))")
      return code
    }
  }
}
