import Domain
import Foundation
import Glibc
import Smoke
import TestSupport
import Testing

/// What a model could make the process do that runs it, tried with the real walls around a program that does it.
@Suite("A process that was taken over", .enabled(if: MisbehaverStage.program != nil, "needs misbehaver"))
struct MisbehaviourTests {
  private static let walls = MisbehaverStage.walls

  /// What it does, and the words with which that ends.
  static let deeds: [(deed: String, words: String)] = [
    ("fork", "it tried to start another process"), ("spawn", "it tried to"),
    ("execute", "it tried to start another program"), ("write", "it tried to write a file"),
    ("write-elsewhere", "it tried to write a file"), ("delete", "it tried to change files"),
    ("rename", "it tried to change files"), ("chmod", "it tried to change files"),
    ("tcp", "it tried to open a network connection"), ("udp", "it tried to open a network connection"),
    ("unix", "it tried to open a network connection"), ("ring", "it tried to reach into the kernel (io_uring_setup)"),
    ("namespace", "it tried to start another process"), ("user", "it tried to change its user"),
    ("kill-parent", "it tried to send a signal to another process"),
    ("look-into-parent", "it tried to look into another process"),
    ("trace-parent", "it tried to look into another process"),
    ("executable-memory", "it tried to make memory executable"),
    ("make-executable", "it tried to make memory executable"), ("deaf", "it tried to make a forbidden system call"),
  ]

  @Test(.enabled(if: walls.contains("seccomp"), "needs seccomp"), arguments: deeds)
  func reachingOutEndsIt(_ deed: String, _ words: String) async throws {
    let stage = try MisbehaverStage(deed)
    let report = try await stage.run()
    #expect(report.verdict == .fail)
    #expect(report.reasons.count == 1 && report.reasons[0].contains(words), "\(report.reasons)")
    try stage.expectNothingLeft()
  }

  @Test func memoryWithoutEndIsABomb() async throws {
    let stage = try MisbehaverStage("allocate")
    let report = try await stage.run(memory: ByteCount(256 << 20))
    #expect(report.verdict == .fail)
    #expect(report.reasons == [ChildMishap.memoryBomb(budget: ByteCount(256 << 20)).words])
    try stage.expectNothingLeft()
  }

  /// A file that is larger than the budget may be the reason for what is taken: the machine is too small for the test.
  @Test func memoryForALargeModelSaysNothingAboutIt() async throws {
    let stage = try MisbehaverStage("allocate", fileBytes: 300 << 20)
    let report = try await stage.run(memory: ByteCount(256 << 20))
    #expect(report.verdict == .unsupported)
    #expect(report.reasons == [ChildMishap.tooBig(budget: ByteCount(256 << 20)).words])
    try stage.expectNothingLeft()
  }

  @Test func memoryBeyondReasonIsRefused() async throws {
    let stage = try MisbehaverStage("allocate-at-once")
    #expect(try await stage.run().text == "refused")
  }

  @Test func threadsWithoutEndAreABomb() async throws {
    let stage = try MisbehaverStage("threads")
    let report = try await stage.run()
    #expect(report.verdict == .fail && report.reasons == [ChildMishap.threadBomb.words], "\(report.reasons)")
    try stage.expectNothingLeft()
  }

  @Test func runningOutOfStackIsACrash() async throws {
    let stage = try MisbehaverStage("recursion")
    let report = try await stage.run()
    #expect(report.verdict == .fail && report.reasons == [ChildMishap.crashed(signal: SIGSEGV).words])
    try stage.expectNothingLeft()
  }

  @Test(arguments: ["sleep", "spin"])
  func whatNeverEndsIsStopped(_ deed: String) async throws {
    let stage = try MisbehaverStage(deed)
    let report = try await stage.run(timeoutSeconds: 2)
    #expect(report.verdict == .unsupported)
    #expect(
      [ChildMishap.timedOut(seconds: 2).words, ChildMishap.outOfTime.words].contains(report.reasons.first ?? ""),
      "\(report.reasons)")
    try stage.expectNothingLeft()
  }

  @Test func outputWithoutEndIsCutOff() async throws {
    let stage = try MisbehaverStage("print")
    let report = try await stage.run()
    #expect(report.verdict == .fail && report.reasons == [ChildMishap.endlessOutput.words])
    try stage.expectNothingLeft()
  }

  /// A gigabyte of complaints goes nowhere.
  @Test func complaintsAreNotCollected() async throws {
    let stage = try MisbehaverStage("complain")
    let report = try await stage.run()
    #expect(report.verdict == .fail && report.reasons == [ChildMishap.silent(status: 3).words], "\(report.reasons)")
  }

  @Test func rubbishIsNoReport() async throws {
    let report = try await MisbehaverStage("rubbish").run()
    #expect(report.verdict == .fail && report.reasons == [ChildMishap.silent(status: 3).words])
  }

  @Test(arguments: ["begin-an-answer", "answer-and-crash"])
  func aCrashIsNotHiddenByAnAnswer(_ deed: String) async throws {
    let report = try await MisbehaverStage(deed).run()
    #expect(report.verdict == .fail && report.reasons == [ChildMishap.crashed(signal: SIGABRT).words])
  }

  @Test(arguments: [SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGTERM, SIGHUP, SIGUSR1, SIGPIPE, SIGXFSZ])
  func aSignalIsAVerdict(_ signal: Int32) async throws {
    let stage = try MisbehaverStage("signal-\(signal)")
    let report = try await stage.run()
    #expect(
      report.verdict == .fail && report.reasons == [ChildMishap.crashed(signal: signal).words], "\(report.reasons)")
    try stage.expectNothingLeft()
  }

  @Test func beingKilledSaysNothingAboutTheModel() async throws {
    let report = try await MisbehaverStage("signal-\(SIGKILL)").run()
    #expect(report.verdict == .unsupported && report.reasons == [ChildMishap.killed.words])
  }

  @Test func theModelCanBeReadAndNothingElse() async throws {
    #expect(try await MisbehaverStage("read-itself").run().text == "open")
    guard Self.walls.contains(where: { $0.hasPrefix("landlock") }) else { return }
    for deed in ["read-passwords", "read-neighbour", "list"] {
      #expect(try await MisbehaverStage(deed).run().text == "errno \(EACCES)", "\(deed)")
    }
  }

  /// Symbolic links are how the Hugging Face cache names its files.
  @Test func aLinkedModelCanBeRead() async throws {
    let stage = try MisbehaverStage("read-itself", isLinked: true)
    #expect(try await stage.run().text == "open")
  }

  /// Nobody waits for its answer: the process that asked is another one than its parent.
  @Test func anOrphanEnds() async throws {
    let stage = try MisbehaverStage("sleep")
    let runner = try stage.runner()
    var request = runner.request(.smoke, path: stage.path)
    request.parent = 1
    guard case .mishap(let mishap) = try await runner.ask(request, as: SmokeReport.self) else {
      Issue.record("it answered")
      return
    }
    #expect(mishap == .silent(status: 137))
    try stage.expectNothingLeft()
  }

  @Test func cancellingKillsIt() async throws {
    let stage = try MisbehaverStage("sleep")
    let runner = try stage.runner()
    let task = Task { try await runner.test(stage.path) }
    while stage.pid == nil { try await Task.sleep(for: .milliseconds(20)) }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    try stage.expectNothingLeft()
  }
}
