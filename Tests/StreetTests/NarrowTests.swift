import Foundation
import HubServer
import TestSupport
import Testing

/// Foreign text on a terminal of 40 columns: nothing of it is obeyed, and no line is broken by the terminal.
@Suite("Foreign text on a narrow terminal")
struct NarrowTests {
  /// Clears the screen, sets the clipboard and turns the reading direction.
  private static let evil = "poems \u{1B}[2J\u{1B}]52;c;ZXZpbA==\u{7}\u{202E}\u{9B}31m\u{2066}\u{200B}"
  /// Letters of two cells, and clusters of several letters.
  private static let wide = ["大規模言語モデル", "한국어", "🦙", "ทำน้ำ", "क्षि", "Ｗｉｄｅ"].map {
    String(repeating: $0, count: 30)
  }

  /// Cells by the scalars alone, as terminals count them.
  private static func cells(_ line: Substring) -> Int {
    line.unicodeScalars.reduce(0) { sum, scalar in
      switch scalar.properties.generalCategory {
      case .nonspacingMark, .enclosingMark: return sum
      default:
        let isWide =
          scalar.properties.isEmojiPresentation || (0x2E80...0xA4CF).contains(scalar.value)
          || (0xAC00...0xD7A3).contains(scalar.value) || (0xFF00...0xFF60).contains(scalar.value)
        return sum + (isWide ? 2 : 1)
      }
    }
  }

  private static let lines: [[String]] = [
    ["list"], ["list", "--models"], ["list", "--columns", "licence,model,why,params,modified,downloads"],
    ["list", "--state", "leftOut", "--columns", "why,licence"], ["search", "poems"], ["search", "大規模言語モデル"],
    ["show", "maker/A-Rather-Long-Name-1B-Instruct-GGUF"], ["show", "loud/Another-Rather-Long-Name-GGUF"],
  ]

  @Test func everyLineFitsAndNothingIsObeyed() async throws {
    let house = try await PracticeHouse(
      configuration: "\(HouseProgram.card)\n[watch]\nmin_parameters = \"0\"\nlicences = [\"mit\"]\n")
    let card = ([Self.evil] + Self.wide.prefix(5)).joined(separator: "\n")
    try house.addRepo(
      "maker/A-Rather-Long-Name-1B-Instruct-GGUF",
      ["tiny.F16.gguf": try TinyLlama.bytes(), "README.md": Array(card.utf8)]
    ) {
      $0.tags = ["gguf", "license:\(Self.wide[0])", "license:mit", Self.evil, "大規模言語モデル"]
    }
    try house.addRepo("loud/Another-Rather-Long-Name-GGUF", ["noise.F16.gguf": try TinyLlama.bytes(seed: 3)]) {
      $0.tags = ["gguf", "license:\(Self.wide[4])\(Self.evil)", Self.evil]
    }
    #expect(try await house.program.run("poll").code == 0)
    var program = house.program
    program.environment["COLUMNS"] = "40"
    for words in Self.lines {
      let outcome = try await program.run(words)
      #expect(outcome.code == 0 && !outcome.output.isEmpty, "\(words): \(outcome.errors)")
      for line in outcome.output.split(separator: "\n") {
        #expect(Self.cells(line) <= 40, "\(words): \(line)")
      }
      for text in [outcome.output, outcome.errors] {
        let isObeyed = text.unicodeScalars.contains { scalar in
          scalar != "\n" && (scalar.properties.generalCategory == .control || scalar.properties.isBidiControl)
        }
        #expect(!isObeyed, "\(words): \(text.debugDescription)")
      }
    }
    // The foreign text did come through, or the test would show nothing.
    let shown = try await program.run("show", "maker/A-Rather-Long-Name-1B-Instruct-GGUF")
    #expect(shown.output.contains("\\u{1b}[2J") && shown.output.contains("大規模") && shown.output.contains("क्षि"))
    await house.stop()
  }
}
