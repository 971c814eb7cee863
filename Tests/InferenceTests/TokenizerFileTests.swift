import Foundation
import ModelFiles
import TestSupport
import Testing

@testable import Inference

/// Tokenizers out of files other than GGUF, compared with what the libraries of their formats answer.
@Suite("Tokenizer files")
struct TokenizerFileTests {
  private struct Vectors: Decodable {
    struct Vector: Decodable {
      let text: String
      let ids: [Int32]
      let decoded: String
    }
    let vectors: [Vector]
  }

  /// File, its vectors, and whether its library takes special tokens in a text as such.
  private static let cases: [(file: String, vectors: String, parses: Bool)] = [
    ("tokenizers/gpt2/tokenizer.made.json", "tokenizers/gpt2/vocab+merges.vectors.json", true),
    ("tokenizers/qwen2/tokenizer.made.json", "tokenizers/qwen2/vocab+merges.vectors.json", true),
    ("tokenizers/llama-2/tokenizer.json", "tokenizers/llama-2/tokenizer.vectors.json", true),
    (
      "tokenizers/llama-2/tokenizer.merges-pairs.json", "tokenizers/llama-2/tokenizer.merges-pairs.vectors.json",
      true
    ),
    ("tokenizers/llama-2/tokenizer.model", "tokenizers/llama-2/tokenizer.model.vectors.json", false),
    ("tokenizers/llama-3/tokenizer.model", "tokenizers/llama-3/tokenizer.model.vectors.json", false),
    ("tokenizers/mistral-v0.3/tokenizer.json", "tokenizers/mistral-v0.3/tokenizer.vectors.json", true),
    ("tokenizers/phi-3/tokenizer.json", "tokenizers/phi-3/tokenizer.vectors.json", true),
    ("models/stories260K/tok512.model", "models/stories260K/tok512.model.vectors.json", false),
    ("models/babyllama105/tok105.model", "models/babyllama105/tok105.model.vectors.json", false),
  ]

  @Test(.enabled(if: Shared.has("tokenizers"), "needs ../shared/tokenizers"), arguments: cases.indices)
  func agreesWithItsLibrary(_ index: Int) throws {
    let (file, name, parses) = Self.cases[index]
    let vectors = try JSONDecoder().decode(Vectors.self, from: Data(try Shared.bytes(name))).vectors
    #expect(vectors.count == 97)
    let tokenizer = try Tokenizer(path: Shared.path(file))
    for vector in vectors {
      let ids = tokenizer.encode(vector.text, addSpecial: false, parseSpecial: parses)
      #expect(ids == vector.ids, "\(file): \(vector.text.debugDescription)")
      let text = tokenizer.text(vector.ids, special: true)
      #expect(
        text.utf8.elementsEqual(vector.decoded.utf8),
        "\(file): \(vector.text.debugDescription) became \(text.debugDescription)")
    }
  }

  @Test(.enabled(if: Shared.has("models/babyllama105"), "needs ../shared/models"))
  func aFolderIsEnough() throws {
    let folder = Shared.path("models/babyllama105/hf-float16")
    let fromFolder = try Tokenizer(path: folder)
    let fromModel = try Tokenizer(path: folder + "/tokenizer.model")
    #expect(fromFolder.vocabularySize == 105 && fromModel.vocabularySize == 105)
    #expect(fromFolder.encode("Äpfel") == [1, 3, 0, 20, 24, 4, 14])
    #expect(fromModel.encode("Äpfel") == [1, 3, 0, 20, 24, 4, 14])
    #expect(try Tokenizer(path: Shared.path("models/babyllama105/gguf")).encode("Äpfel") == [1, 3, 0, 20, 24, 4, 14])
  }

  @Test(.enabled(if: Shared.has("tokenizers/llama-3"), "needs ../shared/tokenizers"))
  func llama3KnowsItsSpecialTokens() throws {
    let tokenizer = try Tokenizer(path: Shared.path("tokenizers/llama-3"))
    let text = "<|start_header_id|>user<|end_header_id|>"
    #expect(tokenizer.encode(text) == [128_000, 128_006, 882, 128_007])
    #expect(tokenizer.encode(text, addSpecial: false, parseSpecial: false).allSatisfy { $0 < 128_000 })
    #expect(tokenizer.stopTokens.isSuperset(of: [128_001, 128_009]))
    #expect(tokenizer.decode([128_006, 882]) == "user")
  }

  // MARK: Steps

  /// A `tokenizer.json` with the 256 bytes as vocabulary, `ab` joined, and parts of its own.
  private static func document(_ parts: String = "", added: String = "", members: String = "") throws -> TokenizerJSON {
    let letters = (0..<256).map { byte in
      String(decoding: ByteCoding.spelled([UInt8(byte)]), as: UTF8.self)
    }
    var vocabulary: [String] = []
    for (id, letter) in letters.enumerated() {
      vocabulary.append("\(String(decoding: try JSONEncoder().encode(letter), as: UTF8.self)):\(id)")
    }
    vocabulary += [#""ab":256"#, #""▁":257"#]
    let json = """
      {"added_tokens":[\(added)],\(parts.isEmpty ? "" : parts + ",")
      "model":{"type":"BPE","vocab":{\(vocabulary.joined(separator: ","))},"merges":["a b"]\(members)}}
      """
    return try TokenizerJSON(Array(json.utf8), name: "made.json")
  }

  private static let byteLevel =
    #""pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"use_regex":true},"decoder":{"type":"ByteLevel"}"#

  @Test func byteLevelTextComesBack() throws {
    let tokenizer = try Tokenizer(Self.document(Self.byteLevel))
    var random = Noise.Generator(seed: 11)
    for _ in 0..<1000 {
      let bytes = (0..<Int.random(in: 0...16, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      let text = String(decoding: bytes, as: UTF8.self)
      let ids = tokenizer.encode(text)
      #expect(tokenizer.text(ids).utf8.elementsEqual(text.utf8))
    }
  }

  @Test func addedTokensKeepTheirFlags() throws {
    func token(_ id: Int, _ content: String, _ flags: String) -> String {
      #"{"id":\#(id),"content":"\#(content)","special":true\#(flags.isEmpty ? "" : "," + flags)}"#
    }
    let added = [
      token(300, "<l>", #""lstrip":true,"normalized":false"#), token(301, "<r>", #""rstrip":true,"normalized":false"#),
      token(302, "ba", #""single_word":true,"normalized":false"#), token(303, "<long", #""normalized":false"#),
      token(304, "<long>", #""normalized":false"#),
    ].joined(separator: ",")
    let tokenizer = try Tokenizer(Self.document(Self.byteLevel, added: added))
    #expect(tokenizer.encode("a \n<l>b") == [97, 300, 98])
    #expect(tokenizer.encode("a<r> \u{3000}b") == [97, 301, 98])
    #expect(tokenizer.encode("ba xba ba") == [302, 32, 120, 98, 97, 32, 302])
    #expect(tokenizer.encode("<long><long") == [304, 303])
    #expect(tokenizer.encode("<l>", parseSpecial: false) == Array("<l>".utf8).map(Int32.init))
    #expect(tokenizer.decode([304, 97]) == "a")
    #expect(tokenizer.decode([304, 97], special: true) == "<long>a")
  }

  @Test func normalizersApplyInOrder() throws {
    func ids(_ normalizer: String, _ text: String) throws -> String {
      let tokenizer = try Tokenizer(Self.document(#""normalizer":\#(normalizer),"# + Self.byteLevel))
      return tokenizer.text(tokenizer.encode(text))
    }
    #expect(try ids(#"{"type":"NFC"}"#, "e\u{301}").unicodeScalars.elementsEqual("\u{E9}".unicodeScalars))
    #expect(try ids(#"{"type":"NFD"}"#, "\u{E9}").unicodeScalars.elementsEqual("e\u{301}".unicodeScalars))
    #expect(try ids(#"{"type":"NFKC"}"#, "ﬁ①") == "fi1")
    #expect(try ids(#"{"type":"Lowercase"}"#, "ÄB") == "äb")
    #expect(try ids(#"{"type":"Strip","strip_left":true,"strip_right":false}"#, " a ") == "a ")
    #expect(
      try ids(
        #"{"type":"Sequence","normalizers":[{"type":"Replace","pattern":{"Regex":"\\s+"},"content":"_"},{"type":"Prepend","prepend":"x"}]}"#,
        "a \n b") == "xa_b")
  }

  @Test func splittersCutAsTheirBehaviorSays() throws {
    func pieces(_ step: TokenizerJSON.Splitter, _ text: String) throws -> [String] {
      let splitter = try TextSplitter(step, file: "made")
      return splitter.apply([.init(bytes: Array(text.utf8), isFirst: true)]).map {
        String(decoding: $0.bytes, as: UTF8.self)
      }
    }
    let dash = TokenizerJSON.Pattern.text("-")
    #expect(try pieces(.split(dash, .isolated, inverted: false), "a--b-") == ["a", "-", "-", "b", "-"])
    #expect(try pieces(.split(dash, .removed, inverted: false), "a--b-") == ["a", "b"])
    #expect(try pieces(.split(dash, .mergedWithPrevious, inverted: false), "a--b-") == ["a-", "-", "b-"])
    #expect(try pieces(.split(dash, .mergedWithNext, inverted: false), "a--b-") == ["a", "-", "-b", "-"])
    #expect(try pieces(.split(dash, .contiguous, inverted: false), "a--b-") == ["a", "--", "b", "-"])
    #expect(try pieces(.split(.expression("[a-z]"), .removed, inverted: true), "a--b-") == ["a", "b"])
    #expect(try pieces(.digits(individually: true), "a12b") == ["a", "1", "2", "b"])
    #expect(try pieces(.digits(individually: false), "a12b") == ["a", "12", "b"])
    #expect(try pieces(.punctuation(.isolated), "a.b") == ["a", ".", "b"])
    #expect(try pieces(.whitespace, "ab, c") == ["ab", ",", "c"])
    #expect(try pieces(.whitespaceOnly, "ab, c") == ["ab,", "c"])
    #expect(try pieces(.metaspace(replacement: "▁", .always, splits: true), "a  b") == ["▁a", "▁", "▁b"])
    #expect(try pieces(.metaspace(replacement: "▁", .never, splits: false), "a b") == ["a▁b"])
    #expect(try pieces(.byteLevel(addsSpace: true, usesExpression: true), "it's") == ["Ġit", "'s"])
  }

  @Test func templatesAddTheirTokens() throws {
    let template = #"""
      "post_processor":{"type":"Sequence","processors":[{"type":"ByteLevel"},{"type":"TemplateProcessing",
      "single":[{"SpecialToken":{"id":"<s>"}},{"Sequence":{"id":"A"}},{"SpecialToken":{"id":"</s>"}}],
      "special_tokens":{"<s>":{"ids":[300]},"</s>":{"ids":[301]}}}]}
      """#
    let added = #"{"id":300,"content":"<s>","special":true},{"id":301,"content":"</s>","special":true}"#
    let tokenizer = try Tokenizer(Self.document(template + "," + Self.byteLevel, added: added))
    #expect(tokenizer.encode("ab") == [300, 256, 301])
    #expect(tokenizer.encode("ab", addSpecial: false) == [256])
    #expect(tokenizer.stopTokens.contains(301))
    #expect(throws: ModelFileError.self) { try Tokenizer(Self.document(template)) }
  }

  // MARK: Unigram

  @Test func unigramTakesTheLikeliestPieces() throws {
    let json = #"""
      {"model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["a",-1],["b",-1],["ab",-1.5],["abc",-9],["c",-2]]}}
      """#
    let tokenizer = try Tokenizer(TokenizerJSON(Array(json.utf8), name: "made.json"))
    #expect(tokenizer.encode("abc") == [3, 5])
    #expect(tokenizer.encode("ba") == [2, 1])
    #expect(tokenizer.encode("aüöb") == [1, 0, 2])
    #expect(tokenizer.encode("") == [])
    #expect(tokenizer.encode(String(repeating: "ab", count: 50_000)).count == 50_000)
  }

  @Test func aSentencePieceUnigramModelIsRead() throws {
    var model: [UInt8] = []
    for (text, score, kind) in [
      ("<unk>", 0, 2), ("<s>", 0, 3), ("</s>", 0, 3), ("▁a", -1, 1), ("b", -2, 1), ("▁ab", -2.5, 1), ("XY", 0, 4),
    ] as [(String, Float, UInt8)] {
      var piece: [UInt8] = [0x0A, UInt8(text.utf8.count)] + Array(text.utf8) + [0x15]
      for shift in stride(from: 0, to: 32, by: 8) { piece.append(UInt8(truncatingIfNeeded: score.bitPattern >> shift)) }
      piece += [0x18, kind]
      model += [0x0A, UInt8(piece.count)] + piece
    }
    let tokenizer = try Tokenizer(SentencePieceFile(model, name: "made.model"))
    #expect(tokenizer.encode("ab") == [1, 5])
    #expect(tokenizer.encode("  a   ab ", addSpecial: false) == [3, 5])
    #expect(tokenizer.encode("aXYb", addSpecial: false) == [3, 6, 4])
    #expect(tokenizer.encode("a</s>", addSpecial: false) == [3, 2])
    #expect(tokenizer.text([1, 3, 5]) == "a ab")
    for length in 0..<model.count { _ = try? SentencePieceFile(Array(model[..<length]), name: "cut") }
  }

  @Test func characterMapsReplaceTheLongestBeginning() throws {
    // A double array with `A` → `xy`.
    var units = [UInt32](repeating: 0, count: 0x80)
    units[0] = 1 << 10
    units[0x40] = 0x41 | 1 << 8 | 2 << 10
    units[0x42] = 1 << 31
    var blob: [UInt8] = []
    for word in [UInt32(units.count * 4)] + units {
      for shift in stride(from: 0, to: 32, by: 8) { blob.append(UInt8(truncatingIfNeeded: word >> shift)) }
    }
    let map = try CharacterMap(blob + Array("xy\0".utf8), file: "made")
    #expect(map.apply(Array("BAAäA".utf8)) == Array("Bxyxyäxy".utf8))
    for length in 1..<blob.count where length % 7 == 0 {
      #expect(throws: InferenceError.self) { try CharacterMap(Array(blob[..<length]), file: "cut") }
    }
    #expect(try CharacterMap([], file: "none").apply([0x41]) == [0x41])
  }

  // MARK: Hostile files

  @Test(arguments: [
    "", "{", "[]", #"{"model":null}"#, #"{"model":{"type":"BPE","vocab":{"a":0},"merges":["a b"]}}"#,
    #"{"model":{"type":"BPE","vocab":{"a":-1},"merges":[]}}"#, #"{"model":{"type":"BPE","vocab":{},"merges":[]}}"#,
    #"{"model":{"type":"BPE","vocab":{"a":99999999999},"merges":[]}}"#,
    #"{"model":{"type":"BPE","vocab":{"a":0},"merges":[["a"]]}}"#,
    #"{"model":{"type":"BPE","vocab":{"a":0},"merges":[],"unk_token":"?"}}"#,
    #"{"model":{"type":"WordPiece","vocab":{"a":0}}}"#, #"{"model":{"type":"Unigram","unk_id":7,"vocab":[["a",0]]}}"#,
    #"{"model":{"type":"Unigram","vocab":[["a"]]}}"#,
    #"{"normalizer":{"type":"Made up"},"model":{"type":"BPE","vocab":{"a":0},"merges":[]}}"#,
    #"{"normalizer":{"type":"Precompiled","precompiled_charsmap":"/////w=="},"model":{"type":"BPE","vocab":{"a":0},"merges":[]}}"#,
    #"{"pre_tokenizer":{"type":"Split","pattern":{"Regex":"(a*)*"}},"model":{"type":"BPE","vocab":{"a":0},"merges":[]}}"#,
  ])
  func brokenDocumentsAreRefused(_ json: String) {
    #expect {
      _ = try Tokenizer(TokenizerJSON(Array(json.utf8), name: "bad.json"))
    } throws: { $0 is ModelFileError || $0 is InferenceError }
  }

  @Test func damagedBytesNeverCrash() throws {
    let names = ["models/babyllama105/hf-float16/tokenizer.json", "models/babyllama105/tok105.model"]
    var random = Noise.Generator(seed: 3)
    for name in names where Shared.has(name) {
      let sound = try Shared.bytes(name)
      for _ in 0..<300 {
        var bytes = sound
        for _ in 0..<Int.random(in: 1...4, using: &random) {
          bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        do {
          let tokenizer =
            name.hasSuffix("json")
            ? try Tokenizer(TokenizerJSON(bytes, name: name)) : try Tokenizer(SentencePieceFile(bytes, name: name))
          let ids = tokenizer.encode("Äpfel and <s> pears 12")
          #expect(ids.allSatisfy { (0..<Int32(tokenizer.vocabularySize)).contains($0) })
        } catch {
          #expect(error is ModelFileError || error is InferenceError)
        }
      }
    }
  }

  @Test func otherFilesAreRefused() throws {
    let folder = try TemporaryFolder()
    #expect(throws: ModelFileError.self) { try Tokenizer(path: folder.path) }
    let file = folder.path + "/tokenizer.model"
    for text in ["", "\u{1}\u{2}\u{3}", "!!!! 0\n", "YQ== 0\nYQ== 1\n", "YQ== 0\nYg== 5\n", "YQ==\n"] {
      try Data(text.utf8).write(to: URL(filePath: file))
      #expect(throws: ModelFileError.self, "\(text.debugDescription)") { try Tokenizer(path: file) }
    }
    try Data("YQ== 0\nYg== 1\n".utf8).write(to: URL(filePath: file))
    #expect { try Tokenizer(path: file) } throws: { ($0 as? InferenceError)?.kind == .unsupported }
  }
}
