import Foundation
import TestSupport
import Testing

@testable import Inference

@Suite(
  "Against llama.cpp on SmolLM2", .serialized,
  .enabled(if: Shared.has("core/gen_2026_F32fromQ4_1.json"), "needs ../shared/core"),
  .enabled(if: SmolLM2.path != nil, SmolLM2.reason))
struct ReferenceTests {
  private func model(exact: Bool) throws -> LanguageModel {
    try LanguageModel(
      file: try #require(SmolLM2.path), options: .init(threads: 2, contextLength: 512, exact: exact))
  }

  @Test func theModelIsWhatItSays() throws {
    let model = try model(exact: false)
    #expect(model.quantizationName == "Q4_1" && model.shape.parameters == 134_515_008)
    #expect(model.shape.tiedEmbeddings && model.shape.kvHeads == [Int](repeating: 3, count: 30))
  }

  @Test func exactPath() throws {
    let model = try model(exact: true)
    var largest: Float = 0
    for (row, run) in try ReferenceRun.load().enumerated() {
      #expect(model.tokenizer.encode(run.prompt) == run.promptIDs)
      let session = try model.session()
      let logits = try session.prefill(run.promptIDs)
      let expected = try ReferenceRun.logits(row: row, count: logits.count)
      largest = max(largest, zip(logits, expected).reduce(0) { max($0, abs($1.0 - $1.1)) })
      #expect(Logits.greedy(logits) == Logits.greedy(expected))
      let firm = run.firm(below: 0.05)
      let new = try model.generate(
        promptIDs: run.promptIDs, options: .init(maxTokens: firm, ignoresEnd: true))
      #expect(new.ids == Array(run.ids.prefix(firm)), "\(run.prompt)")
    }
    #expect(largest <= 0.02)
  }

  /// How far llama.cpp's own logits lie from the exact ones, rms, prompt by prompt: the better of its runs with and
  /// without flash attention, with AVX2 or AVX-512.
  private static let peerDistance = [0.133, 0.138, 0.242, 0.25, 0.135, 0.171]

  @Test func fastPath() throws {
    let model = try model(exact: false)
    for (row, run) in try ReferenceRun.load().enumerated() {
      let logits = try model.session().prefill(run.promptIDs)
      let expected = try ReferenceRun.logits(row: row, count: logits.count)
      let comparison = Comparison(logits, expected)
      #expect(comparison.divergence < 0.01 && comparison.cosine > 0.998, "\(run.prompt)")
      #expect(comparison.rms < Self.peerDistance[row], "\(run.prompt)")
      let firm = run.firm(below: 0.5)
      let new = try model.generate(
        promptIDs: run.promptIDs, options: .init(maxTokens: firm, ignoresEnd: true))
      #expect(new.ids == Array(run.ids.prefix(firm)), "\(run.prompt)")
    }
  }

  @Test func aCacheOfBytesSaysNearlyTheSame() throws {
    let model = try LanguageModel(
      file: try #require(SmolLM2.path), options: .init(threads: 2, contextLength: 512, cacheType: .q8_0))
    let halves = try self.model(exact: false)
    #expect(model.memory.cache.bytes * 32 == halves.memory.cache.bytes * 17)
    for (row, run) in try ReferenceRun.load().enumerated() {
      let logits = try model.session().prefill(run.promptIDs)
      let expected = try ReferenceRun.logits(row: row, count: logits.count)
      let comparison = Comparison(logits, expected)
      #expect(comparison.divergence < 0.01 && comparison.cosine > 0.998 && comparison.rms < 0.25)
    }
  }

  @Test func fastPerplexity() throws {
    let text = String(decoding: try Shared.bytes("core/perplexity-text.txt"), as: UTF8.self)
    let result = try model(exact: false).perplexity(text, context: 512)
    #expect(result.chunks == 19)
    #expect(abs(result.perplexity / 40.4349 - 1) < 0.005)
    #expect(abs(result.perplexity - 40.2623) <= abs(40.4349 - 40.2623))
  }

  @Test func exactPerplexity() throws {
    let text = String(decoding: try Shared.bytes("core/perplexity-text.txt"), as: UTF8.self)
    let result = try model(exact: true).perplexity(text, context: 512)
    #expect(result.chunks == 19)
    #expect(abs(result.perplexity / 40.2623 - 1) < 0.005)
  }
}
