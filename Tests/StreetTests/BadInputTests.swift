import Foundation
import HubServer
import TestSupport
import Testing
import Watch

/// Every verb with what it should not be given: exit code and message.
@Suite("Bad input")
struct BadInputTests {
  private func expect(
    _ program: HouseProgram, _ arguments: [String], code: Int32, says words: String,
    _ location: SourceLocation = #_sourceLocation
  ) async throws {
    let outcome = try await program.run(arguments)
    #expect(outcome.code == code, "\(arguments): \(outcome.errors)", sourceLocation: location)
    #expect(outcome.errors.contains(words), "\(arguments): \(outcome.errors)", sourceLocation: location)
    #expect(outcome.output.isEmpty, "\(arguments): \(outcome.output)", sourceLocation: location)
  }

  @Test func unknownAndGatedModels() async throws {
    let house = try await PracticeHouse()
    try house.addRepo("tiny/gated-GGUF", ["gated.F16.gguf": try TinyLlama.bytes()]) { $0.gated = .manual }
    try house.addRepo("tiny/empty", ["README.md": [35]]) { $0.tags = ["llama"] }
    try await expect(house.program, ["pull", "tiny/unknown"], code: 1, says: "no such repository")
    try await expect(house.program, ["fit", "tiny/unknown", "--vram", "12"], code: 1, says: "no such repository")
    try await expect(house.program, ["pull", "tiny/gated-GGUF"], code: 1, says: "accept its terms at")
    try await expect(house.program, ["pull", "tiny/empty"], code: 1, says: "no weights yet")
    try await expect(house.program, ["smoke", "tiny/unknown"], code: 1, says: "has not been fetched")
    try await expect(house.program, ["smoke", "/nonexistent.gguf"], code: 1, says: "neither a file nor")
    try await expect(house.program, ["core", "generate", "-p", "x", "/nonexistent"], code: 1, says: "cannot be read")
    await house.stop()
  }

  @Test func wrongUsage() async throws {
    let house = try await PracticeHouse()
    for arguments in [
      ["fit", "--vram", "-1"], ["fit", "--kv", "f15"], ["pull", "../../etc/passwd"], ["pull", "a/b", "--quant", "Q99"],
      ["pull", "a/b", "--file", "../x"], ["digest", "--since", "tomorrow"], ["digest", "--since", "2026-02-30"],
      ["nonsense"], ["pull"], ["fit", "--vram", "12", "--gpu", "RTX A6000"], ["smoke", "x", "--threads", "0"],
      ["core", "bench", "-r", "0", "x"], ["fit", "--gpu", "Voodoo 2"],
    ] {
      let outcome = try await house.program.run(arguments)
      #expect(outcome.code == 64, "\(arguments): \(outcome)")
      #expect(!outcome.errors.isEmpty)
    }
    await house.stop()
  }

  @Test func brokenFiles() async throws {
    let house = try await PracticeHouse()
    var broken = try TinyLlama.bytes()
    broken.removeLast(1000)
    let file = "\(house.folder.path)/broken.gguf"
    try Data(broken).write(to: URL(fileURLWithPath: file))
    try await expect(house.program, ["fit", file, "--vram", "12"], code: 65, says: "broken.gguf")
    try await expect(house.program, ["core", "inspect", file], code: 65, says: "broken.gguf")
    try await expect(house.program, ["core", "tokenize", file, "x"], code: 65, says: "broken.gguf")
    let smoke = try await house.program.run("smoke", "--json", file)
    #expect(smoke.code == 65 && smoke.output.contains("\"verdict\" : \"fail\""))
    // On the hub, a broken file is that repository's state and nobody else's trouble.
    try house.addRepo("tiny/broken-GGUF", ["broken.F16.gguf": Array("GGUF rubbish".utf8)])
    try house.addRepo("tiny/llama-GGUF", ["tiny.F16.gguf": try TinyLlama.bytes()])
    let run = try await house.program.run("run")
    #expect(run.code == 0, "\(run.errors)")
    #expect(try await house.program.run("digest").output.contains("tiny/broken-GGUF"))
    await house.stop()
  }

  @Test func damageOnTheWayIsFoundAndNothingIsPublished() async throws {
    let house = try await PracticeHouse()
    try house.addRepo("tiny/llama-GGUF", ["tiny.F16.gguf": try TinyLlama.bytes()]) {
      $0.files["tiny.F16.gguf"] = .init(sha256: String(repeating: "a", count: 64))
    }
    try await expect(house.program, ["pull", "tiny/llama-GGUF"], code: 1, says: "arrived damaged twice")
    let blobs = "\(house.program.home.cache)/models--tiny--llama-GGUF/blobs"
    #expect(try FileManager.default.contentsOfDirectory(atPath: blobs).isEmpty)
    await house.stop()
  }

  @Test(arguments: ["poll", "run", "pull tiny/llama-GGUF", "fit tiny/llama-GGUF --vram 12"])
  func aHubThatIsDown(_ line: String) async throws {
    // Port 9 of the loopback interface: nobody listens there.
    let program = try HouseProgram(endpoint: "http://127.0.0.1:9")
    try await expect(program, line.split(separator: " ").map(String.init), code: 69, says: "hubwatch: ")
  }

  @Test(arguments: ["poll", "run", "pull a/b", "fit", "digest", "config check", "config show", "smoke a/b", "daemon"])
  func wrongConfiguration(_ line: String) async throws {
    let program = try HouseProgram(
      endpoint: "http://127.0.0.1:9", configuration: "[device]\nvarm = 12\n[hub]\nendpoint = 3")
    let outcome = try await program.run(line.split(separator: " ").map(String.init))
    #expect(outcome.code == 78)
    #expect(outcome.errors.contains("line 2: unknown key \"device.varm\"; did you mean \"vram\"?"))
    #expect(outcome.errors.contains("line 4: hub.endpoint"))
  }

  @Test("P4 two at once") func aStateThatSomebodyElseHolds() async throws {
    let house = try await PracticeHouse()
    let lock = try StateLock(folder: house.program.home.state)
    for verb in [["poll"], ["run"], ["pull", "a/b"], ["digest", "--mark-read"], ["daemon"]] {
      let outcome = try await house.program.run(verb)
      #expect(outcome.code == 75, "\(verb): \(outcome.errors)")
      #expect(outcome.errors.contains("already running, pid \(ProcessInfo.processInfo.processIdentifier)"))
    }
    // Those that only look are not in the way.
    for verb in [["digest"], ["status"], ["list"], ["gc", "--dry-run"]] {
      let outcome = try await house.program.run(verb)
      #expect(outcome.code == 0 || outcome.errors.contains("nothing is recorded yet"), "\(verb): \(outcome.errors)")
    }
    withExtendedLifetime(lock) {}
    await house.stop()
  }

  @Test func aStateThatCannotBeUsed() async throws {
    let house = try await PracticeHouse()
    let state = house.program.home.state
    try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
    try Data((0..<8192).map { UInt8(truncatingIfNeeded: $0 &* 31) }).write(
      to: URL(fileURLWithPath: "\(state)/hubwatch.sqlite"))
    try await expect(house.program, ["digest"], code: 78, says: "damaged, or not a hubwatch database")
    // Who only looks changes nothing; who writes begins anew, and says so.
    let poll = try await house.program.run("poll")
    #expect(poll.code == 0 && poll.errors.contains("the database was damaged and lies in"), "\(poll)")
    #expect(try await house.program.run("digest").code == 0)
    await house.stop()
  }

  @Test func noSpaceIsSaid() async throws {
    let house = try await PracticeHouse(
      configuration: "[device]\nvram = 12\n[downloads]\nreserve = \"900 TB\"")
    try house.addRepo("tiny/llama-GGUF", ["tiny.F16.gguf": try TinyLlama.bytes()])
    try await expect(house.program, ["pull", "tiny/llama-GGUF"], code: 1, says: "free above the reserve")
    await house.stop()
  }
}
