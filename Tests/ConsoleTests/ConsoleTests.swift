import Console
import Foundation
import Testing

@Suite("Speaking to a person")
struct ConsoleTests {
  @Test(
    "C6 escapes become visible",
    arguments: [
      "\u{1B}[2J", "\u{7}", "\u{9B}31m", "\u{202E}evil", "\u{200B}", "\u{2066}", "\r", "\u{E0001}", "\u{85}",
    ])
  func escapesBecomeVisible(_ text: String) {
    let safe = ForeignText.safe("a\(text)b")
    #expect(safe.contains("\\u{"))
    #expect(!safe.unicodeScalars.contains { $0.value < 32 || (127..<160).contains($0.value) })
  }

  @Test func ordinaryTextStaysAsItIs() {
    #expect(ForeignText.safe("Größe 大模型 🦙 ok") == "Größe 大模型 🦙 ok")
    #expect(ForeignText.safe("a\nb") == "a\\u{a}b")
    #expect(ForeignText.safe("a\nb", keepingLineEnds: true) == "a\nb")
    #expect(ForeignText.safe("abcdef", limit: 3) == "abc…")
  }

  @Test("C6 random text never reaches the terminal alive") func randomTextNeverReachesTheTerminalAlive() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<5000 {
      var text = ""
      for _ in 0..<8 {
        if let scalar = Unicode.Scalar(UInt32.random(in: 0...0x10FFFF, using: &random)) {
          text.unicodeScalars.append(scalar)
        }
      }
      for scalar in ForeignText.safe(text).unicodeScalars {
        #expect(scalar.value >= 32 && !(127..<160).contains(scalar.value) && !scalar.properties.isBidiControl)
      }
    }
  }

  @Test func widths() {
    #expect(TextWidth.columns("abc") == 3)
    #expect(TextWidth.columns("大模型") == 6)
    #expect(TextWidth.columns("e\u{301}") == 1)
    #expect(TextWidth.columns("한국") == 4 && TextWidth.columns("\u{1112}\u{1161}\u{11AB}") == 2)
    #expect(TextWidth.columns("ทำ") == 2 && TextWidth.columns("क्षि") == 3)
    #expect(TextWidth.cut("abcdef", to: 4) == "abc…")
    #expect(TextWidth.columns(TextWidth.cut("大模型大模型", to: 6)) <= 6)
  }

  @Test func aTableIsAlignedAndGivesWay() {
    var table = Table([.init("MODEL", mayShrink: true), .init("NEED", isRightAligned: true), .init("VERDICT")])
    table.add(["someone/a-rather-long-model-name", "5.85 GiB", Table.Cell("fits", .good)])
    table.add(["a/b", "11.0 GiB", "no"])
    let lines = table.lines(width: 40, style: .plain)
    #expect(lines.allSatisfy { TextWidth.columns($0) <= 40 })
    #expect(lines[1].contains("…") && lines[2].hasPrefix("a/b "))
    let coloured = table.lines(width: 40, style: Style(isColoured: true))
    #expect(coloured[1].contains("\u{1B}[32mfits\u{1B}[0m"))
  }

  @Test("S1 secrets are redacted") func secretsAreRedacted() {
    let text = Redaction.redact("GET https://cdn.example/x?Signature=abc&Expires=1 with hf_abcdefghij1234")
    #expect(text == "GET https://cdn.example/x?*** with hf_***")
    #expect(Redaction.redact("nothing here") == "nothing here")
  }

  @Test func jsonHoldsNoLiveEscapes() throws {
    let text = "a\u{9B}b\u{202E}c\u{1B}d\u{E0001}é\n"
    let document = try JSONOutput.document(["text": text])
    #expect(
      document.unicodeScalars.allSatisfy { $0 == "\n" || $0 == " " || $0.value > 32 && !$0.properties.isBidiControl })
    #expect(!document.unicodeScalars.contains("\u{9B}") && !document.unicodeScalars.contains("\u{E0001}"))
    #expect(try JSONDecoder().decode([String: String].self, from: Data(document.utf8)) == ["text": text])
  }

  @Test func durations() {
    #expect(ProgressBoard.duration(59.2) == "60 s")
    #expect(ProgressBoard.duration(600) == "10 min")
    #expect(ProgressBoard.duration(7800) == "2 h 10 min")
    #expect(ProgressBoard.duration(.infinity) == "?")
  }
}
