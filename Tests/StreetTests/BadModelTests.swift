import Domain
import Foundation
import Smoke
import TestSupport
import Testing

/// Crafted files, each through the smoke test of the real program, behind its walls.
@Suite(
  "Crafted models in the smoke test",
  .enabled(if: Shared.has("bad/INDEX-gguf.json") && Shared.has("models"), "needs ../shared/bad and ../shared/models"))
struct BadModelTests {
  private static let memoryLimit: Int64 = 64 << 20

  private func report(_ path: String) async throws -> SmokeReport {
    let program = try #require(Program.hubwatch)
    let options = SmokeRunner.Options(threads: 1, timeoutSeconds: 120, memory: ByteCount(1 << 30))
    let report = try await SmokeRunner(program: program.path, options: options).test(path)
    // A process that crashed has no figure of its own.
    let peak = try #require(report.peakMemoryBytes, "\(path): \(report.reasons)")
    #expect(peak < Self.memoryLimit, "\(path)")
    #expect(report.verdict == .pass || !report.reasons.isEmpty, "\(path)")
    return report
  }

  private struct Indexed: Decodable {
    let file: String
    let why: String
    let expect: String?
    let official_verdict: String?
  }

  private func index(_ name: String) throws -> [Indexed] {
    try JSONDecoder().decode([Indexed].self, from: Data(Shared.bytes("bad/\(name).json")))
  }

  @Test func filesThatHaveToBeRefusedAreAndNoneCrashes() async throws {
    let files = try index("INDEX-gguf")
    #expect(files.count > 100)
    for file in files {
      let report = try await report(Shared.path("bad/\(file.file)"))
      if file.expect == "reject" {
        #expect(report.exitCode == .badInput, "\(file.file): \(file.why), \(report.reasons)")
      }
    }
  }

  @Test func containersOfSafetensorsAreRefusedOrHoldNoModel() async throws {
    let files = try index("INDEX-safetensors")
    #expect(files.count > 40)
    for file in files {
      let folder = try folder("model.safetensors", file.file)
      let report = try await report(folder.path)
      // The official reader takes the last of two tensors of one name; which one counts is anybody's guess.
      let isSound = (file.official_verdict?.hasPrefix("accept") ?? false) && !file.file.contains("dup-key")
      // A sound container of these holds tensors that belong to no model.
      #expect(report.exitCode == (isSound ? .failed : .badInput), "\(file.file): \(file.why), \(report.reasons)")
      if isSound { #expect(report.verdict == .unsupported, "\(file.file): \(report.reasons)") }
    }
  }

  @Test func everyCraftedJSONHasItsVerdict() async throws {
    #expect(Set(Crafted.all.map { "json/\($0.name).json" }) == Set(try index("INDEX-json").map(\.file)))
    for crafted in Crafted.all {
      let isIndex = crafted.name.hasPrefix("index")
      let place =
        isIndex
        ? "model.safetensors.index.json" : crafted.name.hasPrefix("config") ? "config.json" : "tokenizer.json"
      let folder = try folder(place, "json/\(crafted.name).json", without: isIndex ? "model.safetensors" : "")
      let report = try await report(folder.path)
      #expect(report.verdict == crafted.verdict, "\(crafted.name) (\(crafted.reason)): \(report.reasons)")
      let words = report.reasons.joined(separator: " ")
      #expect(crafted.words.isEmpty || words.contains(crafted.words), "\(crafted.name): \(words)")
      let codes: [SmokeVerdict: Domain.ExitCode] = [.pass: .done, .unsupported: .failed, .fail: .badInput]
      #expect(report.exitCode == codes[crafted.verdict], "\(crafted.name)")
    }
  }

  /// The folder of a real model, in which one file is another.
  private func folder(_ name: String, _ source: String, without left: String = "") throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let model = Shared.path("models/stories260K/hf-float16")
    for file in ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"]
    where file != left && file != name {
      try FileManager.default.createSymbolicLink(
        atPath: "\(folder.path)/\(file)", withDestinationPath: "\(model)/\(file)")
    }
    try Data(Shared.bytes("bad/\(source)")).write(to: URL(filePath: "\(folder.path)/\(name)"))
    return folder
  }
}

/// A crafted JSON file in the place of a real model's, the verdict on that model, and why it is right.
private struct Crafted {
  let name: String
  let verdict: SmokeVerdict
  /// What the reason says, among other things.
  let words: String
  let reason: String

  init(_ name: String, _ verdict: SmokeVerdict, _ words: String, because reason: String) {
    self.name = name
    self.verdict = verdict
    self.words = words
    self.reason = reason
  }

  static let all: [Crafted] = [
    Crafted("index-ok", .fail, "missing", because: "the shards that it lists are not there"),
    Crafted(
      "index-shard-traversal", .fail, "no safetensors file beside it", because: "the shard lies in another folder"),
    Crafted(
      "index-shard-absolute", .fail, "no safetensors file beside it", because: "the shard lies in another folder"),
    Crafted("index-shard-url", .fail, "no safetensors file beside it", because: "an address is no file"),
    Crafted(
      "index-shard-backslash", .fail, "no safetensors file beside it", because: "the shard lies in another folder"),
    Crafted("index-shard-nul", .fail, "no safetensors file beside it", because: "no file has such a name"),
    Crafted("index-shard-home", .fail, "no safetensors file beside it", because: "the shard lies in another folder"),
    Crafted("index-shard-pickle", .fail, "no safetensors file beside it", because: "a pickle is a program"),
    Crafted(
      "index-shard-newline", .fail, "no safetensors file beside it", because: "no file of a repository has such a name"),
    Crafted(
      "index-shard-query", .fail, "no safetensors file beside it", because: "no file of a repository has such a name"),
    Crafted("index-no-map", .fail, "no weight_map", because: "nothing says where tensors lie"),
    Crafted("index-map-list", .fail, "no weight_map", because: "nothing says where tensors lie"),
    Crafted("index-map-number", .fail, "no safetensors file beside it", because: "a number is no file"),
    Crafted("index-no-metadata", .fail, "missing", because: "sound itself; the shards that it lists are not there"),
    Crafted("index-total-negative", .fail, "missing", because: "the total is not needed; the shards are not there"),
    Crafted("index-total-string", .fail, "missing", because: "the total is not needed; the shards are not there"),
    Crafted("index-total-huge", .fail, "missing", because: "the total is not needed; the shard is not there"),
    Crafted("index-total-lies", .fail, "missing", because: "the total is not needed; the shards are not there"),
    Crafted("index-20000-shards", .fail, "more than 4096", because: "more files than a model has"),
    Crafted("index-dup-tensor", .fail, "same key twice", because: "which of the two counts is anybody's guess"),
    Crafted("index-not-utf8", .fail, "not UTF-8", because: "JSON is UTF-8"),
    Crafted("index-empty", .fail, "is empty", because: "nothing was written"),
    Crafted("index-html", .fail, "no usable JSON", because: "a web page in place of the file"),
    Crafted("index-lfs-pointer", .fail, "no usable JSON", because: "a pointer in place of the file"),
    Crafted("index-bom", .fail, "byte order mark", because: "JSON has none"),
    Crafted("config-ok", .pass, "", because: "sound"),
    Crafted("config-auto_map", .pass, "", because: "the code that it names is never run, and not needed"),
    Crafted("config-layers-1e9", .fail, "num_hidden_layers", because: "no model has so many layers"),
    Crafted("config-layers-0", .fail, "num_hidden_layers", because: "a model has layers"),
    Crafted("config-hidden-0", .fail, "hidden_size", because: "a model has a width"),
    Crafted("config-hidden-float", .fail, "hidden_size", because: "a width is whole"),
    Crafted("config-hidden-2p63", .fail, "hidden_size", because: "beyond what can be counted"),
    Crafted("config-heads-0", .fail, "num_attention_heads", because: "a model has heads"),
    Crafted("config-heads-7", .fail, "num_key_value_heads", because: "4 key heads do not serve 7 heads"),
    Crafted("config-kv-0", .fail, "num_key_value_heads", because: "a model has key heads"),
    Crafted(
      "config-kv-null", .fail, "attn_k", because: "null means as many as heads, for which the tensors are too small"),
    Crafted("config-kv-16", .fail, "num_key_value_heads", because: "more key heads than heads"),
    Crafted("config-headdim-odd", .fail, "dimension_count", because: "pairs need an even number"),
    Crafted("config-eps-null", .fail, "rms_norm_eps", because: "norms need it"),
    Crafted("config-eps-neg", .fail, "rms_norm_eps", because: "roots of negative numbers"),
    Crafted("config-theta-0", .fail, "rope_theta", because: "no powers of zero"),
    Crafted("config-act-relu", .unsupported, "relu", because: "a sound choice that the graph does not have"),
    Crafted("config-scaling-linear", .pass, "", because: "sound"),
    Crafted("config-arch-unknown", .unsupported, "EvilForCausalLM", because: "nothing is known of it"),
    Crafted("config-model_type-list", .fail, "model_type", because: "a type is a word"),
    Crafted("config-eos-list", .pass, "", because: "sound: any of them ends a text"),
    Crafted("config-maxpos-2p40", .fail, "max_position_embeddings", because: "no model reads so far"),
    Crafted("config-quant-gptq-g0", .fail, "group_size", because: "groups have members"),
    Crafted("config-quant-awq-gemv", .unsupported, "gemv", because: "a sound layout that is not read"),
    Crafted("config-quant-unknown", .unsupported, "???", because: "nothing is known of it"),
    Crafted("tokenizer-ok", .pass, "", because: "sound"),
    Crafted("tokenizer-merge-unknown", .fail, "merges", because: "a merge makes a token"),
    Crafted("tokenizer-merge-pairs", .pass, "", because: "sound: the newer way to write merges"),
    Crafted("tokenizer-id-huge", .fail, "2147483648", because: "beyond every embedding"),
    Crafted(
      "tokenizer-id-dup", .pass, "", because: "one of the two pieces is never written, and the texts come out right"),
    Crafted("tokenizer-added-beyond", .fail, "100000 tokens", because: "tokens without a row of the embedding"),
    Crafted("tokenizer-added-empty", .fail, "added_tokens", because: "it would be found everywhere"),
    Crafted("tokenizer-regex-bomb", .pass, "", because: "it is matched without trying again and again"),
    Crafted("tokenizer-type-unknown", .unsupported, "Quantum", because: "nothing is known of it"),
    Crafted("tokenizer-wordpiece", .unsupported, "WordPiece", because: "a sound kind that is not read"),
    Crafted("tokenizer-no-model", .fail, "no model", because: "nothing says what tokens are"),
  ]
}
