import Foundation
import Subprocess
import TestSupport
import Testing

@Suite("The daemon")
struct DaemonTests {
  @Test func itIsReadyWorksAndStopsOnSIGTERM() async throws {
    let house = try await PracticeHouse()
    try house.addRepo("tiny/llama-GGUF", ["tiny.F32.gguf": try TinyLlama.bytes()])
    let socket = try NotifySocket(path: "\(house.folder.path)/notify")
    var program = house.program
    program.environment["NOTIFY_SOCKET"] = socket.path
    program.environment["WATCHDOG_USEC"] = "600000"
    let daemon = program
    let listening = Task.detached {
      var messages: [String] = []
      while let message = socket.receive() {
        messages.append(message)
        if message.contains("STOPPING=1") { break }
      }
      return messages
    }
    // It is stopped once it is idle: the cycle's outcome is then in the catalog.
    async let outcome = daemon.run(["daemon"], sending: .terminate, after: .seconds(8))
    let messages = await listening.value
    let ended = try await outcome
    #expect(ended.code == 0, "\(ended.errors)")
    #expect(messages.first?.hasPrefix("READY=1") == true, "\(messages)")
    #expect(messages.contains("WATCHDOG=1"))
    #expect(messages.contains { $0.hasPrefix("STATUS=idle, next cycle") }, "\(messages)")
    #expect(messages.last?.hasPrefix("STOPPING=1") == true)
    let digest = try await house.program.run("digest", "--json")
    #expect(digest.output.contains("\"downloaded\" : 1"))
    await house.stop()
  }

  @Test func aStopInTheMiddleOfADownloadLosesNothing() async throws {
    let house = try await PracticeHouse(bytesPerSecond: 200_000)
    let model = try TinyLlama.bytes(vocabulary: 6000)
    try house.addRepo("tiny/llama-GGUF", ["tiny.F32.gguf": model])
    let daemon = try await house.program.run(["daemon"], sending: .terminate, after: .seconds(5))
    #expect(daemon.code == 0, "\(daemon.errors)")
    let run = try await house.program.run("run")
    #expect(run.code == 0, "\(run.errors)")
    let digest = try await house.program.run("digest", "--json")
    #expect(digest.output.contains("\"downloaded\" : 1"))
    await house.stop()
  }

  @Test func aHubThatIsDownIsWaitedFor() async throws {
    let folder = try TemporaryFolder()
    let program = try Program(folder: folder.path, endpoint: "http://127.0.0.1:9")
    let daemon = try await program.run(["daemon"], sending: .terminate, after: .seconds(5))
    #expect(daemon.code == 0, "\(daemon.errors)")
    #expect(daemon.errors.contains("127.0.0.1"))
  }
}
