import Foundation
import Synchronization
import TestSupport
import Testing

@Suite("The daemon")
struct DaemonTests {
  @Test func itIsReadyWorksAndStopsOnSIGTERM() async throws {
    let house = try await PracticeHouse()
    try house.addRepo("tiny/llama-GGUF", ["tiny.F16.gguf": try TinyLlama.bytes()])
    let socket = try NotifySocket(path: "\(house.folder.path)/notify")
    var program = house.program
    program.environment["NOTIFY_SOCKET"] = socket.path
    program.environment["WATCHDOG_USEC"] = "600000"
    let heard = Mutex<[String]>([])
    // It is stopped once it is idle: the cycle's outcome is then in the catalog.
    let outcome = try await program.run(["daemon"]) {
      while let message = try await socket.receive() {
        heard.withLock { $0.append(message) }
        if message.hasPrefix("STATUS=idle") { break }
      }
      return SIGTERM
    }
    while let message = try await socket.receive(withinSeconds: 1) { heard.withLock { $0.append(message) } }
    let messages = heard.withLock { $0 }
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(messages.first?.hasPrefix("READY=1") == true, "\(messages)")
    #expect(messages.contains("WATCHDOG=1"))
    #expect(messages.contains { $0.hasPrefix("STATUS=idle, next cycle") }, "\(messages)")
    #expect(messages.last?.hasPrefix("STOPPING=1") == true)
    let digest = try await house.program.run("digest", "--json")
    #expect(digest.output.contains("\"downloaded\" : 1"))
    await house.stop()
  }

  @Test("P5 SIGTERM in the middle of a download") func aStopInTheMiddleOfADownloadLosesNothing() async throws {
    let house = try await PracticeHouse(bytesPerSecond: 200_000)
    let model = try TinyLlama.bytes(embedding: 384)
    try house.addRepo("tiny/llama-GGUF", ["tiny.F16.gguf": model])
    let partial = house.program.home.partial
    let daemon = try await house.program.run(["daemon"]) {
      while FileManager.default.subpaths(atPath: partial)?.contains(where: { $0.hasSuffix(".part") }) != true {
        try await Task.sleep(for: .milliseconds(20))
      }
      return SIGTERM
    }
    #expect(daemon.code == 0, "\(daemon.errors)")
    let run = try await house.program.run("run")
    #expect(run.code == 0, "\(run.errors)")
    let digest = try await house.program.run("digest", "--json")
    #expect(digest.output.contains("\"downloaded\" : 1"))
    await house.stop()
  }

  @Test func aHubThatIsDownIsWaitedFor() async throws {
    let folder = try TemporaryFolder()
    let program = try HouseProgram(endpoint: "http://127.0.0.1:9")
    let socket = try NotifySocket(path: "\(folder.path)/notify")
    var watched = program
    watched.environment["NOTIFY_SOCKET"] = socket.path
    let daemon = try await watched.run(["daemon"]) {
      while let message = try await socket.receive(), !message.hasPrefix("STATUS=idle") {}
      return SIGTERM
    }
    #expect(daemon.code == 0, "\(daemon.errors)")
    #expect(daemon.errors.contains("127.0.0.1"))
  }
}
