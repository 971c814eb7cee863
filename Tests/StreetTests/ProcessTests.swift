import Catalog
import Domain
import Foundation
import TestSupport
import Testing

@testable import Downloads

/// What may happen to the process, and must not harm.
@Suite("The process")
struct ProcessTests {
  private static let model = "tiny/llama-GGUF"
  private static let file = "tiny.F16.gguf"

  private func house() async throws -> PracticeHouse {
    let house = try await PracticeHouse()
    try house.addRepo(Self.model, [Self.file: try TinyLlama.bytes()])
    return house
  }

  private func blob(_ house: PracticeHouse) throws -> String {
    let folder = "\(house.program.home.cache)/models--tiny--llama-GGUF/blobs"
    return "\(folder)/\(try #require(try FileManager.default.contentsOfDirectory(atPath: folder).first))"
  }

  /// As if the power had failed: the process left its marker, and the blob was verified in a boot that is over.
  private func losePower(_ house: PracticeHouse) throws {
    do {
      let catalog = try Catalog(folder: house.program.home.state)
      for copy in try catalog.copies(in: [.verified, .tested]) {
        for part in try catalog.parts(ofCopy: copy.id) {
          try catalog.setVerified(copy: copy.id, path: part.file.path, origin: .fetched, boot: "over", at: Date())
        }
      }
    }
    try "over\n1\n".write(toFile: "\(house.program.home.state)/running", atomically: true, encoding: .utf8)
  }

  enum Loss: String, CaseIterable { case empty, zeros }

  @Test("P2 power loss after the download", arguments: Loss.allCases, [["run"], ["pull", model]])
  func aFileThatDidNotSurviveIsFetchedAgain(_ loss: Loss, verb: [String]) async throws {
    let house = try await house()
    #expect(try await house.program.run("pull", Self.model).code == 0)
    let size = try TinyLlama.bytes().count
    let blob = try blob(house)
    try losePower(house)
    try Data(repeating: 0, count: loss == .empty ? 0 : size).write(to: URL(fileURLWithPath: blob))
    let again = try await house.program.run(verb)
    #expect(again.code == 0, "\(again.errors)")
    #expect(try Array(Data(contentsOf: URL(fileURLWithPath: blob))) == TinyLlama.bytes(), "\(again.errors)")
    // Everything has been looked at: the next start reads nothing again.
    let catalog = try Catalog(folder: house.program.home.state, readOnly: true)
    #expect(try catalog.filesInDoubt().isEmpty)
    await house.stop()
  }

  @Test("P2 what survived is not fetched again") func aSoundFileStays() async throws {
    let house = try await house()
    #expect(try await house.program.run("run").code == 0)
    try losePower(house)
    await house.server.clearRequests()
    #expect(try await house.program.run("run").code == 0)
    #expect(await house.bytesSent(Self.file) == 0)
    let catalog = try Catalog(folder: house.program.home.state, readOnly: true)
    #expect(try catalog.copies(in: [.tested]).count == 1)
    await house.stop()
  }

  @Test("P3 memory does not grow with the file") func memoryIsBounded() async throws {
    let house = try await PracticeHouse()
    let (megabytes, name) = (300, "big/plain")
    try house.addRepo(name, [:])
    let path = "\(house.folder.path)/hub/\(name)/weights.safetensors"
    #expect(FileManager.default.createFile(atPath: path, contents: nil))
    let handle = try #require(FileHandle(forWritingAtPath: path))
    try handle.truncate(atOffset: UInt64(megabytes) << 20)
    try handle.close()
    let outcome = try await house.shell(
      "/usr/bin/python3 - \"$0\" pull \(name) --file weights.safetensors <<'E'\n" + """
        import resource, subprocess, sys
        code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
        print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
        E
        """)
    let numbers = outcome.output.split(separator: " ").compactMap {
      Int($0.trimmingCharacters(in: .whitespacesAndNewlines))
    }
    try #require(numbers.count == 2 && numbers[0] == 0, "\(outcome)")
    print("hubwatch pull of \(megabytes) MiB: at most \(numbers[1] / 1024) MiB of memory")
    #expect(numbers[1] < 100 << 10)
    await house.stop()
  }

  @Test("P3 the unit's bounds", arguments: ["hubwatch.service", "hubwatch-run.service", "hubwatch-scrub.service"])
  func theUnitsBoundMemory(_ unit: String) throws {
    let text = try String(contentsOfFile: "\(SharedData.packageRoot)/systemd/\(unit)", encoding: .utf8)
    for line in ["OOMPolicy=continue", "OOMScoreAdjust=300", "TasksMax=128"] { #expect(text.contains("\n\(line)\n")) }
  }

  private static let compiler = ["/usr/bin/cc", "/usr/bin/gcc", "/usr/bin/clang"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  @Test("P5 a second SIGTERM", .enabled(if: compiler != nil, "needs a C compiler"))
  func theSecondSignalEndsItAtOnce() async throws {
    let house = try await PracticeHouse(bytesPerSecond: 200_000)
    try house.addRepo(Self.model, [Self.file: try TinyLlama.bytes(embedding: 384)])
    // A disk that takes a minute for the last sync, once the file is there that says so.
    let (source, library) = ("\(house.folder.path)/slow.c", "\(house.folder.path)/slow.so")
    let flag = "\(house.folder.path)/slow"
    try """
    #include <unistd.h>
    #include <sys/syscall.h>
    int fdatasync(int descriptor) {
      if (access("\(flag)", F_OK) == 0) sleep(60);
      return syscall(SYS_fdatasync, descriptor);
    }
    """.write(toFile: source, atomically: true, encoding: .utf8)
    let built = try await Program(path: try #require(Self.compiler))
      .run(["-shared", "-fPIC", "-o", library, source], environment: ["PATH": "/usr/bin:/bin"])
    try #require(built.status == 0, "\(built.error)")
    let socket = try NotifySocket(path: "\(house.folder.path)/notify")
    var environment = house.program.environment
    environment["LD_PRELOAD"] = library
    environment["NOTIFY_SOCKET"] = socket.path
    let daemon = try house.program.program.start(["daemon"], environment: environment)
    let partial = house.program.home.partial
    while FileManager.default.subpaths(atPath: partial)?.contains(where: { $0.hasSuffix(".part") }) != true {
      try await Task.sleep(for: .milliseconds(20))
    }
    #expect(FileManager.default.createFile(atPath: flag, contents: nil))
    // Something to sync has to arrive.
    try await Task.sleep(for: .milliseconds(300))
    daemon.signal(SIGTERM)
    var heard: [String] = []
    while let message = try await socket.receive() {
      heard.append(message)
      if message.hasPrefix("EXTEND_TIMEOUT_USEC=") { break }
    }
    #expect(heard.contains { $0.hasPrefix("STOPPING=1") } && heard.last?.hasPrefix("EXTEND") == true, "\(heard)")
    #expect(daemon.isRunning)
    daemon.signal(SIGTERM)
    #expect(await daemon.outcome().status == nil)
    // What was journaled is there, and the next start goes on.
    try FileManager.default.removeItem(atPath: flag)
    let status = try await house.program.run("status")
    #expect(status.code == 0 && status.output.contains("downloading"), "\(status)")
    await house.stop()
  }

  @Test("P9 corrupt database and no snapshot") func whatLiesInTheCacheIsFoundAgain() async throws {
    let house = try await house()
    let home = house.program.home
    #expect(try await house.program.run("run").code == 0)
    try FileManager.default.removeItem(atPath: "\(home.state)/hubwatch.sqlite.snapshot")
    try Data(repeating: 0, count: 20_000).write(to: URL(fileURLWithPath: "\(home.state)/hubwatch.sqlite"))
    await house.server.clearRequests()
    let run = try await house.program.run("run")
    #expect(run.code == 0 && run.errors.contains("the database was damaged and lies in"), "\(run.errors)")
    let size = Int64(try TinyLlama.bytes().count)
    #expect(await house.bytesSent(Self.file) < size)
    let catalog = try Catalog(folder: home.state, readOnly: true)
    let copy = try #require(try catalog.copies(in: [.tested]).first)
    #expect(try catalog.parts(ofCopy: copy.id).map(\.origin) == [.found])
    // It is told until somebody has read it.
    let (status, digest) = (try await house.program.run("status"), try await house.program.run("digest"))
    #expect(status.output.contains("the database was damaged"), "\(status.output)")
    #expect(digest.output.replacing("\n", with: " ").contains("the database was damaged"), "\(digest.output)")
    await house.stop()
  }

  @Test("P9 corrupt database with a snapshot") func theSnapshotOfTheLastCycleTakesItsPlace() async throws {
    let house = try await house()
    let home = house.program.home
    #expect(try await house.program.run("run").code == 0)
    try Data(repeating: 0, count: 20_000).write(to: URL(fileURLWithPath: "\(home.state)/hubwatch.sqlite"))
    #expect(try await house.program.run("list").code == 78)
    let run = try await house.program.run("run")
    #expect(run.code == 0 && run.errors.contains("the snapshot of"), "\(run.errors)")
    #expect(try await house.program.run("path", Self.model).code == 0)
    await house.stop()
  }

  @Test("P12 reload") func theConfigurationIsReadAgain() async throws {
    let house = try await house()
    let socket = try NotifySocket(path: "\(house.folder.path)/notify")
    var program = house.program
    program.environment["NOTIFY_SOCKET"] = socket.path
    let daemon = try program.program.start(["daemon"], environment: program.environment)
    func hear(_ prefix: String) async throws -> String {
      while let message = try await socket.receive() { if message.hasPrefix(prefix) { return message } }
      Issue.record("no \(prefix)")
      return ""
    }
    _ = try await hear("STATUS=idle")
    try house.program.home.write(configuration: "[daemon]\nintervall = \"1h\"\n")
    daemon.signal(SIGHUP)
    _ = try await hear("RELOADING=1")
    #expect(try await hear("READY=1").contains("unknown key"))
    let broken = try await house.program.run("status")
    #expect(broken.output.replacing("\n", with: " ").contains("the configuration was not taken over"), "\(broken)")
    // A longer interval: what was planned changes with it.
    try house.program.home.write(configuration: HouseProgram.card + "\n[daemon]\ninterval = \"2d\"\n")
    daemon.signal(SIGHUP)
    let ready = try await hear("READY=1")
    #expect(!ready.contains("unknown key") && ready.contains("STATUS=idle"), "\(ready)")
    let status = try await house.program.run("status", "--json")
    let document = try #require(try JSONSerialization.jsonObject(with: Data(status.output.utf8)) as? [String: Any])
    let text = try #require(document["nextCycleAt"] as? String)
    #expect(try Date(text, strategy: .iso8601) > Date().addingTimeInterval(86_400))
    #expect(document["health"] as? [String] == [])
    daemon.signal(SIGTERM)
    #expect(await daemon.outcome().status == 0)
    await house.stop()
  }

  @Test("P13 poison job") func aModelAtWhichItDiesEveryTimeIsQuarantined() async throws {
    let house = try await house()
    var program = house.program
    program.environment["HUBWATCH_CRASH_AT"] = "afterReserve:1"
    for _ in 0..<3 { #expect(try await program.run("run").code == 137) }
    let fourth = try await program.run("run")
    #expect(fourth.code == 0 && fourth.errors.contains("died 3 times in a row while fetching it"), "\(fourth)")
    let status = try await house.program.run("status")
    #expect(status.output.contains("quarantined \(Self.model)"), "\(status.output)")
    #expect(try await program.run("run").code == 0)
    // A person who asks for it takes the risk.
    let pull = try await house.program.run("pull", Self.model)
    #expect(pull.code == 0, "\(pull.errors)")
    await house.stop()
  }

  @Test("P1 an end in order leaves nothing behind", arguments: [["poll"], ["run"], ["digest", "--mark-read"], ["gc"]])
  func noMarkerIsLeft(_ verb: [String]) async throws {
    let house = try await house()
    #expect(try await house.program.run(verb).code == 0)
    let names = try FileManager.default.contentsOfDirectory(atPath: house.program.home.state)
    #expect(!names.contains("running") && names.contains("hubwatch.sqlite"), "\(names)")
    await house.stop()
  }
}
