import Domain
import Foundation
import Smoke
import TestSupport
import Testing

/// The parent's side, with children that misbehave in every way a child can.
@Suite("A child process that may do anything")
struct SmokeRunnerTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A runner whose child is a shell script.
  private func runner(_ script: String, timeoutSeconds: Int = 60) throws -> SmokeRunner {
    let path = "\(folder.path)/child"
    try "#!/bin/sh\n\(script)\n".write(toFile: path, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    return SmokeRunner(
      program: path, options: .init(threads: 1, timeoutSeconds: timeoutSeconds, memory: ByteCount(1 << 30)))
  }

  @Test(arguments: [
    ("kill -SEGV $$", "signal 11"), ("kill -ABRT $$", "signal 6"), ("exit 3", "code 3"),
    ("echo rubbish", "code 0 and no report"), ("echo '{\"schema\":1}'", "code 0 and no report"),
  ])
  func aChildWithoutAReportIsAFailure(_ script: String, _ words: String) async throws {
    let report = try await runner(script).test("/model.gguf")
    #expect(report.verdict == .fail)
    #expect(report.path == "/model.gguf")
    #expect(report.reasons.first?.contains(words) == true, "\(report.reasons)")
  }

  @Test func aChildThatHangsIsKilled() async throws {
    let pidFile = "\(folder.path)/pid"
    let report = try await runner("echo $$ > \(pidFile); exec sleep 600", timeoutSeconds: 1).test("/model.gguf")
    #expect(report.verdict == .unsupported)
    #expect(report.reasons == ["it did not finish within 1 second here"])
    let pid = try #require(Int32(String(contentsOfFile: pidFile, encoding: .utf8).filter(\.isNumber)))
    #expect(kill(pid, 0) == -1 && errno == ESRCH)
  }

  @Test func endlessOutputIsCutOff() async throws {
    let report = try await runner("yes", timeoutSeconds: 60).test("/model.gguf")
    #expect(report.verdict == .fail)
    #expect(report.reasons == ["the test process printed more than a report may hold"])
  }

  @Test func whatTheMachineKilledIsNotTheModelsFault() async throws {
    #expect(try await runner("kill -KILL $$").test("/model.gguf").verdict == .unsupported)
  }

  @Test func theChildSeesNothingOfTheEnvironment() async throws {
    setenv("HUBWATCH_TEST_SECRET", "hf_secret", 1)
    let seen = "\(folder.path)/environment"
    _ = try await runner("/usr/bin/env > \(seen)").test("/model.gguf")
    #expect(try !String(contentsOfFile: seen, encoding: .utf8).contains("hf_secret"))
  }

  @Test func numbersThatNobodyCanMeasureAreDropped() async throws {
    var sent = SmokeReport(path: "x", verdict: .pass, reasons: Array(repeating: "r", count: 50))
    sent.tokensPerSecond = 1e300
    sent.perplexity = -1
    sent.text = String(repeating: "x", count: 100_000)
    let file = "\(folder.path)/report.json"
    try JSONEncoder().encode(sent).write(to: URL(fileURLWithPath: file))
    let report = try await runner("/bin/cat \(file)").test("/model.gguf")
    #expect(report.tokensPerSecond == nil && report.perplexity == nil)
    #expect(report.text?.count == SmokeReport.textLimit && report.reasons.count == 10)
  }

  @Test func cancellingTheTestKillsTheChild() async throws {
    let pidFile = "\(folder.path)/pid"
    let runner = try runner("echo $$ > \(pidFile); exec sleep 600")
    let task = Task { try await runner.test("/model.gguf") }
    while !FileManager.default.fileExists(atPath: pidFile) { try await Task.sleep(for: .milliseconds(20)) }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    let pid = try #require(Int32(String(contentsOfFile: pidFile, encoding: .utf8).filter(\.isNumber)))
    #expect(kill(pid, 0) == -1 && errno == ESRCH)
  }

  @Test func aProgramThatIsNotThereIsAnErrorOfTheTest() async throws {
    let runner = SmokeRunner(
      program: "\(folder.path)/nothing", options: .init(threads: 1, timeoutSeconds: 5, memory: ByteCount(1 << 30)))
    await #expect(throws: SmokeError.self) { try await runner.test("/model.gguf") }
  }

  @Test func theReportSurvivesTheWayThroughThePipe() async throws {
    var sent = SmokeReport(path: "x", verdict: .suspect, reasons: ["odd \u{1B}[31m"])
    sent.tokensPerSecond = 12.5
    sent.isBrokenContainer = true
    let file = "\(folder.path)/report.json"
    try JSONEncoder().encode(sent).write(to: URL(fileURLWithPath: file))
    let report = try await runner("cat \(file)").test("/model.gguf")
    sent.path = "/model.gguf"
    #expect(report == sent)
    #expect(report.exitCode == .badInput)
  }
}
