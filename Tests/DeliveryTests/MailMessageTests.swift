import Foundation
import FuzzSupport
import TestSupport
import Testing

@testable import Watch

@Suite("The form of a mail")
struct MailMessageTests {
  /// What Python's email package reads in a message.
  struct Reading: Decodable {
    var headers: [String]
    var subject, from, id: String
    var to, types, texts, defects: [String]
    var date: Double
    var longest: Int
    var isBare: Bool
  }

  private func read(_ messages: [MailMessage]) async throws -> [Reading] {
    let folder = try TemporaryFolder()
    let (input, script) = ("\(folder.path)/mails.json", "\(SharedData.packageRoot)/Tests/DeliveryTests/read_mails.py")
    try JSONEncoder().encode(messages.map(\.source)).write(to: URL(fileURLWithPath: input))
    let outcome = try await Program(path: "/bin/sh").run(
      ["-c", "exec '\(MailServerProcess.python)' '\(script)' < '\(input)'"], environment: ["PATH": "/usr/bin:/bin"])
    #expect(outcome.status == 0, "\(outcome.error)")
    return try JSONDecoder().decode([Reading].self, from: Data(outcome.output.utf8))
  }

  private func message(_ subject: String, _ text: String, _ html: String) -> MailMessage {
    MailMessage(
      from: "hubwatch@example.org", to: ["one@example.org", "two@example.org"], subject: subject,
      date: Date(timeIntervalSince1970: 1_795_676_400), id: "digest.2026-11-26.7.abc@example.org",
      list: "digest.hubwatch.example.org", text: text, html: html)
  }

  @Test func itIsWhatPeopleExpectOfAMail() throws {
    let source = message("hubwatch 2026-11-26: 3 new", "Hello.\n", "<p>Hello.</p>").source
    for line in [
      "From: hubwatch <hubwatch@example.org>", "To: one@example.org,", " two@example.org",
      "Subject: hubwatch 2026-11-26: 3 new", "Date: Thu, 26 Nov 2026 07:00:00 +0000",
      "Message-ID: <digest.2026-11-26.7.abc@example.org>", "Auto-Submitted: auto-generated",
      "List-Id: hubwatch digest <digest.hubwatch.example.org>", "MIME-Version: 1.0",
    ] {
      #expect(source.contains("\(line)\r\n"), "\(line)")
    }
  }

  @Test(
    "any program reads what was meant, whatever it was", .enabled(if: MailServerProcess.isPossible, "needs python3"))
  func itIsReadAsItWasMeant() async throws {
    var random = SeededGenerator(state: 1)
    var messages: [MailMessage] = []
    for _ in 0..<300 {
      let text = (0..<Int.random(in: 0...12, using: &random)).map { _ in HostileText.random(&random) }
        .joined(separator: "\n")
      messages.append(message(HostileText.random(&random), text, "<p>\(HostileText.random(&random))</p>"))
    }
    let readings = try await read(messages)
    #expect(readings.count == messages.count)
    /// Line ends are the only thing that a mail may change.
    func lines(_ text: String) -> [String] {
      var lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      lines = lines.map { $0.hasSuffix("\r") ? String($0.unicodeScalars.dropLast()) : $0 }
      while lines.last == "" { lines.removeLast() }
      return lines
    }
    let headers = [
      "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress", "List-Id",
      "MIME-Version", "Content-Type",
    ]
    for (message, reading) in zip(messages, readings) {
      #expect(reading.headers == headers)
      #expect(reading.from == "hubwatch@example.org" && reading.to == message.to)
      #expect(reading.id == "<\(message.id)>" && reading.date == message.date.timeIntervalSince1970)
      #expect(reading.types == ["text/plain", "text/html"])
      #expect(reading.longest <= 78 && !reading.isBare && reading.defects.isEmpty, "\(reading.defects)")
      #expect(reading.texts.map(lines) == [message.text, message.html].map(lines))
      // Python may fold blanks; letters stay.
      let wanted = message.subject.unicodeScalars.prefix(200).filter { $0.value > 32 && $0.value != 127 }
      let got = reading.subject.unicodeScalars.filter { $0.value > 32 && $0.value != 127 }
      #expect(Array(wanted) == Array(got), "\(message.subject.debugDescription)")
    }
  }

  @Test func linesAreShortAsciiAndSafe() {
    var random = SeededGenerator(state: 2)
    for _ in 0..<400 {
      let text = HostileText.random(&random) + String(repeating: "F", count: Int.random(in: 0...200, using: &random))
      let encoded = QuotedPrintable.encoded(text)
      #expect(encoded.utf8.allSatisfy { (32...126).contains($0) || $0 == 13 || $0 == 10 || $0 == 9 })
      for line in encoded.components(separatedBy: "\r\n") {
        #expect(line.utf8.count <= 76 && !line.hasPrefix(".") && !line.hasPrefix("From "), "\(line)")
        #expect(!line.hasSuffix(" ") && !line.hasSuffix("\t"))
      }
      #expect(
        Self.decoded(encoded) == text.utf8.split(separator: 10, omittingEmptySubsequences: false)
          .map { $0.last == 13 ? Array($0.dropLast()) : Array($0) }.joined(separator: [10]) + [10])
    }
  }

  /// RFC 2045, 6.7, read backwards.
  private static func decoded(_ text: String) -> [UInt8] {
    let bytes = Array(text.replacing("=\r\n", with: "").replacing("\r\n", with: "\n").utf8)
    var result: [UInt8] = []
    var index = 0
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "="), index + 2 < bytes.count,
        let value = UInt8(String(decoding: bytes[index + 1...index + 2], as: UTF8.self), radix: 16)
      {
        result.append(value)
        index += 3
      } else {
        result.append(bytes[index])
        index += 1
      }
    }
    return result
  }
}
