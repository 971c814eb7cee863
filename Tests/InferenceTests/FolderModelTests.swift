import Domain
import Foundation
import ModelFiles
import TestSupport
import Testing

@testable import Inference

/// Folders of safetensors, floats and packed, against recorded outputs of other implementations.
@Suite("Model folders", .enabled(if: Shared.has("models/GOLDEN.json"), "needs ../shared/models"))
struct FolderModelTests {
  static let folders: [(String, String, String)] = [
    ("stories260K", "hf-float32-sharded", "F32"), ("stories260K", "hf-float16", "F16"),
    ("stories260K", "hf-bfloat16", "BF16"), ("babyllama105", "hf-float32-sharded", "F32"),
    ("babyllama105", "hf-float16", "F16"), ("babyllama105", "hf-bfloat16", "BF16"),
    ("babyllama105-d256", "hf-float16", "F16"), ("babyllama105", "gptq-g32", "GPTQ-4bit"),
    ("babyllama105", "gptq-g32-actorder-asym", "GPTQ-4bit"), ("babyllama105", "gptq-gNone-actorder", "GPTQ-4bit"),
    ("babyllama105-d256", "gptq-g128", "GPTQ-4bit"), ("babyllama105-d256", "gptq-g128-actorder", "GPTQ-4bit"),
    ("babyllama105-d256", "awq-g128", "AWQ-4bit"),
  ]

  private func model(
    _ path: String, exact: Bool = true, quantize: LanguageModel.Options.Quantize? = nil
  ) throws -> LanguageModel {
    try LanguageModel(
      file: Shared.path("models/\(path)"), options: .init(threads: 2, exact: exact, quantize: quantize))
  }

  @Test(arguments: folders)
  func greedyTextIsTheRecordedOne(_ name: String, _ folder: String, _ quantization: String) throws {
    let golden = try #require(Golden.all[name]?[folder])
    for exact in [true, false] {
      let model = try model("\(name)/\(folder)", exact: exact)
      #expect(model.quantizationName == quantization)
      let new = try model.generate(
        promptIDs: [golden.ids[0]], options: .init(maxTokens: 24, ignoresEnd: true))
      #expect(new.ids == Array(golden.ids[1...24]), "exact: \(exact)")
    }
  }

  @Test(arguments: folders)
  func logitsAreTheRecordedOnes(_ name: String, _ folder: String, _ quantization: String) throws {
    let isFloat = folder.hasPrefix("hf")
    let references = try Safetensors("models/\(name)/reference_logits\(isFloat ? "" : "_int4").safetensors")
    // The single-precision folder has the logits of the file in GGUF.
    let key = folder == "hf-float32-sharded" ? "F32" : folder
    guard let expected = references.floats(key) else {
      Issue.record("no logits of \(key)")
      return
    }
    let prompt = try #require(references.raw("prompt_ids")).withUnsafeBytes { buffer in
      (0..<buffer.count / 4).map { buffer.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self) }
    }
    let model = try model("\(name)/\(folder)")
    let session = try model.session()
    let width = model.shape.vocabulary
    for (position, token) in prompt.enumerated() {
      let logits = try session.decode(token)
      let recorded = Array(expected[position * width..<(position + 1) * width])
      let largest = zip(logits, recorded).reduce(0) { max($0, abs($1.0 - $1.1)) }
      #expect(largest < 0.02 && Logits.greedy(logits) == Logits.greedy(recorded), "position \(position)")
    }
  }

  @Test func wholeFoldersAndFilesInThemAreOneModel() throws {
    let tokens: [Int32] = [1, 403, 407]
    let expected = try model("stories260K/hf-float32-sharded").session().prefill(tokens)
    for file in ["model.safetensors.index.json", "model-00002-of-00003.safetensors"] {
      let model = try model("stories260K/hf-float32-sharded/\(file)")
      #expect(try model.session().prefill(tokens) == expected, "\(file)")
    }
    let single = "stories260K/hf-float16"
    #expect(
      try model("\(single)/model.safetensors").session().prefill(tokens) == model(single).session().prefill(tokens))
    // The file of the same weights in GGUF has its own pairs of rotation.
    let gguf = try model("stories260K/gguf/stories260K-F32.gguf").session().prefill(tokens)
    #expect(Comparison(expected, gguf).rms < 1e-3)
  }

  @Test(arguments: ["stories260K/hf-float16", "babyllama105/hf-float32-sharded", "babyllama105-d256/awq-g128"])
  func theFoldersTokenizerIsThatOfTheModel(_ folder: String) throws {
    let model = try model(folder)
    let ids = model.tokenizer.encode("Once upon a time, there was a little girl.")
    #expect(model.tokenizer.decode(ids).hasSuffix("little girl.") && ids.first == 1)
    #expect(model.tokenizer.stopTokens.contains(2))
  }

  @Test func perplexityOfAFolder() throws {
    let text = String(decoding: try Shared.bytes("text/tinystories_sample.txt"), as: UTF8.self)
    let ours = try model("stories260K/hf-float16").perplexity(text, context: 128)
    let gguf = try model("stories260K/gguf/stories260K-F16.gguf").perplexity(text, context: 128)
    #expect(abs(ours.perplexity / gguf.perplexity - 1) < 1e-3)
  }

  @Test("floats are quantized while loading", arguments: [LanguageModel.Options.Quantize.q4_0, .q4_k])
  func quantizing(_ kind: LanguageModel.Options.Quantize) throws {
    let text = String(decoding: try Shared.bytes("text/tinystories_sample.txt"), as: UTF8.self).prefix(4000)
    func perplexity(_ model: LanguageModel) throws -> Double {
      try model.perplexity(String(text), context: 128).perplexity
    }
    for folder in ["babyllama105-d256/hf-float16", "babyllama105-d256/gguf/babyllama105-d256-F16.gguf"] {
      let plain = try model(folder)
      let quantized = try model(folder, exact: false, quantize: kind)
      #expect(quantized.quantizationName == (kind == .q4_0 ? "Q4_0" : "Q4_K"))
      #expect(quantized.memory.weights.bytes * 3 < plain.memory.weights.bytes)
      let ratio = try perplexity(quantized) / perplexity(plain)
      #expect((0.98..<(kind == .q4_0 ? 1.08 : 1.05)).contains(ratio), "\(folder): \(ratio)")
    }
    // Rows of 64 are no whole blocks of Q4_K, those of 172 none of anything.
    let narrow = try model("stories260K/hf-float16", quantize: kind)
    #expect(narrow.quantizationName == "Q4_0" && narrow.core.weights.embedding.type == .q8_0)
    if case .dense(let network) = narrow.core.weights.layers[0].feedForward.kind {
      #expect(network.down.matrix.type == .f16 && network.up.matrix.type == .q4_0)
    } else {
      Issue.record("the feed-forward part is no dense one")
    }
    // What is packed stays.
    #expect(try model("babyllama105/gptq-g32", quantize: kind).quantizationName == "GPTQ-4bit")
  }
}
