import Foundation
import LoopbackServer
import TestSupport
import Testing

@testable import Watch

@Suite("hubwatch deliver", .enabled(if: MailServerProcess.isPossible, "needs python3"))
struct DeliverVerbTests {
  private func program(mail: Int, webhook: String, to: String = "\"stdout\", \"mail\", \"webhook\"") throws
    -> HouseProgram
  {
    try HouseProgram(
      endpoint: "http://127.0.0.1:9",
      configuration: HouseProgram.card + """

        [digest]
        to = [\(to)]
        [digest.mail]
        server = "smtp://127.0.0.1:\(mail)"
        from = "hubwatch@example.org"
        to = ["me@example.org"]
        [digest.webhook]
        url = "\(webhook)"
        kind = "slack"
        """)
  }

  @Test func aDigestReachesEveryWayOnce() async throws {
    let mail = try await MailServerProcess()
    let hook = LoopbackServer { _ in LoopbackServer.answer(200) }
    let program = try program(mail: mail.port, webhook: hook.address("/T0KEN"))
    let first = try await program.run("digest", "--deliver")
    #expect(first.code == 0 && first.output.hasPrefix("Nothing new"), "\(first)")
    #expect(try mail.heard.isEmpty && hook.requests.isEmpty)
    let again = try await program.run("digest", "--deliver")
    #expect(again.code == 0 && again.output.isEmpty && again.errors.contains("already"), "\(again)")
    let plan = try await program.run("deliver", "--dry-run")
    #expect(plan.output.contains("mail would be sent") && plan.output.contains("webhook would be sent"), "\(plan)")
    let sent = try await program.run("deliver")
    #expect(sent.code == 0 && sent.output.contains("mail sent: 250 taken as 42"), "\(sent)")
    for _ in 0..<2 { #expect(try await program.run("deliver").code == 0) }
    #expect(try mail.heard.count == 1 && hook.requests.count == 1)
    let json = try await program.run("deliver", "--json")
    #expect(json.code == 0 && json.output.contains("\"schema\" : \"hubwatch.deliver/1\""), "\(json)")
    let status = try await program.run("status")
    #expect(status.output.contains("Digests: mail") && status.output.contains("Health: all well"), "\(status.output)")
    #expect(![sent, status, plan].contains { $0.output.contains("T0KEN") || $0.errors.contains("T0KEN") })
  }

  @Test func whatFailsIsToldWithItsExitCode() async throws {
    let closed = ClosedPort()
    let hook = LoopbackServer { _ in LoopbackServer.answer(404) }
    let program = try program(mail: closed.port, webhook: hook.address("/T0KEN"))
    #expect(try await program.run("digest", "--deliver").code == 0)
    let outcome = try await program.run("deliver")
    #expect(outcome.code == 1 && outcome.output.contains("webhook failed: the server answers 404"), "\(outcome)")
    #expect(outcome.output.contains("mail waiting: no connection to the server; next try"), "\(outcome)")
    // The mail waits, and what was told is not told again by the exit code.
    let later = try await program.run("deliver")
    #expect(later.code == 75 && hook.requests.count == 1, "\(later)")
    let status = try await program.run("status")
    #expect(
      status.output.contains("was not sent by webhook") && status.output.contains("mail after 1 try"),
      "\(status.output)")
  }

  @Test func theTestSaysExactlyWhatHappens() async throws {
    let mail = try await MailServerProcess(fault: "after554")
    let hook = LoopbackServer { _ in LoopbackServer.answer(200) }
    let program = try program(mail: mail.port, webhook: hook.address("/T0KEN"))
    let outcome = try await program.run("deliver", "--test")
    #expect(
      outcome.code == 1 && outcome.output.contains("mail refused: the server says: 554 looks like spam"), "\(outcome)")
    #expect(outcome.output.contains("webhook sent: the server answers 200") && outcome.output.contains("stdout sent"))
    #expect(!FileManager.default.fileExists(atPath: "\(program.home.state)/outbox"))
  }

  @Test(
    "killed between any two steps: nothing twice, and what has not arrived for certain is told",
    arguments:
      DeliveryCrashPoint.allCases)
  func kills(_ point: DeliveryCrashPoint) async throws {
    for count in 1...2 {
      let mail = try await MailServerProcess()
      let hook = LoopbackServer { _ in LoopbackServer.answer(200) }
      var dying = try program(mail: mail.port, webhook: hook.address("/"), to: "\"mail\", \"webhook\"")
      let living = dying
      dying.environment["HUBWATCH_CRASH_AT"] = "\(point.rawValue):\(count)"
      var deaths = 0
      for verb in [["digest", "--deliver"], ["deliver"]] {
        if try await dying.run(verb).code == 137 { deaths += 1 }
      }
      // Only one digest is planned a day.
      #expect(deaths == 1 || (point == .afterPlan && count == 2), "\(point) \(count): \(deaths)")
      #expect(try await living.run("digest", "--deliver").code == 0)
      var codes: [Int32?] = []
      for _ in 0..<2 { codes.append(try await living.run("deliver").code) }
      let (mails, posts) = (try mail.heard.count { $0.data != nil }, hook.requests.count)
      #expect(mails <= 1 && posts <= 1, "\(point) \(count): \(mails) mails, \(posts) posts")
      let status = try await living.run("status").output.replacing("\n", with: " ")
      let isTold = status.contains("may not have arrived")
      if mails + posts < 2 { #expect(isTold && codes.first == 1, "\(point) \(count): \(status)") }
      // Where nothing had left, or all was written down, all arrives.
      if [.afterPlan, .afterEntry].contains(point) || (point == .beforeSending && count == 1) {
        #expect(mails == 1 && posts == 1 && !isTold, "\(point) \(count): \(status)")
      }
      #expect(try await living.run("deliver").code == 0)
    }
  }

  @Test(
    "the check of the configuration misses passwords and addresses",
    arguments: [
      (
        "to = [\"mail\"]\n[digest.mail]\nserver = \"smtps://h\"\nuser = \"me\"\nfrom = \"a@b\"\nto = [\"a@b\"]",
        "needs a password"
      ),
      ("to = [\"webhook\"]", "needs digest.webhook.url"),
      ("to = [\"mail\"]\n[digest.mail]\nsendmail = \"/nonexistent\"\nfrom = \"a@b\"\nto = [\"a@b\"]", "cannot be run"),
    ])
  func whatIsMissing(_ text: String, _ words: String) async throws {
    var program = try HouseProgram(endpoint: "http://127.0.0.1:9", configuration: "[digest]\n\(text)")
    let check = try await program.run("config", "check")
    #expect(check.code == 78 && check.errors.contains(words), "\(check)")
    program.environment["HUBWATCH_SMTP_PASSWORD"] = "hunter2"
    program.environment["HUBWATCH_WEBHOOK_URL"] = "https://h/T0KEN"
    let again = try await program.run("config", "check")
    #expect(words == "cannot be run" || again.code == 0, "\(again)")
    program.environment["HUBWATCH_WEBHOOK_URL"] = "http://evil/T0KEN"
    let wrong = try await program.run("config", "check")
    #expect(!wrong.errors.contains("T0KEN") && (words != "needs digest.webhook.url" || wrong.code == 78), "\(wrong)")
  }

  @Test func theDaemonSendsWhatATimerHasWritten() async throws {
    let mail = try await MailServerProcess()
    let hook = LoopbackServer { _ in LoopbackServer.answer(200) }
    let program = try program(mail: mail.port, webhook: hook.address("/"), to: "\"mail\", \"webhook\"")
    #expect(try await program.run("digest", "--deliver").code == 0)
    let state = program.home.state
    let daemon = try await program.run(["daemon"]) {
      for _ in 0..<6000 {
        let report = OutboxReport.look(state, at: Date()).report
        if report?.deliveries.allSatisfy({ $0.phase == .sent }) ?? false { break }
        try await Task.sleep(for: .milliseconds(10))
      }
      return SIGTERM
    }
    #expect(daemon.code == 0, "\(daemon)")
    #expect(try await program.run("deliver").code == 0)
    #expect(try mail.heard.count == 1 && hook.requests.count == 1, "\(daemon.errors)")
  }

  @Test func aFailedUnitIsWrittenDownAndTold() async throws {
    var program = try program(mail: 9, webhook: "http://127.0.0.1:9/", to: "\"stdout\"")
    program.environment["MONITOR_SERVICE_RESULT"] = "exit-code"
    program.environment["MONITOR_EXIT_STATUS"] = "78"
    #expect(try await program.run("record-failure", "hubwatch-run.service").code == 0)
    let status = try await program.run("status").output.replacing("\n", with: " ")
    #expect(status.contains("hubwatch-run.service failed at") && status.contains("exit-code 78"), "\(status)")
    let digest = try await program.run("digest", "--deliver")
    #expect(digest.output.contains("hubwatch-run.service failed at"), "\(digest)")
  }

  @Test(
    "options that do not go together",
    arguments: [
      ["digest", "--deliver", "--mark-read"], ["digest", "--deliver", "--json"], ["deliver", "--test", "--dry-run"],
    ])
  func usage(_ arguments: [String]) async throws {
    let program = try program(mail: 9, webhook: "http://127.0.0.1:9/")
    #expect(try await program.run(arguments).code == 64)
  }
}
