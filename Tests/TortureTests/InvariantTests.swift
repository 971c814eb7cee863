import Foundation
import GRDB
import TestSupport
import Testing

extension Torture {
  /// The judge himself: every invariant is broken by hand once, and has to be missed.
  @Suite("Invariants that are broken on purpose")
  struct InvariantTests {
    private static let content = TortureHub.Content(count: 2, bytes: 600_000, seed: 5)

    /// A home in which all went well, changed by `change`; the numbers of what is broken afterwards.
    private func broken(
      after moment: Invariants.Moment = .success, output: String = "", traffic: [Invariants.Traffic] = [],
      _ change: (TortureHome) throws -> Void = { _ in }
    ) async throws -> Set<String> {
      let hub = try await TortureHub.start(Self.content, bytesPerSecond: nil)
      let home = try TortureHome(hub)
      let surroundings = home.surroundings()
      let outcome = try await home.pull()
      try #require(outcome.status == 0, "\(outcome.error)")
      try change(home)
      let broken = await Invariants.check(
        home, hub, after: moment, said: output, surroundings: surroundings, traffic: traffic)
      await hub.server.stop()
      return Set(broken.map { String($0.prefix(2)) })
    }

    private func blob(_ home: TortureHome) throws -> URL {
      let name = try #require(Disk.entries(below: home.blobs).first)
      return URL(fileURLWithPath: "\(home.blobs)/\(name)")
    }

    private func execute(_ home: TortureHome, _ sql: String) throws {
      try DatabaseQueue(path: home.database).write { try $0.execute(sql: sql) }
    }

    @Test func aHomeInOrderHasNone() async throws {
      #expect(try await broken().isEmpty)
      #expect(try await broken(after: .death).isEmpty)
    }

    @Test func wrongContent() async throws {
      let found = try await broken(after: .death) { home in
        var bytes = try Data(contentsOf: blob(home))
        bytes[1000] ^= 1
        try bytes.write(to: try blob(home))
      }
      #expect(found == ["I1"])
    }

    @Test func aShortFile() async throws {
      #expect(try await broken(after: .death) { try Data().write(to: blob($0)) } == ["I1"])
    }

    @Test func aFileThatIsGone() async throws {
      #expect(try await broken(after: .death) { try FileManager.default.removeItem(at: blob($0)) } == ["I1"])
    }

    @Test func aModelThatIsNamedNowhere() async throws {
      let found = try await broken { try FileManager.default.removeItem(atPath: $0.snapshots) }
      #expect(found == ["I1"])
    }

    @Test func bytesInVain() async throws {
      let (size, much) = (Int64(10_000_000), Invariants.inFlight + 1)
      #expect(try await broken(traffic: [.init(served: size, before: size, after: size)]) == ["I2"])
      #expect(try await broken(traffic: [.init(served: 0, before: size, after: 0)]) == ["I2"])
      #expect(try await broken(traffic: [.init(served: much, before: 0, after: 0)]) == ["I2"])
    }

    @Test func aFileOfNobody() async throws {
      let found = try await broken { try Data([1]).write(to: URL(fileURLWithPath: "\($0.partial)/12.part")) }
      #expect(found == ["I3"])
    }

    @Test func aDamagedDatabase() async throws {
      let found = try await broken(after: .death) { home in
        var bytes = try Data(contentsOf: URL(fileURLWithPath: home.database))
        for place in 100..<bytes.count { bytes[place] = 0xA5 }
        try bytes.write(to: URL(fileURLWithPath: home.database))
      }
      #expect(found.contains("I4"))
    }

    @Test func aFileElsewhere() async throws {
      let found = try await broken { try Data([1]).write(to: URL(fileURLWithPath: "\($0.root)/home/.hubwatch")) }
      #expect(found == ["I6"])
      #expect(try await broken { try FileManager.default.removeItem(atPath: "\($0.root)/config.toml") } == ["I6"])
    }

    @Test func aTokenThatLeaks() async throws {
      let token = TortureHub.token
      #expect(try await broken(output: "sent \(token)") == ["I7"])
      #expect(try await broken { try Data(token.utf8).write(to: URL(fileURLWithPath: "\($0.state)/log")) } == ["I7"])
    }

    @Test func aFailureWithoutAWord() async throws {
      #expect(try await broken(after: .failure) == ["I8"])
      let mute = try await broken(after: .failure) { home in
        try execute(home, "UPDATE copy SET state = 'waiting', reason = NULL")
      }
      #expect(mute == ["I8"])
      let told = try await broken(after: .failure) { home in
        try execute(home, "UPDATE copy SET state = 'waiting', reason = 'no space'")
      }
      #expect(told.isEmpty)
    }
  }
}
