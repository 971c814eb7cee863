import Domain
import Foundation
import TestSupport
import Testing

@testable import Settings

@Suite("Suites of probes")
struct ProbeSuiteTests {
  private func problems(_ text: String) -> [String] {
    do throws(SettingsError) {
      _ = try ProbeSuiteFile.read(text, source: "probes.toml")
      return []
    } catch {
      return error.problems.map { "\($0.line ?? 0): \($0.description)" }
    }
  }

  @Test func theBuiltInSuiteReadsAndAsksManyThings() throws {
    let suite = try ProbeSuiteFile.builtIn()
    #expect(suite.count >= 20)
    #expect(Set(suite.map(\.capability)).count >= 8)
    #expect(Set(suite.map(\.name)).count == suite.count && Set(suite.map(\.version)).count == suite.count)
    #expect(suite.allSatisfy { (1...5).contains($0.cases.count) && (1...$0.cases.count).contains($0.need) })
    let table = try #require(suite.first { $0.name == "read a table" })
    #expect(table.cases[0].question.hasPrefix("| name  | city"))
    #expect(suite.contains { $0.cases.contains { $0.haystack != nil } })
  }

  @Test func aProbeIsRead() throws {
    let suite = try ProbeSuiteFile.read(
      #"""
      [[probe]]
      name = "mine"
      capability = "tests"
      need = 1
      tokens = 9
      system = "Be brief."
      [[probe.case]]
      question = """
      One
      two \
         three"""
      any = ["a", "b"]
      json = ["k = v = w"]
      [[probe.case]]
      question = 'literal \n'
      needle = "x"
      depth = 1
      filler = 10
      number = 4
      tolerance = 0.5
      pattern = '''a"b'''
      """#, source: "probes.toml")
    #expect(suite.count == 1)
    let probe = suite[0]
    #expect(probe.name == "mine" && probe.need == 1 && probe.tokens == 9 && probe.system == "Be brief.")
    #expect(probe.cases[0].question == "One\ntwo three")
    #expect(probe.cases[0].check.any == ["a", "b"])
    #expect(probe.cases[0].check.json == [.init(key: "k", value: "v = w")])
    #expect(probe.cases[1].question == "literal \\n")
    #expect(probe.cases[1].haystack == .init(needle: "x", depth: 1, words: 10))
    #expect(probe.cases[1].check.number == 4 && probe.cases[1].check.pattern == "a\"b")
  }

  @Test func whatIsWrongIsSaidWithItsLine() {
    #expect(
      problems(
        """
        x = 1
        [[probe]]
        nmae = "a"
        need = 3
        [[probe.case]]
        question = "q"
        contians = "x"
        [[probe.case]]
        equals = 5
        lines = 0
        pattern = "("
        rule = "primes"
        [[prob]]
        [probes]
        """)
        == [
          "1: x stands before the first [[probe]]", "2: [[probe]] \"\" needs more cases than it has",
          "2: [[probe]] has no name", "3: unknown key \"nmae\" of [[probe]]; did you mean \"name\"?",
          "5: [[probe.case]] does not say what a right answer is",
          "7: unknown key \"contians\" of [[probe.case]]; did you mean \"contains\"?",
          "8: [[probe.case]] does not say what a right answer is", "8: [[probe.case]] has no question",
          "9: equals of [[probe.case]] is a whole number but wants a text, or a list of texts",
          "10: lines of [[probe.case]] is a whole number but wants a whole number from 1 to 200",
          "11: pattern of [[probe.case]] is a text but wants a regular expression",
          "12: rule of [[probe.case]] is a text but wants one of \"fibonacci\"",
          "13: unknown tables [[prob]]; did you mean \"[[probe]]\"?", "14: [probes] has no place here; write [[probe]]",
        ])
    #expect(problems("[[probe]]\nname = \"a\"") == ["1: [[probe]] \"a\" has no [[probe.case]]"])
    #expect(problems("[[probe.case]]").first == "1: [[probe.case]] stands before the first [[probe]]")
    #expect(problems("[[probe]]\nname = \"\"\"a").first?.contains("no closing quotes") == true)
  }

  @Test func aFileAddsAndReplaces() throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/probes.toml"
    let builtIn = try ProbeSuiteFile.builtIn()
    #expect(try ProbeSuiteFile.suite(with: path) == builtIn)
    #expect(throws: SettingsError.self) { try ProbeSuiteFile.suite(with: path, isRequired: true) }
    try """
    [[probe]]
    name = "read a table"
    [[probe.case]]
    question = "other"
    equals = "x"
    [[probe]]
    name = "mine"
    [[probe.case]]
    question = "new"
    equals = "x"
    """.write(toFile: path, atomically: true, encoding: .utf8)
    let suite = try ProbeSuiteFile.suite(with: path)
    #expect(suite.count == builtIn.count + 1 && suite.last?.name == "mine")
    let place = try #require(builtIn.firstIndex { $0.name == "read a table" })
    #expect(suite[place].cases.map(\.question) == ["other"] && suite[place].version != builtIn[place].version)
  }

  @Test func longTextsStayOutOfTheConfiguration() {
    #expect(throws: SettingsError.self) {
      try ConfigurationFile.settings(from: "[hub]\nendpoint = \"\"\"x\"\"\"", source: "config.toml")
    }
    #expect(throws: TOMLSyntaxError.self) { try TOMLReader.read("[[a.b]]") }
  }

  @Test(arguments: 0..<4) func noiseIsReadOrRefused(_ seed: UInt64) {
    var noise = Noise.Generator(seed: seed)
    let pieces = [
      "[[probe]]", "[[probe.case]]", "name", "question", "equals", "json", " = ", "\"a\"", "\"\"\"", "'''", "[", "]",
      ",",
      "\n", "1", "-0.5", "true", "\\", "#", ".", "[[", "]]", "rule", "\"fibonacci\"", "é", "\u{1}",
    ]
    for _ in 0..<1500 {
      let text = (0..<Int.random(in: 1...40, using: &noise)).map { _ in pieces.randomElement(using: &noise) ?? "" }
        .joined()
      do throws(SettingsError) {
        for probe in try ProbeSuiteFile.read(text, source: "x") { #expect(!probe.name.isEmpty && !probe.cases.isEmpty) }
      } catch {
        #expect(!error.problems.isEmpty)
      }
    }
  }
}
