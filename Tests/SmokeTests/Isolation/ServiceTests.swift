import Domain
import Foundation
import Glibc
import TestSupport
import Testing

@testable import Smoke

/// The process behind a socket instead of a child: what it does comes to the same verdicts.
@Suite("The service")
struct ServiceTests {
  @Test(.enabled(if: Program.hubwatch != nil, "needs hubwatch"))
  func itTestsAModel() async throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/tiny.gguf"
    try TinyLlama().writer().write(to: path)
    let program = try #require(Program.hubwatch).path
    let child = try await SmokeRunner(
      program: program, options: .init(threads: 1, timeoutSeconds: 100, memory: ByteCount(1 << 30))
    ).test(path)
    let (behind, absent) = try await SocketService.smoke(program) { service in
      // One connection after the other.
      (try await service.runner().test(path), try await service.runner().test("\(folder.path)/absent.gguf"))
    }
    #expect(behind.verdict == child.verdict && behind.reasons == child.reasons && behind.text == child.text)
    #expect(behind.isolation == Confinement.available)
    #expect(absent.verdict == .fail)
  }

  @Test(
    .enabled(if: MisbehaverStage.program != nil, "needs misbehaver"),
    arguments: [
      ("answer", nil), ("write", ChildMishap.forbidden(call: "openat")), ("tcp", .forbidden(call: "socket")),
      ("fork", .forbidden(call: "clone")), ("signal-\(SIGSEGV)", .crashed(signal: SIGSEGV)),
      ("signal-\(SIGKILL)", .killed), ("threads", .threadBomb), ("print", .endlessOutput),
      ("rubbish", .silent(status: nil)), ("sleep", .timedOut(seconds: 2)),
      ("allocate", .memoryBomb(budget: ByteCount(256 << 20))),
    ] as [(String, ChildMishap?)])
  func whatGoesWrongIsToldThere(_ deed: String, _ mishap: ChildMishap?) async throws {
    let stage = try MisbehaverStage(deed)
    let report = try await SocketService.smoke(try #require(MisbehaverStage.program)) { service in
      try await service.runner(timeoutSeconds: deed == "sleep" ? 2 : 100, memory: ByteCount(256 << 20))
        .test(stage.path)
    }
    #expect(report.verdict == (mishap?.verdict ?? .pass))
    #expect(report.reasons == (mishap.map { [$0.words] } ?? []))
    // A process that is given up ends by itself once the connection is closed.
    while try !stage.hasEnded { try await Task.sleep(for: .milliseconds(20)) }
    try stage.expectNothingLeft()
  }

  @Test(.enabled(if: MisbehaverStage.program != nil, "needs misbehaver"))
  func cancellingEndsIt() async throws {
    let stage = try MisbehaverStage("sleep")
    try await SocketService.smoke(try #require(MisbehaverStage.program)) { service in
      let runner = service.runner()
      let task = Task { try await runner.test(stage.path) }
      while stage.pid == nil { try await Task.sleep(for: .milliseconds(20)) }
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
    }
    while try !stage.hasEnded { try await Task.sleep(for: .milliseconds(20)) }
  }

  /// systemd closes a connection beyond the most that there may be.
  @Test(.enabled(if: MisbehaverStage.program != nil, "needs misbehaver"))
  func aBusyServiceIsAskedAgain() async throws {
    let stage = try MisbehaverStage("answer")
    let folder = try TemporaryFolder()
    // The first two connections find nobody.
    let script = "\(folder.path)/service"
    let program = try #require(MisbehaverStage.program)
    try """
    #!/bin/sh
    echo >> \(folder.path)/asked
    [ $(wc -l < \(folder.path)/asked) -gt 2 ] || exit 0
    exec \(program) "$@"
    """.write(toFile: script, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
    let report = try await SocketService.smoke(script) { try await $0.runner().test(stage.path) }
    #expect(report.text == "here I am")
  }

  @Test func aServiceThatCannotBeginIsNoVerdict() async throws {
    await #expect {
      try await SocketService.smoke("/bin/true") { try await $0.runner().test("/m.gguf") }
    } throws: { error in
      (error as? SmokeError)?.problem.contains("is busy, or its process cannot begin") == true
    }
  }

  /// After an update the old daemon may meet the new service.
  @Test(.enabled(if: Program.hubwatch != nil, "needs hubwatch"))
  func anotherVersionIsRefusedWithItsReason() async throws {
    let program = try #require(Program.hubwatch).path
    await #expect {
      try await SocketService.smoke(program) { service in
        var request = service.runner().request(.smoke, path: "/m.gguf")
        request.version = 99
        return try await service.runner().ask(request, as: SmokeReport.self)
      }
    } throws: { error in
      (error as? SmokeError)?.problem.contains("version 99") == true
    }
  }

  @Test(arguments: ["/nonexistent/smoke.sock", "/" + String(repeating: "x", count: 200), "/etc/passwd"])
  func whereNobodyListensTheTestIsAnError(_ socket: String) async throws {
    let runner = SmokeRunner(
      program: "/nonexistent",
      options: .init(threads: 1, timeoutSeconds: 10, memory: ByteCount(1 << 30), socket: socket))
    await #expect(throws: SmokeError.self) { try await runner.test("/m.gguf") }
  }
}
