import Foundation
import TestSupport
import Testing

/// The real program under exactly the system calls that its units leave it.
@Suite("Under the units' filters")
struct UnitFilterTests {
  private static let obstacle: String? = {
    for file in ["/usr/bin/systemd-analyze", "/usr/bin/python3"]
    where !FileManager.default.isExecutableFile(atPath: file) {
      return "needs \(file)"
    }
    return nil
  }()

  /// A program that is hubwatch under the filter of a unit.
  private func filtered(_ house: PracticeHouse, by unit: String) throws -> HouseProgram {
    let root = SharedData.packageRoot
    let wrapper = "\(house.folder.path)/\(unit).sh"
    let script = """
      #!/bin/sh
      exec /usr/bin/python3 '\(root)/scripts/under-unit-filter' '\(root)/systemd/\(unit)' '\(try hubwatch().path)' "$@"

      """
    try script.write(toFile: wrapper, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: wrapper)
    return house.program.run(by: Program(path: wrapper))
  }

  /// A cycle with everything that belongs to it: a poll, a download, a test in a child that confines itself further, a tool
  /// asked through git. Then a scrub and the digest.
  @Test(.enabled(if: obstacle == nil, "\(obstacle ?? "")"))
  func aCycleGoesAsItDoesOutside() async throws {
    let house = try await PracticeHouse()
    try house.addRepo("tiny/llama-GGUF", ["tiny.F16.gguf": try TinyLlama.bytes()])
    let run = try await filtered(house, by: "hubwatch-run.service").run("run")
    #expect(run.code == 0, "\(run.errors)")
    #expect(run.errors.contains("tiny/llama-GGUF: ") && run.errors.contains("verified"), "\(run.errors)")
    // A toy babbles; what matters is that it was heard.
    #expect(run.errors.contains("tokens/s"), "\(run.errors)")
    // A filter that refuses what the libraries underneath do shows in their complaints.
    #expect(!run.errors.contains("not permitted") && !run.errors.contains("Failed to"), "\(run.errors)")
    let scrub = try await filtered(house, by: "hubwatch-scrub.service").run("scrub", "--all")
    #expect(scrub.code == 0 && scrub.output.contains("all sound"), "\(scrub.output)\(scrub.errors)")
    let digest = try await filtered(house, by: "hubwatch-digest.service").run("digest", "--json")
    #expect(digest.code == 0 && digest.output.contains("\"downloaded\" : 1"), "\(digest.output)\(digest.errors)")
    let post = try await filtered(house, by: "hubwatch-digest.service").run("digest", "--deliver")
    #expect(post.code == 0 && post.output.contains("tiny/llama-GGUF"), "\(post.output)\(post.errors)")
    let delivery = try await filtered(house, by: "hubwatch-deliver.service").run("deliver")
    #expect(delivery.code == 0, "\(delivery.output)\(delivery.errors)")
    let record = try await filtered(house, by: "hubwatch-failed@.service").run("record-failure", "hubwatch-run.service")
    #expect(record.code == 0, "\(record.output)\(record.errors)")
    await house.stop()
  }

  @Test(.enabled(if: obstacle == nil, "\(obstacle ?? "")"))
  func theDaemonLivesAndStops() async throws {
    let house = try await PracticeHouse()
    try house.addRepo("tiny/llama-GGUF", ["tiny.F16.gguf": try TinyLlama.bytes()])
    let socket = try NotifySocket(path: "\(house.folder.path)/notify")
    var program = try filtered(house, by: "hubwatch.service")
    program.environment["NOTIFY_SOCKET"] = socket.path
    let outcome = try await program.run(["daemon"]) {
      while let message = try await socket.receive(), !message.hasPrefix("STATUS=idle") {}
      return SIGTERM
    }
    #expect(outcome.code == 0 && !outcome.errors.contains("Failed to"), "\(outcome.errors)")
    #expect(try await house.program.run("digest", "--json").output.contains("\"downloaded\" : 1"))
    await house.stop()
  }

  /// The service behind the socket, which has cards but no network.
  @Test(.enabled(if: obstacle == nil, "\(obstacle ?? "")"))
  func modelsAreTestedBehindTheSocket() async throws {
    let house = try await PracticeHouse()
    let path = "\(house.folder.path)/tiny.gguf"
    try Data(TinyLlama.bytes()).write(to: URL(fileURLWithPath: path))
    let wrapped = try filtered(house, by: "hubwatch-smoke@.service").program.path
    let smoke = try await SocketService.with(program: wrapped, arguments: ["smoke-child"]) { service in
      let client = try HouseProgram(
        endpoint: "http://127.0.0.1:9", configuration: "[smoke]\nsocket = \"\(service.socket)\"\n")
      return try await client.run("smoke", "--json", path)
    }
    #expect(smoke.output.contains("\"architecture\" : \"llama\""), "\(smoke.output)\(smoke.errors)")
    await house.stop()
  }
}
