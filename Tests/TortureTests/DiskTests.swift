import Catalog
import Checksums
import Domain
import Foundation
import Glibc
import TestSupport
import Testing

@testable import Downloads

/// Disks that are full, read-only, foreign, slow to come back or broken, as the built program meets them.
extension Torture {
  @Suite("Disks") struct Disks {
    static let model = "tiny/llama-GGUF"
    static let file = "tiny.F16.gguf"

    /// A practice hub with one small model, and the program with its cache wherever a test wants it.
    struct Setting {
      let house: PracticeHouse
      var program: HouseProgram

      /// The state of the model's copy, and why.
      func copy() throws -> CopyRecord? {
        let catalog = try Catalog(folder: program.home.state, readOnly: true)
        return try catalog.copies(of: try #require(RepoID(Disks.model))).first
      }

      var cache: String { program.environment["HF_HUB_CACHE"] ?? "" }
      var repo: String { "\(cache)/models--tiny--llama-GGUF" }
      func pull(_ more: [String: String] = [:]) async throws -> HouseProgram.Outcome {
        var program = program
        program.environment.merge(more) { $1 }
        return try await program.run("pull", Disks.model)
      }
    }

    /// - Parameters:
    ///   - cache: where the models go; nil for the home's own place.
    ///   - padding: bytes by which the model is larger than it need be.
    static func with(
      cache: String? = nil, padding: Int = 0, configuration: String = HouseProgram.card,
      _ body: (Setting) async throws -> Void
    ) async throws {
      let house = try await PracticeHouse(configuration: configuration)
      let content = try TinyLlama.bytes() + [UInt8](repeating: 0, count: padding)
      try house.addRepo(model, [file: content])
      var setting = Setting(house: house, program: house.program)
      if let cache { setting.program.environment["HF_HUB_CACHE"] = cache }
      do { try await body(setting) } catch {
        await house.stop()
        throw error
      }
      await house.stop()
    }

    @Test("D1 a full disk heals by itself", .enabled(if: MemoryDisk.obstacle == nil, "\(MemoryDisk.obstacle ?? "")"))
    func fullDisk() async throws {
      let disk = try await MemoryDisk("size=4m")
      try await Self.with(cache: "\(disk.mount)/hub", padding: 12 << 20) { setting in
        let first = try await setting.pull()
        #expect(first.code == 1 && first.errors.contains("free"), "\(first.errors)")
        let copy = try setting.copy()
        #expect(copy?.state == .waiting && copy?.reason?.isEmpty == false)
        #expect(try #require(DiskSpace(disk.mount)).free.bytes > 1 << 20, "the disk was filled up")
        // A cycle does no better, and says so.
        #expect(try await setting.program.run("run").code == 0)
        #expect(try await setting.program.run("digest").output.contains("free"))
        try await disk.remount("size=64m")
        let cycle = try await setting.program.run("run")
        #expect(cycle.code == 0, "\(cycle.errors)")
        #expect([.verified, .tested].contains(try setting.copy()?.state))
      }
    }

    @Test("D2 the disk's own quota is used up", .enabled(if: Shim.compiler != nil, "needs a C compiler"))
    func diskQuota() async throws {
      let shim = try await Shim()
      try await Self.with { setting in
        let failure = Shim.Failure(calls: "fallocate", error: "EDQUOT", nth: 1, isOnce: false, path: "/cache/")
        let first = try await setting.pull(shim.environment(failure))
        #expect(first.code == 1 && first.errors.contains("quota"), "\(first.errors)")
        #expect(try setting.copy()?.state == .waiting)
        #expect(try await setting.pull().code == 0)
      }
    }

    @Test(
      "D3 a read-only disk at the start", .enabled(if: MemoryDisk.obstacle == nil, "\(MemoryDisk.obstacle ?? "")"))
    func readOnlyAtTheStart() async throws {
      let disk = try await MemoryDisk("size=16m")
      try await Self.with(cache: "\(disk.mount)/hub") { setting in
        try await disk.remount("ro")
        let first = try await setting.pull()
        #expect(first.code == 78 && first.errors.contains("Read-only file system"), "\(first.errors)")
        #expect(try setting.copy()?.state == .waiting)
        // What only looks still works, and a cycle goes through its other steps.
        #expect(try await setting.program.run("list").code == 0)
        #expect(try await setting.program.run("run").code == 0)
        try await disk.remount("rw")
        #expect(try await setting.pull().code == 0)
      }
    }

    @Test(
      "D3 a disk that becomes read-only while bytes arrive", .enabled(if: Shim.compiler != nil, "needs a C compiler"))
    func readOnlyWhileRunning() async throws {
      let shim = try await Shim()
      try await Self.with(padding: 3 << 20) { setting in
        let failure = Shim.Failure(calls: "pwrite", error: "EROFS", nth: 8, isOnce: false, path: "hubwatch-partial")
        let first = try await setting.pull(shim.environment(failure))
        #expect(first.code == 78 && first.errors.contains("Read-only file system"), "\(first.errors)")
        #expect(try setting.copy()?.state == .waiting)
        #expect(try await setting.pull().code == 0)
      }
    }

    @Test("D4 a disk that fails three times a day", .enabled(if: Shim.compiler != nil, "needs a C compiler"))
    func failingDisk() async throws {
      let shim = try await Shim()
      try await Self.with(padding: 1 << 20) { setting in
        let failure = Shim.Failure(calls: "fdatasync", error: "EIO", nth: 1, isOnce: false, path: "hubwatch-partial")
        for _ in 0..<3 {
          let failed = try await setting.pull(shim.environment(failure))
          #expect(failed.code == 78 && failed.errors.contains("Input/output error"), "\(failed.errors)")
        }
        await setting.house.server.clearRequests()
        // The disk would work again, but nobody knows for how long.
        let refused = try await setting.pull()
        #expect(refused.code == 78 && refused.errors.contains("3 times within a day"), "\(refused.errors)")
        #expect(await setting.house.bytesSent(Self.file) < 2 << 20, "only the header was read")
        #expect(try setting.copy()?.state == .waiting)
      }
    }

    private static let setpriv = FileManager.default.isExecutableFile(atPath: "/usr/bin/setpriv") && getuid() == 0

    @Test("D5 permission denied", .enabled(if: setpriv, "needs root and setpriv"))
    func permissionDenied() async throws {
      let folder = "/tmp/hubwatch-test-\(UUID().uuidString)"
      defer { try? FileManager.default.removeItem(atPath: folder) }
      for name in ["state", "cache"] {
        try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
      }
      try #require(chown("\(folder)/state", 65534, 65534) == 0 && chmod("\(folder)/cache", 0o755) == 0)
      try await Self.with(cache: "\(folder)/cache/hub") { setting in
        try FileManager.default.copyItem(
          atPath: try #require(setting.program.environment["HUBWATCH_CONFIG"]), toPath: "\(folder)/config.toml")
        try FileManager.default.copyItem(atPath: setting.program.program.path, toPath: "\(folder)/hubwatch")
        try #require(chmod("\(folder)/config.toml", 0o644) == 0 && chmod("\(folder)/hubwatch", 0o755) == 0)
        let environment = setting.program.environment.merging([
          "HUBWATCH_STATE": "\(folder)/state", "HOME": "\(folder)/state", "HUBWATCH_CONFIG": "\(folder)/config.toml",
          "LD_LIBRARY_PATH": ProcessInfo.processInfo.environment["LD_LIBRARY_PATH"] ?? "",
        ]) { $1 }
        let outcome = try await Program(path: "/usr/bin/setpriv").run(
          ["--reuid=65534", "--regid=65534", "--clear-groups", "\(folder)/hubwatch", "pull", Self.model],
          environment: environment)
        #expect(
          outcome.status == 78 && outcome.error.contains("\(folder)/cache belongs to root, mode 0755"),
          "\(outcome.error)")
      }
    }

    @Test("D7 no symbolic and no hard links", .enabled(if: Shim.compiler != nil, "needs a C compiler"))
    func noLinks() async throws {
      let shim = try await Shim()
      try await Self.with { setting in
        let failure = Shim.Failure(calls: "symlink,link", error: "EPERM", nth: 1, isOnce: false)
        let pull = try await setting.pull(shim.environment(failure))
        #expect(pull.code == 0, "\(pull.errors)")
        let path = pull.output.trimmingCharacters(in: .newlines)
        #expect(Disk.kind(path) == S_IFREG && path.hasPrefix("\(setting.repo)/snapshots/"))
        #expect(Disk.entries(below: "\(setting.repo)/blobs").isEmpty, "a second copy")
        var program = setting.program
        program.environment.merge(shim.environment(failure)) { $1 }
        #expect(try await program.run("path", Self.model).output == pull.output)
        await setting.house.server.clearRequests()
        #expect(try await program.run("pull", Self.model).code == 0)
        #expect(await setting.house.bytesSent(Self.file) == 0, "it is there")
      }
    }

    @Test("D8 no reservation of blocks", .enabled(if: Shim.compiler != nil, "needs a C compiler"))
    func noReservation() async throws {
      let shim = try await Shim()
      try await Self.with { setting in
        let failure = Shim.Failure(calls: "fallocate", error: "EOPNOTSUPP", nth: 1, isOnce: false)
        let pull = try await setting.pull(shim.environment(failure))
        #expect(pull.code == 0, "\(pull.errors)")
      }
    }

    @Test(
      "D9 the repository lies on another file system",
      .enabled(if: MemoryDisk.obstacle == nil, "\(MemoryDisk.obstacle ?? "")"))
    func anotherFileSystem() async throws {
      let disk = try await MemoryDisk("size=32m")
      let cache = try TemporaryFolder()
      try await Self.with(cache: "\(cache.path)/hub") { setting in
        try FileManager.default.createDirectory(
          atPath: "\(setting.repo)/blobs", withIntermediateDirectories: true)
        try await DiskImage.shell("mount --bind '\(disk.mount)' '\(setting.repo)/blobs'")
        defer { umount2("\(setting.repo)/blobs", 0) }
        await setting.house.server.clearRequests()
        let pull = try await setting.pull()
        #expect(pull.code == 78 && pull.errors.contains("another file system"), "\(pull.errors)")
        #expect(try setting.copy()?.state == .waiting)
        #expect(await setting.house.bytesSent(Self.file) < 2 << 20, "only the header was read")
      }
    }

    @Test("D10 the models' disk is not there", .enabled(if: DiskImage.obstacle == nil, "\(DiskImage.obstacle ?? "")"))
    func absentDisk() async throws {
      let disk = try await DiskImage(.ext4)
      try await Self.with(cache: "\(disk.mount)/hub") { setting in
        #expect(try await setting.pull().code == 0)
        try await disk.detach()
        try setting.house.addRepo("tiny/newer-GGUF", ["newer.F16.gguf": try TinyLlama.bytes(seed: 5)])
        for verb in [["run"], ["pull", Self.model], ["pull", "tiny/newer-GGUF"], ["scrub", "--all"]] {
          let outcome = try await setting.program.run(verb)
          #expect(outcome.code == (verb == ["run"] ? 0 : 78), "\(verb): \(outcome.errors)")
          #expect(Disk.entries(below: disk.mount).isEmpty, "\(verb) wrote into the mount point")
          #expect(verb == ["run"] || outcome.errors.contains("is not there"), "\(verb): \(outcome.errors)")
        }
        #expect(try setting.copy()?.state != .lost)
        let digest = try await setting.program.run("digest").output
        let words = digest.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(words.contains("the disk with the models is not there"), "\(digest)")
        try await disk.attach()
        let sound = try await setting.program.run("scrub", "--all")
        #expect(sound.code == 0 && sound.output.contains("all sound"), "\(sound.output)\(sound.errors)")
        #expect(try await setting.program.run("run").code == 0)
        #expect(try await setting.program.run("path", "tiny/newer-GGUF").code == 0, "the other one came afterwards")
      }
    }

    @Test("D10 another disk, or an emptied one, is taken when a person says so")
    func anotherDisk() async throws {
      try await Self.with { setting in
        #expect(try await setting.pull().code == 0)
        // Emptied where it is: that is no absent disk.
        let parent = Folders.parent(setting.cache)
        try FileManager.default.removeItem(atPath: parent)
        #expect(try await setting.pull().code == 0)
        let name = "\(parent)/hubwatch-partial/store"
        try Data("\(UUID().uuidString.lowercased())\n".utf8).write(to: URL(fileURLWithPath: name))
        let refused = try await setting.pull()
        #expect(refused.code == 78 && refused.errors.contains("another disk"), "\(refused.errors)")
        #expect(try await setting.program.run("gc").code == 0)
        #expect(try await setting.pull().code == 0)
      }
    }

    @Test("D11 no inodes are left", .enabled(if: MemoryDisk.obstacle == nil, "\(MemoryDisk.obstacle ?? "")"))
    func noInodes() async throws {
      let disk = try await MemoryDisk("size=64m,nr_inodes=8")
      try await Self.with(cache: "\(disk.mount)/hub") { setting in
        let first = try await setting.pull()
        #expect(first.code == 1 && first.errors.contains("no room for another file"), "\(first.errors)")
        #expect(try setting.copy()?.state == .waiting)
        try await disk.remount("nr_inodes=1000")
        #expect(try await setting.pull().code == 0)
      }
    }

    @Test("D11 few files may be open", arguments: [40, 64, 90])
    func fewDescriptors(limit: Int) async throws {
      try await Self.with(padding: 24 << 20) { setting in
        let pull = try await Program(path: "/bin/sh").run(
          ["-c", "ulimit -n \(limit); exec \"$0\" pull \(Self.model)", setting.program.program.path],
          environment: setting.program.environment)
        #expect(pull.status == 0, "\(pull.error)")
      }
      #expect(OpenFiles.connections(allowed: limit) <= 13 && OpenFiles.connections(allowed: 4096) > 8)
    }

    @Test("D12 somebody deletes or edits a file behind us")
    func editedBehindUs() async throws {
      try await Self.with { setting in
        let pull = try await setting.pull()
        #expect(pull.code == 0, "\(pull.errors)")
        let blob = URL(fileURLWithPath: pull.output.trimmingCharacters(in: .newlines)).resolvingSymlinksInPath().path
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: blob))
        try handle.seek(toOffset: 7000)
        try handle.write(contentsOf: Data([1, 2, 3]))
        try handle.close()
        // The size is the same; a cycle sees it all the same, before anything is tested or told.
        #expect(try await setting.program.run("run").code == 0)
        #expect(try setting.copy()?.state == .quarantined)
        #expect(try await setting.program.run("digest").output.contains("has changed on the disk"))
        #expect(try await setting.pull().code == 0)
        // Touched, but not changed: it is read once and stays what it is.
        try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSince1970: 1)], ofItemAtPath: blob)
        #expect(try await setting.program.run("run").code == 0)
        #expect([.verified, .tested].contains(try setting.copy()?.state))
        try FileManager.default.removeItem(atPath: blob)
        await setting.house.server.clearRequests()
        #expect(try await setting.program.run("run").code == 0)
        #expect(try setting.copy()?.state == .lost)
        #expect(await setting.house.bytesSent(Self.file) < 2 << 20, "it is not fetched again by itself")
      }
    }

    private static let fincore = FileManager.default.isExecutableFile(atPath: "/usr/bin/fincore")

    @Test("D14 a download does not fill the memory", .enabled(if: fincore, "needs fincore"))
    func pageCache() async throws {
      try await Self.with(padding: 200 << 20) { setting in
        let pull = try await setting.pull()
        #expect(pull.code == 0, "\(pull.errors)")
        let blob = URL(fileURLWithPath: pull.output.trimmingCharacters(in: .newlines)).resolvingSymlinksInPath().path
        let outcome = try await Program(path: "/usr/bin/fincore").run(
          ["--bytes", "--noheadings", "--output", "RES", blob], environment: [:])
        let resident = try #require(Int64(outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(resident < 100 << 20, "\(resident >> 20) MiB of it are in memory")
      }
    }
  }
}
