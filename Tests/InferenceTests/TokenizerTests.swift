import Foundation
import ModelFiles
import TestSupport
import Testing

@testable import Inference

@Suite("Tokenizers")
struct TokenizerTests {
  struct Reference: Decodable {
    let text: String
    let ids: [Int32]
  }

  private static func tokenizer(_ path: String) throws -> Tokenizer {
    try Tokenizer(try GGUFFile(path: path).header)
  }

  private func compare(_ tokenizer: Tokenizer, _ references: [Reference]) {
    for reference in references {
      let ids = tokenizer.encode(reference.text, addSpecial: false, parseSpecial: false)
      #expect(ids == reference.ids, "\(reference.text.debugDescription)")
    }
  }

  @Test(
    .enabled(if: Shared.has("core/tokenize_smollm2.json"), "needs ../shared/core"),
    .enabled(if: SmolLM2.path != nil, SmolLM2.reason))
  func smolLM2AgreesOnAllTexts() throws {
    let references = try JSONDecoder().decode(
      [Reference].self, from: Data(try Shared.bytes("core/tokenize_smollm2.json")))
    #expect(references.count == 80)
    let tokenizer = try Self.tokenizer(try #require(SmolLM2.path))
    compare(tokenizer, references)
    for reference in references { #expect(tokenizer.decode(reference.ids, special: true) == reference.text) }
  }

  @Test(.enabled(if: Shared.has("core/tokenize_llama_spm.json"), "needs ../shared/core"))
  func sentencePieceAgreesOnAllTexts() throws {
    let references = try JSONDecoder().decode(
      [Reference].self, from: Data(try Shared.bytes("core/tokenize_llama_spm.json")))
    #expect(references.count == 80)
    compare(try Self.tokenizer(Shared.path("vocab/ggml-vocab-llama-spm.gguf")), references)
  }

  @Test(
    .enabled(if: Shared.has("vocab"), "needs ../shared/vocab"),
    arguments: ["llama-spm", "llama-bpe", "gpt-2", "qwen2", "phi-3", "deepseek-llm"])
  func vocabularyCases(_ name: String) throws {
    let file = "vocab/ggml-vocab-\(name).gguf"
    let inputs = String(decoding: try Shared.bytes(file + ".inp"), as: UTF8.self)
      .components(separatedBy: "\n__ggml_vocab_test__\n")
    let outputs = String(decoding: try Shared.bytes(file + ".out"), as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false).prefix(inputs.count)
    #expect(inputs.count == 47 && outputs.count == 47)
    compare(
      try Self.tokenizer(Shared.path(file)),
      zip(inputs, outputs).map { text, ids in
        Reference(text: text, ids: ids.split(separator: " ").compactMap { Int32($0) })
      })
  }

  @Test(
    .enabled(if: Shared.has("vocab/older-inp"), "needs ../shared/vocab"),
    arguments: zip(["llama-bpe", "deepseek-r1-qwen"], ["llama-bpe", "qwen2"]))
  func olderCases(_ name: String, vocabulary: String) throws {
    let file = "vocab/older-inp/ggml-vocab-\(name).gguf"
    let inputs = String(decoding: try Shared.bytes(file + ".inp"), as: UTF8.self)
      .components(separatedBy: "\n__ggml_vocab_test__\n")
    let outputs = String(decoding: try Shared.bytes(file + ".out"), as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false).prefix(inputs.count)
    #expect(inputs.count == 47 && outputs.count == 47)
    compare(
      try Self.tokenizer(Shared.path("vocab/ggml-vocab-\(vocabulary).gguf")),
      zip(inputs, outputs).map { text, ids in
        Reference(text: text, ids: ids.split(separator: " ").compactMap { Int32($0) })
      })
  }

  @Test(.enabled(if: Shared.has("vocab"), "needs ../shared/vocab"))
  func specialTokensAreParsedOnlyOnRequest() throws {
    let tokenizer = try Self.tokenizer(Shared.path("vocab/ggml-vocab-llama-bpe.gguf"))
    let text = "<|start_header_id|>user<|end_header_id|>"
    #expect(tokenizer.encode(text) == [128000, 128006, 882, 128007])
    #expect(tokenizer.encode(text, addSpecial: false, parseSpecial: false).allSatisfy { $0 < 128_000 })
    #expect(tokenizer.stopTokens.contains(128_009))
    #expect(tokenizer.decode([128_006, 882]) == "user")
    #expect(tokenizer.decode([128_006, 882], special: true) == "<|start_header_id|>user")
  }

  @Test(.enabled(if: Shared.has("models/babyllama105"), "needs ../shared/models"))
  func withoutBytePiecesTheUnknownTokenStandsIn() throws {
    let tokenizer = try Self.tokenizer(Shared.path("models/babyllama105/gguf/babyllama105-Q4_0.gguf"))
    #expect(tokenizer.encode("Äpfel", addSpecial: false) == [3, 0, 20, 24, 4, 14])
    #expect(tokenizer.encode("нещо", addSpecial: false) == [3, 0])
    #expect(tokenizer.encode("") == [1])
  }

  @Test(.enabled(if: Shared.has("vocab"), "needs ../shared/vocab"))
  func aLongWordCostsNoMoreThanItsLength() throws {
    // A quadratic encoder would take minutes here.
    let text = String(repeating: "ab", count: 200_000)
    for name in ["llama-spm", "gpt-2"] {
      let tokenizer = try Self.tokenizer(Shared.path("vocab/ggml-vocab-\(name).gguf"))
      let ids = tokenizer.encode(text, addSpecial: false)
      #expect(tokenizer.decode(ids).filter { $0 != " " }.count == 400_000)
    }
  }

  @Test func brokenTextNeitherCrashesNorGetsLost() throws {
    let tokenizer = try Tokenizer(try TinyTokenizer.header())
    var random = Noise.Generator(seed: 7)
    for _ in 0..<2000 {
      let bytes = (0..<Int.random(in: 0...12, using: &random)).map { _ in
        UInt8.random(in: 0...255, using: &random)
      }
      let text = String(decoding: bytes, as: UTF8.self)
      #expect(tokenizer.decode(tokenizer.encode(text, addSpecial: false)) == text)
    }
  }

  @Test func streamedTextIsNeverCutInsideACharacter() {
    var stream = TextStream()
    #expect(stream.append([0xF0, 0x9F]) == "")
    #expect(stream.append([0x98]) == "")
    #expect(stream.append([0x80, 0x61, 0xC3]) == "😀a")
    #expect(stream.finish() == "\u{FFFD}")
    #expect(stream.append([0x80, 0x80, 0x80, 0x80, 0x41]) == "\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}A")
  }

  @Test func unknownKindsAreUnsupported() throws {
    for (key, value) in [("tokenizer.ggml.model", "t5"), ("tokenizer.ggml.pre", "made-up")] {
      #expect { try Tokenizer(try TinyTokenizer.header { $0.set(key, .string(value)) }) } throws: {
        ($0 as? InferenceError)?.kind == .unsupported && "\($0)".contains(value)
      }
    }
  }

  @Test func aBrokenMergeListIsRefused() throws {
    for merges in [["a"], ["a  "], ["漢 b"]] {
      #expect(throws: ModelFileError.self) {
        try Tokenizer(
          try TinyTokenizer.header { $0.set("tokenizer.ggml.merges", .array(GGUFArray(strings: merges))) })
      }
    }
  }
}

/// A byte-level vocabulary of the 256 bytes and two merges.
enum TinyTokenizer {
  static func header(_ change: (inout GGUFWriter) -> Void = { _ in }) throws -> GGUFHeader {
    let own = { (byte: Int) in (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || byte >= 0xAE }
    var next = 0x100
    var tokens: [String] = []
    for byte in 0..<256 {
      let value = own(byte) ? byte : next
      if !own(byte) { next += 1 }
      tokens.append(Unicode.Scalar(value).map { String(Character($0)) } ?? "")
    }
    tokens += ["ab", "Ġa"]
    var writer = GGUFWriter()
    writer.set("tokenizer.ggml.model", .string("gpt2"))
    writer.set("tokenizer.ggml.pre", .string("gpt-2"))
    writer.set("tokenizer.ggml.tokens", .array(GGUFArray(strings: tokens)))
    writer.set("tokenizer.ggml.merges", .array(GGUFArray(strings: ["a b", "Ġ a"])))
    change(&writer)
    let bytes = writer.bytes()
    guard case .complete(let header) = try GGUFHeader.parse(bytes, fileSize: Int64(bytes.count), name: "tiny")
    else {
      throw ModelFileError(.truncated, file: "tiny", "incomplete")
    }
    return header
  }
}

/// SmolLM2-135M-Instruct in Q4_1, where a developer keeps it.
enum SmolLM2 {
  static let path: String? = {
    let path =
      ProcessInfo.processInfo.environment["HUBWATCH_SMOLLM2"]
      ?? NSHomeDirectory() + "/.cache/hubwatch-dev/SmolLM2-135M-Instruct.Q4_1.gguf"
    return FileManager.default.fileExists(atPath: path) ? path : nil
  }()
  static let reason: Comment =
    "needs SmolLM2-135M-Instruct.Q4_1.gguf (HUBWATCH_SMOLLM2, or ~/.cache/hubwatch-dev)"
}
