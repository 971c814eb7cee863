import Foundation
import Glibc
import TestSupport
import Testing

extension Torture {
  /// What the disk has not been told to keep is gone: file systems in files, shut down without a last word.
  @Suite("Power loss", .enabled(if: DiskImage.obstacle == nil, "\(DiskImage.obstacle ?? "")"))
  struct PowerLoss {
    private static let losses = max(4, Torture.rounds / 10)
    /// A run of 12 MB, and one of more than may be fetched twice.
    private static let small = TortureHub.Content(count: 3, bytes: 4_000_000, seed: 41)
    private static let large = TortureHub.Content(count: 1, bytes: 150_000_000, seed: 43)

    /// A home on a disk whose power is cut, boot after boot.
    private struct Machine {
      let hub: TortureHub
      let disk: DiskImage
      let home: TortureHome
      let name: String
      let boots: TemporaryFolder
      let surroundings: [String: String]
      private(set) var boot = 0
      private(set) var served: Int64 = 0

      init(_ hub: TortureHub, _ disk: DiskImage, _ name: String) async throws {
        self.hub = hub
        self.disk = disk
        self.name = name
        home = try TortureHome(hub, at: "\(disk.mount)/\(UUID().uuidString)")
        boots = try TemporaryFolder()
        // The folders themselves have lain on the disk for long.
        sync()
        surroundings = home.surroundings()
        await hub.server.clearRequests()
      }

      /// Starts the program in a namespace in which the kernel tells of another boot after every power loss.
      func start() throws -> RunningProgram {
        let file = "\(boots.path)/boot"
        try Data("00000000-0000-4000-8000-\(String(100_000_000_000 + boot))\n".utf8).write(
          to: URL(fileURLWithPath: file))
        let program = try #require(Program.hubwatch, "hubwatch is not built: swift build --product hubwatch")
        return try Program(path: "/usr/bin/unshare").start(
          [
            "--mount", "/bin/sh", "-c", "mount --bind \"$0\" /proc/sys/kernel/random/boot_id && exec \"$@\"", file,
            program.path, "pull", TortureHub.model,
          ], environment: home.environment)
      }

      /// Runs the program until `isTime`, and cuts the power; true when the program had said success before that.
      ///
      /// - Parameter killsFirst: whether the processes die before the disk, which may write a little more then, or
      ///   after it, so that the program sees every call fail.
      mutating func losePower(killsFirst: Bool, when isTime: () async -> Bool) async throws -> Bool {
        let program = try start()
        while program.isRunning, await !isTime() { try await Task.sleep(for: .microseconds(500)) }
        let isDone = !program.isRunning
        if killsFirst { program.signal(SIGKILL) }
        try await disk.cutPower()
        program.signal(SIGKILL)
        let outcome = await program.outcome()
        if isDone { #expect(outcome.status == 0, "\(name): it ended by itself: \(outcome.error)") }
        boot += 1
        try await disk.restorePower()
        let isSuccess = isDone && outcome.status == 0
        try await expectInvariants(outcome, isSuccess ? .success : .death, "power loss \(boot)")
        return isSuccess
      }

      /// Takes stock, and expects every invariant but that of kills within one boot.
      mutating func expectInvariants(
        _ outcome: Program.Outcome, _ moment: Invariants.Moment, _ when: String
      ) async throws {
        let broken = await Invariants.check(
          home, hub, after: moment, said: outcome.output + outcome.error, surroundings: surroundings)
        #expect(broken.isEmpty, "\(name), \(when): \(broken.joined(separator: "\n"))")
        served += await hub.served(headers: false)
        await hub.server.clearRequests()
      }

      /// Lets it end, without anybody doing anything; bytes that were sent in vain since the first start.
      mutating func heal() async throws -> Int64 {
        let outcome = try await start().outcome()
        #expect(outcome.status == 0, "\(name): \(outcome.error)")
        try await expectInvariants(outcome, .success, "the undisturbed start")
        return served - hub.shards.size
      }
    }

    /// Power losses at random moments, one after the other in one home until it is complete.
    @Test("P2 power loss at random moments", arguments: DiskImage.Kind.allCases)
    func atRandomMoments(kind: DiskImage.Kind) async throws {
      var generator = Torture.generator(kind == .ext4 ? 5 : 6)
      let hub = try await TortureHub.start(Self.small, bytesPerSecond: 16_000_000)
      let disk = try await DiskImage(kind)
      let calm = try await Machine(hub, disk, "undisturbed")
      let start = ContinuousClock.now
      try #require(try await calm.start().outcome().status == 0)
      let whole = ContinuousClock.now - start
      try FileManager.default.removeItem(atPath: calm.home.root)
      var (losses, homes, afterSuccess, lost) = (0, 0, 0, Int64(0))
      while losses < Self.losses || afterSuccess == 0 {
        homes += 1
        var machine = try await Machine(hub, disk, "HUBWATCH_SEED=\(Torture.seed), \(kind), home \(homes)")
        var isComplete = false
        while !isComplete, losses < Self.losses || afterSuccess == 0 {
          // The last of a home waits for the program to say that all is well.
          let waits = losses % 4 == 3 || losses >= Self.losses
          let moment = waits ? .seconds(3600) : whole * Double.random(in: 0..<1, using: &generator)
          let start = ContinuousClock.now
          isComplete = try await machine.losePower(killsFirst: Bool.random(using: &generator)) {
            .now - start >= moment
          }
          losses += 1
          if isComplete { afterSuccess += 1 }
        }
        let wasted = try await machine.heal()
        #expect(wasted <= Int64(machine.boot) * Invariants.budget, "\(machine.name): \(wasted) bytes in vain")
        lost += wasted
        try FileManager.default.removeItem(atPath: machine.home.root)
      }
      await hub.server.stop()
      print(
        "torture: \(losses) power losses on \(kind) in \(homes) homes, \(afterSuccess) of them after success; bytes in "
          + "vain \(lost)")
    }

    /// Of a file that is bigger than what may be fetched twice, the rest was safe.
    @Test("P2 power loss in a large file", arguments: DiskImage.Kind.allCases)
    func inALargeFile(kind: DiskImage.Kind) async throws {
      // Of each connection: all eight bring less than the promised bytes in two seconds.
      let hub = try await TortureHub.start(Self.large, bytesPerSecond: 4_000_000)
      let disk = try await DiskImage(kind)
      var machine = try await Machine(hub, disk, "a large file on \(kind)")
      let isComplete = try await machine.losePower(killsFirst: true) {
        await hub.served(headers: false) > hub.shards.size - 10_000_000
      }
      #expect(!isComplete, "the power was lost too late")
      let wasted = try await machine.heal()
      await hub.server.stop()
      #expect(wasted <= Invariants.budget + Invariants.inFlight)
      print("torture: a power loss in \(hub.shards.size) bytes on \(kind); bytes in vain \(wasted)")
    }
  }
}
