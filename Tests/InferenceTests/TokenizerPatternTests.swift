import ModelFiles
import TestSupport
import Testing

@testable import Inference

/// The regular expressions of pre-tokenizers, and the table of their names.
@Suite("Tokenizer patterns")
struct TokenizerPatternTests {
  private func words(_ pattern: WordPattern, _ text: String) -> [String] {
    let classified = ClassifiedText(Array(text.utf8)[...])
    var words: [String] = []
    pattern.cut(classified, classified.scalars.indices) { piece, _ in
      words.append(String(String.UnicodeScalarView(classified.scalars[piece])))
    }
    return words
  }

  private func words(_ expression: String, _ text: String) throws -> [String] {
    words(.expression(try TextRegex(expression)), text)
  }

  private func words(named name: String, _ text: String) throws -> [String] {
    let bytes = Array(text.utf8)
    return try PreTokenizer(name: name, file: "made").words(bytes[...]).map {
      String(decoding: bytes[$0], as: UTF8.self)
    }
  }

  @Test func theGrammarIsUnderstood() throws {
    #expect(try words("a|bc", "xabcb") == ["x", "a", "bc", "b"])
    #expect(try words("ab?c", "acabcabb") == ["ac", "abc", "abb"])
    #expect(try words("a{2,3}", "aaaaa") == ["aaa", "aa"])
    #expect(try words("(ab){2}", "ababab") == ["abab", "ab"])
    #expect(try words("a+?", "aa") == ["a", "a"])
    #expect(try words("a++a", "aaa") == ["aaa"])
    #expect(try words("(?>a+)a|b", "aab") == ["aa", "b"])
    #expect(try words("a+a", "aaa") == ["aaa"])
    #expect(try words("x(?=y)|y(?!y)", "xyxyyx") == ["x", "y", "x", "y", "y", "x"])
    #expect(try words("(?i:ab)c", "aBcABC") == ["aBc", "ABC"])
    #expect(try words("[^a-c\\]]+", "xyab]z") == ["xy", "ab]", "z"])
    #expect(try words("[a-z&&[^m]]+", "almz") == ["al", "m", "z"])
    #expect(try words("\\p{Lu}\\p{Ll}+|\\P{L}", "AbcÄö1") == ["Abc", "Äö", "1"])
    #expect(try words("[\\p{Han}]+", "a漢字b") == ["a", "漢字", "b"])
    #expect(try words("\\x{41}|\\u0042|\\x43", "ABC") == ["A", "B", "C"])
    #expect(try words("\\d+\\b", "12 3a") == ["12", " 3a"])
    #expect(try words("(?=(\\d{3})+(?!\\d))", "1234567") == ["1", "234", "567"])
    #expect(try words("\\s+$", "a b  ") == ["a b", "  "])
    #expect(try words("(?:\\p{L}\\p{M}*(?: \\p{L})*)+", "e\u{301} x") == ["e\u{301} x"])
    #expect(try words(".", "a\nb") == ["a", "\n", "b"])
  }

  @Test(arguments: [
    "(", ")", "[a", "a{3,2}", "a**", "(a*)*", "(?<=a)b", "\\q", "\\p{Klingon}", "[z-a]", "\\x{110000}", "*",
    "((ab){100}){100}", String(repeating: "(", count: 100) + String(repeating: ")", count: 100),
    String(repeating: "a", count: 20_000),
  ])
  func whatIsBeyondItIsRefused(_ expression: String) {
    #expect(throws: TextRegex.Refusal.self) { try TextRegex(expression) }
  }

  @Test func expressionsAgreeWithTheHandWrittenMatchers() throws {
    var random = Noise.Generator(seed: 5)
    let alphabet = Array("aZé漢'stLl  \n\r\t12٣.!-\u{3000}_$".unicodeScalars)
    let pairs: [(WordPattern, String)] = [
      (.gpt2, PreTokenizerTable.gpt2), (.llama3, PreTokenizerTable.llama3), (.qwen2, PreTokenizerTable.qwen2),
    ]
    for _ in 0..<2000 {
      var text = String.UnicodeScalarView()
      for _ in 0..<Int.random(in: 0...12, using: &random) {
        text.append(alphabet[Int.random(in: 0..<alphabet.count, using: &random)])
      }
      for (pattern, expression) in pairs {
        #expect(words(pattern, String(text)) == (try words(expression, String(text))))
      }
    }
  }

  @Test(arguments: PreTokenizerTable.kinds.keys.sorted())
  func everyNameKeepsTheText(_ name: String) throws {
    let texts = [
      "", " ", "Hello, World's 1234567 ÄÖ 漢字かな\n\n  x\t(€5.00)…", "NASAwill HTTPServer i'LL", "ไทย हिन्दी 한국어 ۔،",
      String(repeating: " ", count: 5000) + "x" + String(repeating: "9", count: 5000),
      String(repeating: "A", count: 5000) + String(repeating: "\n", count: 5000),
    ]
    for text in texts { #expect(try words(named: name, text).joined() == text) }
  }

  @Test func namesCutAsTheirModelsDo() throws {
    #expect(try words(named: "llama-bpe", "I'LL 12345") == ["I", "'LL", " ", "123", "45"])
    #expect(try words(named: "qwen2", "a 12") == ["a", " ", "1", "2"])
    #expect(try words(named: "gpt-2", "a  12 I'LL") == ["a", " ", " 12", " I", "'", "LL"])
    #expect(try words(named: "starcoder", "a 12") == ["a", " ", "1", "2"])
    #expect(try words(named: "falcon", "a:12345") == ["a", ":", "123", "45"])
    #expect(try words(named: "deepseek-v3", "漢字12345 ab") == ["漢字", "123", "45", " ab"])
    #expect(try words(named: "deepseek-v3", #"x\y]z"#) == ["x", #"\y"#, "]z"])
    #expect(try words(named: "bloom", "Hi, you") == ["Hi", ",", " you"])
    #expect(try words(named: "viking", "a12") == ["a", "1", "2"])
    #expect(try words(named: "gpt-4o", "HTTPServer don't 1234") == ["HTTPServer", " don't", " ", "123", "4"])
    #expect(try words(named: "tekken", "HelloWorld 12") == ["Hello", "World", " ", "1", "2"])
    #expect(try words(named: "kimi-k2", "abc漢字def") == ["abc", "漢字", "def"])
    #expect(try words(named: "superbpe", "ab 1234567") == ["ab ", "1", "234", "567"])
    #expect(try words(named: "tiny_aya", "1234567") == ["1", "234", "567"])
    #expect(try words(named: "seed-coder", "a\n\nb") == ["a", "\n\n", "b"])
  }

  @Test func longRunsAndNestedRepetitionEnd() throws {
    // Each of these takes hours by plain trying.
    let length = 100_000
    let blanks = String(repeating: " ", count: length) + "x"
    #expect(try words("\\s+$", blanks) == [blanks])
    let letters = String(repeating: "a", count: 2000)
    #expect(try words("(a+)+b", letters) == [letters])
    #expect(try words("(a|aa)+b", letters) == [letters])
    for name in ["llama-bpe", "gpt-4o", "deepseek-llm", "default", "kimi-k2", "superbpe", "exaone-moe"] {
      for letter in ["a", "A", "1", " ", "\n", "漢"] {
        let text = String(repeating: letter, count: length)
        #expect(try words(named: name, text).joined().utf8.count == text.utf8.count)
      }
    }
  }

  @Test func anUnknownNameIsUnsupported() {
    #expect { try PreTokenizer(name: "made-up", file: "made") } throws: {
      "\($0)".contains("unsupported: pre-tokenizer")
    }
  }
}
