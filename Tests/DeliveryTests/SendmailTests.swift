import Foundation
import TestSupport
import Testing

@testable import Watch

@Suite("The local sendmail")
struct SendmailTests {
  /// A program that notes down its arguments, environment and input, and does what it is told.
  private func program(_ folder: TemporaryFolder, _ deed: String) throws -> String {
    let path = "\(folder.path)/sendmail"
    let text = """
      #!/bin/sh
      printf '%s\\n' "$@" > '\(folder.path)/arguments'
      env > '\(folder.path)/environment'
      cat > '\(folder.path)/input'
      \(deed)
      """
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    return path
  }

  private func send(
    _ path: String, from: String = "a@example.org", to: [String] = ["one@example.org", "two@example.org"],
    limit: Duration = .seconds(60)
  ) async -> DeliveryOutcome {
    let channel = SendmailChannel(
      path: path, limit: limit, environment: ["HOME": "/home/me", "HF_TOKEN": "hf_secret", "PATH": "/evil"])
    let entry = OutboxEntry(
      day: "2026-11-26", createdAt: Date(), content: .mail(from: from, to: to, message: "Subject: x\r\n\r\nhello\r\n"))
    while true {
      let outcome = await channel.send(entry) { true }
      // A process that another test starts this moment may still hold the program open that was just written.
      if case .tryAgain(let words, _) = outcome, words.contains("Text file busy") { continue }
      return outcome
    }
  }

  @Test func itGetsFixedArgumentsAndNoSecret() async throws {
    let folder = try TemporaryFolder()
    #expect(await send(try program(folder, "exit 0")) == .sent("sendmail has taken it"))
    func text(_ name: String) throws -> String { try String(contentsOfFile: "\(folder.path)/\(name)", encoding: .utf8) }
    #expect(try text("arguments") == "-i\n-f\na@example.org\n--\none@example.org\ntwo@example.org\n")
    #expect(try text("input") == "Subject: x\n\nhello\n")
    let environment = try text("environment")
    #expect(
      environment.contains("HOME=/home/me") && !environment.contains("hf_secret") && !environment.contains("/evil"))
  }

  @Test(
    "exit codes of sysexits.h",
    arguments: [
      (75, true), (69, true), (1, true), (64, false), (65, false), (67, false), (77, false), (78, false),
    ])
  func exitCodes(_ code: Int, _ isTriedAgain: Bool) async throws {
    let folder = try TemporaryFolder()
    let outcome = await send(try program(folder, "echo 'no such user' >&2; exit \(code)"))
    let words = "sendmail said no (exit code \(code)): no such user"
    #expect(outcome == (isTriedAgain ? .tryAgain(words) : .refused(words)))
  }

  @Test func aSignalOrTooLongLeavesItOpen() async throws {
    let folder = try TemporaryFolder()
    guard case .uncertain = await send(try program(folder, "kill -9 $$")) else {
      Issue.record("a signal")
      return
    }
    // What it has started ends with it.
    let slow = await send(
      try program(folder, "echo $$ > '\(folder.path)/pid'; sleep 600"), limit: .milliseconds(1500))
    guard case .uncertain = slow else {
      Issue.record("too long")
      return
    }
    let pid = Int32(
      try String(contentsOfFile: "\(folder.path)/pid", encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines))
    #expect(kill(try #require(pid), 0) != 0)
  }

  @Test func whatIsNotThereOrWouldBeAnOption() async throws {
    #expect(await send("/nonexistent/sendmail") == .refused("/nonexistent/sendmail cannot be run"))
    let folder = try TemporaryFolder()
    let path = try program(folder, "exit 0")
    for (from, to) in [("a@b", ["-oQ/tmp"]), ("-f", ["a@b"]), ("a@b", [])] {
      #expect(await send(path, from: from, to: to) == .refused("an address of the mail cannot be sent"))
    }
  }
}
