import Catalog
import Domain
import Foundation
import Glibc
import HubServer
import Synchronization
import TestSupport
import Testing
import Watch

@testable import Downloads

/// What commands do while a daemon holds the state: the daemon does it, and the words and exit codes are the same.
@Suite("Handed over to the daemon")
struct HandoverTests {
  private static let model = "tiny/llama-GGUF"
  private static let file = "tiny.F16.gguf"
  /// Nothing is fetched by itself, so that the tests say what is.
  private static let quiet = """
    [device]
    vram = 12
    [downloads]
    reserve = "0"
    automatic = false
    """

  /// A daemon that is idle, and its house.
  private struct Scene {
    let house: PracticeHouse
    let daemon: RunningProgram
    private let heard: Heard

    init(_ house: PracticeHouse, environment: [String: String] = [:]) async throws {
      self.house = house
      heard = Heard(try NotifySocket(path: "\(house.folder.path)/notify-\(UUID().uuidString.prefix(8))"))
      var variables = house.program.environment.merging(environment) { $1 }
      variables["NOTIFY_SOCKET"] = heard.socket.path
      daemon = try house.program.program.start(["daemon"], environment: variables)
      try await hear { $0.hasPrefix("STATUS=idle") || $0 == "STATUS=paused" }
    }

    /// Waits for a message of the daemon that was not asked for before.
    func hear(_ isIt: (String) -> Bool) async throws {
      for _ in 0..<6000 {
        if heard.take(isIt) { return }
        try await Task.sleep(for: .milliseconds(10))
      }
      Issue.record("it never came")
    }

    func run(_ arguments: String...) async throws -> HouseProgram.Outcome { try await house.program.run(arguments) }

    func live() async throws -> LiveReport {
      try await ControlClient(path: "\(house.program.home.state)/control").live(patience: 30)
    }

    /// Ends the daemon.
    @discardableResult
    func end() async -> Program.Outcome {
      daemon.signal(SIGTERM)
      return await daemon.outcome()
    }
  }

  /// What the daemon tells systemd, read as it comes: it waits for nobody who does not read.
  private final class Heard: Sendable {
    let socket: NotifySocket
    private let task: Task<Void, any Error>

    init(_ socket: NotifySocket) {
      self.socket = socket
      let messages = Box()
      box = messages
      task = Task {
        while true { if let message = try await socket.receive(withinSeconds: 1) { messages.add(message) } }
      }
    }

    deinit { task.cancel() }

    private let box: Box

    /// Takes everything up to a message for which `isIt` says yes, when it is there.
    func take(_ isIt: (String) -> Bool) -> Bool { box.take(isIt) }

    private final class Box: Sendable {
      private let messages = Mutex<[String]>([])
      func add(_ message: String) { messages.withLock { $0.append(message) } }
      func take(_ isIt: (String) -> Bool) -> Bool {
        messages.withLock { messages in
          guard let index = messages.firstIndex(where: isIt) else { return false }
          messages.removeFirst(index + 1)
          return true
        }
      }
    }
  }

  private func scene(bytesPerSecond: Int? = nil, embedding: Int? = nil) async throws -> Scene {
    let house = try await PracticeHouse(bytesPerSecond: bytesPerSecond, configuration: Self.quiet)
    let bytes = try embedding.map { try TinyLlama.bytes(embedding: $0) } ?? TinyLlama.bytes()
    try house.addRepo(Self.model, [Self.file: bytes])
    return try await Scene(house)
  }

  @Test func everyVerbSaysTheSameAsWithoutADaemon() async throws {
    let scene = try await scene()
    let alone = try HouseProgram(endpoint: scene.house.endpoint, configuration: Self.quiet)
    #expect(try await alone.run("poll").code == 0)
    for line in [
      "poll", "pull \(Self.model) --dry-run", "pull \(Self.model)", "keep \(Self.model)", "keep \(Self.model) --undo",
      "fit \(Self.model) --json", "gc", "gc --json", "scrub --all", "scrub --json", "pull no/such", "keep no/such",
      "smoke no/such", "pull \(Self.model) --quant Q9_9", "drop \(Self.model)", "drop \(Self.model)", "run",
    ] {
      let words = line.split(separator: " ").map(String.init)
      let (here, there) = (try await alone.run(words), try await scene.house.program.run(words))
      #expect(here.code == there.code, "\(line): \(here) and \(there)")
      func plain(_ text: String, _ home: ProgramHome) -> String {
        text.replacing(home.cache, with: "CACHE").replacing(home.partial, with: "PARTIAL")
      }
      #expect(
        plain(here.output, alone.home) == plain(there.output, scene.house.program.home), "\(line): \(there)")
      if here.code != 0 {
        #expect(here.errors.split(separator: "\n").last == there.errors.split(separator: "\n").last, "\(line)")
      }
    }
    let outcome = await scene.end()
    #expect(outcome.status == 0, "\(outcome.error)")
    // Nothing was left behind, and the next start need not look closely.
    let names = try FileManager.default.contentsOfDirectory(atPath: scene.house.program.home.state)
    #expect(!names.contains("control") && !names.contains("running"), "\(names)")
    await scene.house.stop()
  }

  @Test func aModelIsTestedAndRememberedByTheDaemon() async throws {
    let scene = try await scene()
    #expect(try await scene.run("pull", Self.model).code == 0)
    let smoke = try await scene.run("smoke", Self.model, "--json")
    #expect(smoke.output.contains("\"schema\" : \"hubwatch.smoke/1\""), "\(smoke)")
    await scene.end()
    let catalog = try Catalog(folder: scene.house.program.home.state, readOnly: true)
    #expect(try catalog.copies(in: [.tested]).count == 1)
    await scene.house.stop()
  }

  @Test func statusTellsWhatTheDaemonDoes() async throws {
    let scene = try await scene(bytesPerSecond: 100_000, embedding: 256)
    let pull = try scene.house.program.program.start(
      ["pull", Self.model], environment: scene.house.program.environment)
    while try await scene.live().transfers.isEmpty { try await Task.sleep(for: .milliseconds(20)) }
    let live = try await scene.live()
    #expect(live.errands.map(\.words) == ["pull \(Self.model)"] && live.errands[0].isUnderWay)
    #expect(live.transfers.map(\.id) == [Self.model] && live.transfers[0].total > 0)
    let text = try await scene.run("status")
    #expect(text.output.contains("At work for somebody: pull \(Self.model)"), "\(text.output)")
    let json = try await scene.run("status", "--json")
    #expect(json.output.contains("\"isUnderWay\" : true") && json.output.contains("\"bytesPerSecond\""))
    // A poll goes on beside the download.
    #expect(try await scene.run("poll").code == 0)
    #expect(pull.isRunning)
    pull.signal(SIGINT)
    let stopped = await pull.outcome()
    #expect(stopped.status == 1 && stopped.error.contains("what has arrived is kept"), "\(stopped)")
    while try await !scene.live().errands.isEmpty { try await Task.sleep(for: .milliseconds(20)) }
    #expect(await scene.end().status == 0)
    await scene.house.stop()
  }

  @Test func whoGoesAwayLeavesTheWorkToTheDaemon() async throws {
    let scene = try await scene(bytesPerSecond: 300_000, embedding: 256)
    let pull = try scene.house.program.program.start(
      ["pull", Self.model], environment: scene.house.program.environment)
    while try await scene.live().transfers.isEmpty { try await Task.sleep(for: .milliseconds(20)) }
    pull.signal(SIGKILL)
    _ = await pull.outcome()
    while try await !scene.live().errands.isEmpty { try await Task.sleep(for: .milliseconds(50)) }
    #expect(await scene.end().status == 0)
    let catalog = try Catalog(folder: scene.house.program.home.state, readOnly: true)
    #expect(try catalog.copies(in: [.verified, .tested]).count == 1)
    await scene.house.stop()
  }

  @Test("P1 killed in the middle of what it was asked for") func theNextDaemonGoesOn() async throws {
    let scene = try await scene(bytesPerSecond: 200_000, embedding: 256)
    let pull = try scene.house.program.program.start(
      ["pull", Self.model], environment: scene.house.program.environment)
    while try await scene.live().transfers.isEmpty { try await Task.sleep(for: .milliseconds(20)) }
    scene.daemon.signal(SIGKILL)
    _ = await scene.daemon.outcome()
    let cut = await pull.outcome()
    #expect(cut.status == 75 && cut.error.contains("goes on when the daemon does"), "\(cut)")
    // Its socket is still there, and nobody behind it.
    #expect(FileManager.default.fileExists(atPath: "\(scene.house.program.home.state)/control"))
    let none = try await scene.run("resume")
    #expect(none.code == 75 && none.errors.contains("no daemon listens"), "\(none)")
    #expect(try await scene.run("status").code == 0)
    let next = try await Scene(scene.house)
    await next.end()
    let catalog = try Catalog(folder: scene.house.program.home.state, readOnly: true)
    #expect(try catalog.copies(in: [.verified, .tested]).count == 1)
    await scene.house.stop()
  }

  @Test("P1 killed between two steps of what it was asked for", arguments: CrashPoint.allCases)
  func everyStepIsMadeGood(_ point: CrashPoint) async throws {
    let house = try await PracticeHouse(configuration: Self.quiet)
    try house.addRepo(Self.model, [Self.file: try TinyLlama.bytes()])
    let scene = try await Scene(house, environment: ["HUBWATCH_CRASH_AT": "\(point.rawValue):1"])
    let pull = try await scene.run("pull", Self.model)
    // Small files never come to some of the points.
    if pull.code != 0 {
      #expect(pull.code == 75 && pull.errors.contains("goes on when the daemon does"), "\(pull)")
      #expect(await scene.daemon.outcome().status == 137)
    } else {
      await scene.end()
    }
    let next = try await Scene(house)
    #expect(try await next.run("status").output.contains("Health: all well"))
    #expect(await next.end().status == 0)
    let catalog = try Catalog(folder: house.program.home.state, readOnly: true)
    #expect(try catalog.copies(in: [.verified, .tested]).count == 1)
    await house.stop()
  }

  @Test func memoryDoesNotGrowWithCycles() async throws {
    let scene = try await scene()
    let pid = try await scene.live().pid
    func own() throws -> Int {
      let text = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
      let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("RssAnon:") })
      return try #require(line.split(separator: " ").compactMap { Int($0) }.first)
    }
    let client = ControlClient(path: "\(scene.house.program.home.state)/control")
    func cycles(_ count: Int) async throws {
      for _ in 0..<count { #expect(try await client.ask(ControlRequest(.run)).code == 0) }
    }
    try await cycles(100)
    let warm = try own()
    try await cycles(200)
    let end = try own()
    print("the daemon's own memory after 100 cycles \(warm) KiB, after 300 \(end) KiB")
    // Whatever every cycle keeps for good would be two hundred times as large; pages come and go.
    #expect(end - warm < 1024)
    #expect(await scene.end().status == 0)
    await scene.house.stop()
  }

  @Test func theDigestOfTheDayIsWrittenOnceAndSent() async throws {
    let house = try await PracticeHouse(
      configuration: Self.quiet + "\n[digest]\nto = [\"file\"]\ntime = \"00:00\"\n")
    try house.addRepo(Self.model, [Self.file: try TinyLlama.bytes()])
    let state = house.program.home.state
    let folder = "\(state)/digests"
    func digests() -> [String] { (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] }
    // On its first day a daemon has nothing to tell; this one has lived before.
    let first = try await Scene(house)
    #expect(await first.end().status == 0)
    #expect(digests().isEmpty)
    try Catalog(folder: state).setMark("daemon.digestDay", "1")
    let scene = try await Scene(house)
    while digests().isEmpty { try await Task.sleep(for: .milliseconds(20)) }
    #expect(await scene.end().status == 0)
    let again = try await Scene(house)
    #expect(try await again.live().jobs.contains { $0.name == "digest" && $0.nextAt == nil && $0.reason == nil })
    #expect(await again.end().status == 0)
    #expect(digests().count == 1, "\(digests())")
    await house.stop()
  }

  @Test func pauseAndResume() async throws {
    let scene = try await scene()
    #expect(try await scene.run("pause", "--for", "soon").code == 64)
    #expect(try await scene.run("pause").code == 0)
    try await scene.hear { $0 == "STATUS=paused" }
    for line in ["poll", "run", "pull \(Self.model)", "scrub", "smoke \(Self.model)", "fit no/such"] {
      let refused = try await scene.house.program.run(line.split(separator: " ").map(String.init))
      #expect(refused.code == 75 && refused.errors.contains("hubwatch resume"), "\(line): \(refused)")
    }
    #expect(try await scene.run("gc").code == 0)
    #expect(try await scene.run("digest", "--mark-read").code == 0)
    #expect(try await scene.run("status").output.contains("the daemon rests"))
    await scene.end()
    // It outlives the daemon.
    let again = try await Scene(scene.house)
    #expect(try await again.run("status").output.contains("the daemon rests"))
    #expect(try await again.run("resume").code == 0)
    try await again.hear { $0.hasPrefix("STATUS=idle") }
    #expect(try await !again.run("status").output.contains("the daemon rests"))
    #expect(await again.end().status == 0)
    await scene.house.stop()
  }

  @Test("P12 reload waits until it is done, and says what is wrong") func reload() async throws {
    let scene = try await scene()
    #expect(try await scene.run("reload").code == 0)
    try scene.house.program.home.write(configuration: "[daemon]\nintervall = \"1h\"\n")
    // The command line needs no sound configuration to speak to the daemon.
    let broken = try await scene.run("reload")
    #expect(broken.code == 78 && broken.errors.contains("unknown key"), "\(broken)")
    #expect(try await scene.run("status").output.replacing("\n", with: " ").contains("was not taken over"))
    try scene.house.program.home.write(configuration: Self.quiet + "\n[daemon]\ninterval = \"2d\"\n")
    #expect(try await scene.run("reload").code == 0)
    let poll = try #require(try await scene.live().jobs.first { $0.name == "poll" }?.nextAt)
    #expect(poll > Date().addingTimeInterval(86_400))
    await scene.end()
    await scene.house.stop()
  }

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/curl"), "needs curl"))
  func aReloadOpensAndClosesThePage() async throws {
    let scene = try await scene()
    let home = scene.house.program.home
    let (first, second) = (try Self.freePort(), try Self.freePort())
    func serve(_ words: String) async throws {
      try home.write(configuration: Self.quiet + "\n[page]\n\(words)\n")
      let outcome = try await scene.run("reload")
      #expect(outcome.code == 0, "\(outcome)")
    }
    #expect(await Self.page(first) == nil)
    try await serve("enabled = true\nport = \(first)")
    #expect(await Self.page(first)?.contains("hubwatch") == true)
    // The same port once more, which the page before it has to leave.
    try await serve("enabled = true\nport = \(first)")
    #expect(await Self.page(first)?.contains("hubwatch") == true)
    try await serve("enabled = true\nport = \(second)")
    #expect(await Self.page(first) == nil)
    #expect(await Self.page(second)?.contains("hubwatch") == true)
    try await serve("enabled = false\nport = \(second)")
    #expect(await Self.page(second) == nil)
    #expect(await scene.end().status == 0)
    await scene.house.stop()
  }

  /// What a browser is shown at a port of this machine; nil when nobody listens.
  private static func page(_ port: UInt16) async -> String? {
    let look = try? await Program(path: "/usr/bin/curl").run(["-sf", "http://127.0.0.1:\(port)/"], environment: [:])
    return look?.status == 0 ? look?.output : nil
  }

  /// A port that nobody listens at, for now.
  private static func freePort() throws -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(descriptor, address, length) == 0 ? getsockname(descriptor, address, &length) : -1
      }
    }
    try #require(code == 0)
    return UInt16(bigEndian: address.sin_port)
  }

  @Test func readIsMarkedByTheDaemon() async throws {
    let scene = try await scene()
    let digest = try await scene.run("digest", "--mark-read", "--json")
    #expect(digest.code == 0 && digest.output.contains("\"polled\" : 1"), "\(digest)")
    #expect(try await scene.run("digest", "--json").output.contains("\"polled\" : 0"))
    await scene.end()
    await scene.house.stop()
  }

  @Test func aFolderThatSystemdMade() async throws {
    let house = try await PracticeHouse(configuration: Self.quiet)
    try house.addRepo(Self.model, [Self.file: try TinyLlama.bytes()])
    let run = "\(house.folder.path)/run"
    try FileManager.default.createDirectory(
      atPath: run, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o750])
    let scene = try await Scene(house, environment: ["RUNTIME_DIRECTORY": run])
    var info = stat()
    #expect(lstat("\(run)/control", &info) == 0 && info.st_mode == S_IFSOCK | 0o660)
    // Whoever knows only the state finds it.
    #expect(try await scene.run("poll").code == 0)
    // Somebody without a state of their own asks the system's daemon, and is told so.
    let stranger = try HouseProgram(endpoint: "http://127.0.0.1:9")
    var visitor = stranger
    visitor.environment["HUBWATCH_SYSTEM_SOCKET"] = "\(run)/control"
    for line in [
      "digest", "status", "digest --mark-read", "pull \(Self.model)", "status --json", "digest --json", "digest fits",
      "digest --since yesterday --format markdown",
    ] {
      let outcome = try await visitor.run(line.split(separator: " ").map(String.init))
      #expect(outcome.code == 0 && outcome.errors.contains("the system's daemon is asked"), "\(line): \(outcome)")
      #expect(!outcome.output.contains("nobody is at work"))
    }
    // Word for word what the daemon's own user is told, and read once for both.
    for line in ["digest --since 7d", "digest --since 7d --json", "digest passed --since 7d"] {
      let arguments = line.split(separator: " ").map(String.init)
      let (told, own) = (try await visitor.run(arguments), try await scene.house.program.run(arguments))
      #expect(told.code == 0 && Self.undated(told.output) == Self.undated(own.output), "\(line): \(told.output)")
    }
    #expect(try await scene.run("digest", "--json").output.contains("\"polled\" : 0"), "the visitor has read it")
    let wrong = try await ControlClient(path: "\(run)/control").ask(ControlRequest(.digest(Self.rubbish)))
    #expect(wrong.code == 1 && wrong.problem.contains("--state"), "\(wrong.code) \(wrong.problem)")
    #expect(!FileManager.default.fileExists(atPath: stranger.home.state), "nothing was made there")
    #expect(await scene.end().status == 0)
    #expect(!FileManager.default.fileExists(atPath: "\(run)/control"))
    await house.stop()
  }

  /// A wish that would be an option of its own.
  private static var rubbish: DigestWish {
    var wish = DigestWish()
    wish.places = ["--state"]
    return wish
  }

  /// A digest without the moments that it was told at.
  private static func undated(_ text: String) -> String {
    text.replacing(/\d{4}-\d\d-\d\dT[\d:.]+Z/, with: "then").replacing(/\d\d:\d\d/, with: "then")
  }

  @Test("P4 the second daemon") func theSecondDaemonEndsWithItsPid() async throws {
    let scene = try await scene()
    let second = try await scene.run("daemon")
    #expect(second.code == 75 && second.errors.contains("already running, pid"), "\(second)")
    #expect(try await scene.run("resume").code == 0, "the first one still listens")
    await scene.end()
    await scene.house.stop()
  }
}
