import Foundation
import ModelFiles
import TestSupport
import Testing

@testable import Inference

/// SmolLM2 as llama.cpp's quantizer made it from the Q4_1 file: `make quantized`.
struct QuantizedSmolLM2: Sendable, CustomTestStringConvertible {
  let type: String
  /// llama.cpp's perplexity of the text.
  let perplexity: Double

  var testDescription: String { type }
  var path: String { Self.path(type) }
  var isThere: Bool { FileManager.default.fileExists(atPath: path) }

  static func path(_ type: String) -> String {
    (SmolLM2.path ?? "").replacingOccurrences(of: ".Q4_1.gguf", with: ".\(type).gguf")
  }

  static let all = [
    QuantizedSmolLM2(type: "Q4_0", perplexity: 47.9988), QuantizedSmolLM2(type: "Q8_0", perplexity: 40.2738),
    QuantizedSmolLM2(type: "Q4_K_M", perplexity: 43.2848),
  ]
  static let areThere = all.allSatisfy(\.isThere)
  static let reason: Comment = "needs the other quantizations of SmolLM2 (make quantized)"

  func model(exact: Bool) throws -> LanguageModel {
    try LanguageModel(file: path, options: .init(threads: 2, contextLength: 512, exact: exact))
  }
}

@Suite(
  "Against llama.cpp on other quantizations of SmolLM2", .serialized,
  .enabled(if: Shared.has("core/gen_2026_Q4_0.json"), "needs ../shared/core"),
  .enabled(if: QuantizedSmolLM2.areThere, QuantizedSmolLM2.reason))
struct QuantizedReferenceTests {
  @Test(arguments: QuantizedSmolLM2.all)
  func bothPaths(_ file: QuantizedSmolLM2) throws {
    let (exact, fast) = (try file.model(exact: true), try file.model(exact: false))
    #expect(exact.quantizationName == file.type)
    for run in try ReferenceRun.load(file.type) {
      let expected = try exact.session().prefill(run.promptIDs)
      // llama.cpp rounds activations to 8 bits: its own runs lie so far from exact arithmetic.
      #expect(run.distance(expected) < 0.5, "\(run.prompt)")
      #expect(abs(Comparison.logSumExp(expected) - run.logSumExp) < 0.3, "\(run.prompt)")
      let comparison = Comparison(try fast.session().prefill(run.promptIDs), expected)
      #expect(comparison.divergence < 0.01 && comparison.cosine > 0.998 && comparison.rms < 0.25, "\(run.prompt)")
      let firm = run.firm(below: 0.5)
      for model in [exact, fast] {
        let new = try model.generate(
          promptIDs: run.promptIDs, options: .init(maxTokens: max(1, firm), ignoresEnd: true))
        #expect(new.ids.starts(with: run.ids.prefix(firm)), "\(run.prompt)")
      }
    }
  }

  @Test(
    .enabled(if: ProcessInfo.processInfo.environment["HUBWATCH_REFERENCE"] != nil, "runs in make reference"),
    arguments: QuantizedSmolLM2.all)
  func perplexity(_ file: QuantizedSmolLM2) throws {
    let text = String(decoding: try Shared.bytes("core/perplexity-text.txt"), as: UTF8.self)
    let result = try file.model(exact: false).perplexity(text, context: 512)
    #expect(result.chunks == 19)
    #expect(abs(result.perplexity / file.perplexity - 1) < 0.005)
  }

  /// What our decoders read out of Q4_1 is bit for bit what llama.cpp reads.
  @Test(
    .enabled(
      if: FileManager.default.fileExists(atPath: QuantizedSmolLM2.path("F32")), QuantizedSmolLM2.reason))
  func theExactWeights() throws {
    let source = try GGUFFile(path: try #require(SmolLM2.path))
    let exact = try GGUFFile(path: QuantizedSmolLM2.path("F32"))
    for tensor in source.header.tensors {
      let info = try #require(exact.header.tensor(tensor.name))
      #expect(info.type == .f32 && info.dimensions == tensor.dimensions)
      let ours = ExactCopy.floats(of: tensor, in: source)
      let isEqual = ours.withUnsafeBytes { bytes in
        exact.data(of: info).elementsEqual(bytes)
      }
      #expect(isEqual, "\(tensor.name)")
    }
  }
}

@Suite(
  "SmolLM2 in 32-bit floats",
  .enabled(if: Shared.has("core/gen_2026_F32fromQ4_1.json"), "needs ../shared/core"),
  .enabled(if: SmolLM2.path != nil, SmolLM2.reason))
struct FloatReferenceTests {
  @Test func floatsSayWhatTheirQuantizationSays() throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/exact.gguf"
    try ExactCopy.write(of: try #require(SmolLM2.path), to: path)
    let model = try LanguageModel(file: path, options: .init(threads: 2, contextLength: 512))
    #expect(model.quantizationName == "F32")
    for (row, run) in try ReferenceRun.load().enumerated() {
      let logits = try model.session().prefill(run.promptIDs)
      let expected = try ReferenceRun.logits(row: row, count: logits.count)
      let largest = zip(logits, expected).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
      #expect(largest <= 0.02 && Logits.greedy(logits) == Logits.greedy(expected), "\(run.prompt)")
      let firm = min(run.firm(below: 0.05), 16)
      let new = try model.generate(
        promptIDs: run.promptIDs, options: .init(maxTokens: max(1, firm), ignoresEnd: true))
      #expect(new.ids.starts(with: run.ids.prefix(firm)), "\(run.prompt)")
    }
  }
}
