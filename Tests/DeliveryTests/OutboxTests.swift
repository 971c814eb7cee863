import Digest
import Foundation
import FuzzSupport
import Settings
import TestSupport
import Testing

@testable import Watch

@Suite("The outbox")
struct OutboxTests {
  private let morning = Stories.morning

  @Test func eachWayIsTriedOnItsOwnWithLongerAndLongerPauses() async throws {
    let practice = try PracticePost()
    let post = try practice.post()
    #expect(try await post.write(at: morning))
    practice.answers.withLock { $0 = [.mail: .tryAgain("451 later"), .webhook: .refused("the server answers 404")] }
    var now = morning
    var pauses: [TimeInterval] = []
    while let next = try await post.deliver(at: now) {
      // Nothing is tried before its time.
      let tries = practice.count(.mail)
      #expect(try await post.deliver(at: next - 1) == next && practice.count(.mail) == tries)
      pauses.append(next.timeIntervalSince(now))
      now = next
    }
    #expect(pauses.prefix(5) == [60, 120, 240, 480, 960] && pauses.max() == 6 * 3600)
    #expect(now.timeIntervalSince(morning) <= 3 * 86_400 && now.timeIntervalSince(morning) > 2.5 * 86_400)
    #expect(practice.count(.stdout) == 1 && practice.count(.webhook) == 1)
    let troubles = try practice.report(at: now).troubles
    #expect(troubles.count == 2, "\(troubles)")
    #expect(
      troubles.contains { $0.contains("not sent by mail") && $0.contains("given up after") && $0.contains("451 later") }
    )
    #expect(troubles.contains { $0.contains("not sent by webhook") && $0.contains("404") })
  }

  @Test func theOtherSideMayAskToBeLeftAlone() async throws {
    let practice = try PracticePost()
    let post = try practice.post("to = [\"webhook\"]")
    #expect(try await post.write(at: morning))
    practice.answers.withLock { $0 = [.webhook: .tryAgain("429", after: 3600)] }
    #expect(try await post.deliver(at: morning) == morning + 3600)
    practice.answers.withLock { $0 = [.webhook: .tryAgain("429", after: .infinity)] }
    #expect(try await post.deliver(at: morning + 3600) == morning + 3600 + 120)
    // A clock that was set back does not wait for what is long past.
    practice.answers.withLock { $0 = [:] }
    #expect(try await post.deliver(at: morning - 86_400) == nil && practice.count(.webhook) == 3)
  }

  @Test func whatWasCutOffIsToldAndNotSentAgain() async throws {
    let practice = try PracticePost()
    let post = try practice.post("to = [\"webhook\"]")
    #expect(try await post.write(at: morning))
    let outbox = try Outbox(state: practice.folder.path)
    try outbox.set(DeliveryState(phase: .sending, attempts: 1, changedAt: morning), .webhook, of: "2026-11-26")
    let round = try await post.round(at: morning + 60)
    #expect(round.hasFailed && round.nextTryAt == nil && practice.count(.webhook) == 0)
    #expect(try practice.report(at: morning + 60).troubles.first?.contains("may not have arrived by webhook") == true)
    #expect(try await post.round(at: morning + 120).results.isEmpty && practice.count(.webhook) == 0)
    // The next digest tells it once, and the one after no more.
    #expect(try await post.write(at: morning + 86_400))
    _ = try await post.deliver(at: morning + 86_400)
    #expect(try await post.write(at: morning + 2 * 86_400))
    _ = try await post.deliver(at: morning + 2 * 86_400)
    let bodies = practice.received.withLock { $0.map(\.entry.content) }.map { content -> String in
      if case .webhook(_, _, let body) = content { body } else { "" }
    }
    #expect(bodies.count == 2 && bodies[0].contains("may not have arrived by webhook"), "\(bodies)")
    #expect(!bodies[1].contains("may not have arrived"))
  }

  @Test func whatFailedStandsInTheNextDigest() async throws {
    let practice = try PracticePost()
    let post = try practice.post()
    #expect(try await post.write(at: morning))
    practice.answers.withLock { $0 = [.mail: .refused("550 no such person")] }
    #expect(try await post.deliver(at: morning) == nil)
    try UnitFailure(unit: "hubwatch-scrub.service", at: morning + 100, result: "exit-code", status: "1")
      .record(state: practice.folder.path)
    #expect(try await post.write(at: morning + 86_400))
    practice.answers.withLock { $0 = [:] }
    #expect(try await post.deliver(at: morning + 86_400) == nil)
    let texts = practice.received.withLock { $0.map(\.entry.content) }.compactMap { content -> String? in
      if case .stdout(let text) = content { text } else { nil }
    }
    #expect(texts.count == 2 && !texts[0].contains("was not sent"))
    #expect(texts[1].contains("the digest of 2026-11-26 was not sent by mail"), "\(texts[1])")
    #expect(texts[1].contains("hubwatch-scrub.service failed"), "\(texts[1])")
  }

  @Test func onlyOneDelivers() async throws {
    let practice = try PracticePost()
    let post = try practice.post("to = [\"webhook\"]")
    #expect(try await post.write(at: morning))
    do {
      let lock = try Outbox(state: practice.folder.path).deliveryLock()
      #expect(lock != nil)
      let round = try await post.round(at: morning)
      #expect(round.isBusy && practice.count(.webhook) == 0)
      #expect(try await post.deliver(at: morning) == morning + 60)
      withExtendedLifetime(lock) {}
    }
    #expect(try await post.deliver(at: morning) == nil && practice.count(.webhook) == 1)
  }

  @Test(
    "files that make no sense are set aside and told, and what lies beside them goes out",
    arguments: [
      "", "{", "null", "[]", "{\"schema\":1}", String(repeating: "[", count: 100_000), "\u{0}\u{1}\u{2}",
    ])
  func damage(_ text: String) async throws {
    for name in ["2026-11-26.webhook.json", "2026-11-26.webhook.state.json", "2026-11-25.digest.json"] {
      let practice = try PracticePost()
      let post = try practice.post("to = [\"webhook\", \"stdout\"]")
      #expect(try await post.write(at: morning))
      let path = "\(practice.folder.path)/outbox/\(name)"
      try Data(text.utf8).write(to: URL(fileURLWithPath: path))
      _ = try practice.report(at: morning)
      #expect(FileManager.default.fileExists(atPath: path), "looking changes nothing")
      _ = try await post.write(at: morning + 60)
      _ = try await post.deliver(at: morning + 60)
      let report = try practice.report(at: morning + 60)
      #expect(report.damaged == [name] && practice.count(.stdout) == 1, "\(name): \(report)")
      // Without knowing how far it was it does not leave; a message that is only damaged is told, too.
      if !name.contains("digest") { #expect(practice.count(.webhook) == 0 && report.troubles.count == 2, "\(report)") }
    }
  }

  @Test func whatIsNoPlainFileIsNotFollowed() async throws {
    let practice = try PracticePost()
    let post = try practice.post("to = [\"webhook\"]")
    #expect(try await post.write(at: morning))
    let path = "\(practice.folder.path)/outbox/2026-11-26.webhook.json"
    let elsewhere = "\(practice.folder.path)/elsewhere.json"
    try FileManager.default.moveItem(atPath: path, toPath: elsewhere)
    symlink(elsewhere, path)
    _ = try await post.deliver(at: morning)
    #expect(practice.count(.webhook) == 0 && FileManager.default.fileExists(atPath: elsewhere))
    let pipe = "\(practice.folder.path)/outbox/2026-11-20.webhook.json"
    mkfifo(pipe, 0o600)
    _ = try await post.deliver(at: morning + 60)
    #expect(try practice.report(at: morning).damaged.count == 2)
    // A file that is too large is not read.
    let large = "\(practice.folder.path)/outbox/2026-11-21.webhook.json"
    #expect(FileManager.default.createFile(atPath: large, contents: nil))
    truncate(large, 9 << 20)
    _ = try await post.deliver(at: morning + 120)
    #expect(try practice.report(at: morning).damaged.count == 3 && practice.count(.webhook) == 0)
  }

  @Test("any bytes in any file: nothing twice, nothing lost in silence") func fuzz() async throws {
    var random = SeededGenerator(state: 5)
    for _ in 0..<20 {
      let practice = try PracticePost()
      let post = try practice.post()
      #expect(try await post.write(at: morning))
      _ = try await post.deliver(at: morning)
      let folder = "\(practice.folder.path)/outbox"
      let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".json") }
      for name in names where Int.random(in: 0..<3, using: &random) == 0 {
        var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)")))
        for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
          bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        if Bool.random(using: &random) { bytes.removeLast(Int.random(in: 0...bytes.count, using: &random)) }
        try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
      }
      for minutes in 1...5 {
        _ = try await post.write(at: morning + Double(minutes) * 60)
        _ = try await post.deliver(at: morning + Double(minutes) * 60)
      }
      for channel in [DeliveryChannelName.stdout, .mail, .webhook] {
        let report = try practice.report(at: morning + 600)
        #expect(practice.count(channel) == 1, "\(channel)")
        let isTold = report.deliveries.contains { $0.channel == channel } || !report.damaged.isEmpty
        #expect(isTold, "\(channel)")
      }
    }
  }

  @Test func whatIsOverIsClearedAfterAMonthButNoDigestIsForgotten() async throws {
    let practice = try PracticePost()
    let post = try practice.post("to = [\"webhook\"]")
    for day in 0..<100 {
      let now = morning + Double(day) * 86_400
      #expect(try await post.write(at: now))
      #expect(try await post.deliver(at: now) == nil)
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: "\(practice.folder.path)/outbox")
    #expect(names.count { $0.hasSuffix("webhook.json") } == 31 && names.count { $0.hasSuffix("state.json") } == 31)
    #expect(names.count { $0.hasSuffix("digest.json") } == DeliveryPolicy.remembered)
    #expect(!names.contains { $0.hasPrefix(".new-") })
    #expect(practice.count(.webhook) == 100)
  }

  @Test func namesAreReadStrictly() {
    for name in ["2026-11-26.mail.json", "2026-11-26.mail.state.json", "2026-11-26.digest.json"] {
      #expect(OutboxName(name)?.text == name)
    }
    for name in [
      "2026-11-26.pigeon.json", "2026-11-26.digest.state.json", "x2026-11-26.mail.json", "2026-11-26.mail.json.new",
      ".new-1", "../2026-11-26.mail.json", "2026-11-26.mail.state.state.json",
    ] {
      #expect(OutboxName(name) == nil, "\(name)")
    }
  }

  @Test func theArithmeticOfPauses() {
    var random = SeededGenerator(state: 6)
    for _ in 0..<2000 {
      let attempts = Int.random(in: -5...5000, using: &random)
      let wished = [nil, 0, -5, 100, 1e30, .nan, .infinity].randomElement(using: &random) ?? nil
      let pause = DeliveryPolicy.nextTry(after: attempts, wished: wished, now: morning).timeIntervalSince(morning)
      #expect(pause >= 60 && pause <= 30 * 86_400 && (wished != nil || pause <= 6 * 3600))
    }
  }

  @Test func failuresOfUnitsAreBoundedAndSafe() throws {
    let folder = try TemporaryFolder()
    try UnitFailure(unit: "../../evil\u{1B}[31m.service", at: morning).record(state: folder.path)
    try UnitFailure(unit: "a.service", at: morning - 8 * 86_400).record(state: folder.path)
    try Data("{".utf8).write(to: URL(fileURLWithPath: "\(folder.path)/failures/b.json"))
    let failures = UnitFailure.recent(state: folder.path, at: morning)
    #expect(failures.count == 1 && failures.first?.trouble.contains("\u{1B}") == false)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["failures"])
  }
}
