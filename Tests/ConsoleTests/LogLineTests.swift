import Foundation
import Logging
import Testing

@testable import Console

@Suite("Log lines for programs")
struct LogLineTests {
  private func line(_ message: String, _ metadata: Logger.Metadata = [:]) throws -> (
    text: String, fields: [String: String]
  ) {
    let event = LogEvent(
      level: .warning, message: "\(message)", metadata: nil, source: "test", file: #fileID, function: #function,
      line: #line)
    let text = LogLine.json(event, metadata, label: "hubwatch", at: Date(timeIntervalSince1970: 1_795_000_000))
    let object = try JSONSerialization.jsonObject(with: Data(text.utf8))
    return (text, try #require(object as? [String: String]))
  }

  @Test func everyLineSaysWhenWhoAndHowBad() throws {
    let (text, fields) = try line("fetched", ["model": "org/name", "bytes": "5"])
    #expect(
      fields == [
        "time": "2026-11-18T11:06:40Z", "level": "warning", "logger": "hubwatch", "message": "fetched",
        "model": "org/name", "bytes": "5",
      ])
    #expect(text.hasPrefix("{\"time\":\"2026-"))
  }

  @Test func aFieldNeverReplacesWhatEveryLineHas() throws {
    let (_, fields) = try line("fetched", ["message": "forged", "level": "debug"])
    #expect(fields["message"] == "fetched" && fields["_message"] == "forged")
    #expect(fields["level"] == "warning" && fields["_level"] == "debug")
  }

  @Test func secretsStayOut() throws {
    let (text, _) = try line("hf_abcdefghijklmnop", ["link": "https://host/file?signature=secret"])
    #expect(!text.contains("abcdefghijklmnop") && !text.contains("secret"))
  }

  @Test func linesAreBounded() throws {
    let long = String(repeating: "é", count: 100_000)
    let many = Dictionary(uniqueKeysWithValues: (0..<1000).map { ("key\($0)", Logger.MetadataValue.string(long)) })
    let (text, fields) = try line(long, many)
    #expect(fields.count == LogLine.mostFields + 4)
    #expect(text.utf8.count < 40 * 2 * (LogLine.longestText + 100))
  }

  /// Whatever the hub sends: one line, valid JSON, nothing that a terminal obeys, no field more than given.
  @Test func foreignTextNeverLeavesItsField() throws {
    var random = SystemRandomNumberGenerator()
    let pieces = [
      "\"", "\\", "\n", "\r", "\u{1B}[2J", "\u{202E}", "{", "}", "\":\"", ",", "\u{0}", "é", "🦙", "<3>", "\u{2028}",
    ]
    for _ in 0..<800 {
      let texts = (0..<3).map { _ in
        (0..<Int.random(in: 0..<12, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
      }
      let (text, fields) = try line(texts[0], ["a\(texts[1])": "\(texts[2])"])
      #expect(fields.count == 5)
      #expect(text.unicodeScalars.allSatisfy { !ForeignText.isDangerous($0) })
    }
  }
}
