import Foundation
import TestSupport
import Testing

@testable import Inference

/// What llama.cpp says of one prompt, on the exact dequantization of SmolLM2's Q4_1 weights.
struct ReferenceRun: Decodable {
  let prompt: String
  let promptIDs: [Int32]
  let ids: [Int32]
  let margins: [Float]

  enum CodingKeys: String, CodingKey {
    case prompt, ids
    case promptIDs = "prompt_ids"
    case margins = "top1_minus_top2"
  }

  static func load() throws -> [ReferenceRun] {
    try JSONDecoder().decode(
      [ReferenceRun].self, from: Data(try Shared.bytes("core/gen_2026_F32fromQ4_1.json")))
  }

  /// The logits of the first new position, one row a prompt.
  static func logits(row: Int, count: Int) throws -> [Float] {
    let bytes = try Shared.bytes("core/gen_2026_F32fromQ4_1.logits.f32")
    return bytes.withUnsafeBytes { buffer in
      (0..<count).map {
        Float(bitPattern: buffer.loadUnaligned(fromByteOffset: (row * count + $0) * 4, as: UInt32.self))
      }
    }
  }

  /// Tokens that must agree: all before the first position whose margin is below `margin`.
  func firm(below margin: Float) -> Int { margins.firstIndex { $0 < margin } ?? ids.count }
}

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

  @Test func fastPath() throws {
    let model = try model(exact: false)
    for (row, run) in try ReferenceRun.load().enumerated() {
      let logits = try model.session().prefill(run.promptIDs)
      let expected = try ReferenceRun.logits(row: row, count: logits.count)
      let comparison = Comparison(logits, expected)
      #expect(comparison.divergence < 0.01 && comparison.cosine > 0.998 && comparison.rms < 0.25)
      let firm = run.firm(below: 0.5)
      let new = try model.generate(
        promptIDs: run.promptIDs, options: .init(maxTokens: firm, ignoresEnd: true))
      #expect(new.ids == Array(run.ids.prefix(firm)), "\(run.prompt)")
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

/// How far logits are from others.
struct Comparison {
  /// Kullback–Leibler divergence of the first distribution from the second, in nats.
  let divergence: Double
  let cosine: Double
  let rms: Double

  init(_ logits: [Float], _ expected: [Float]) {
    func logSoftmax(_ values: [Float]) -> [Double] {
      let largest = Double(values.max() ?? 0)
      let sum = values.reduce(0.0) { $0 + exp(Double($1) - largest) }
      return values.map { Double($0) - largest - log(sum) }
    }
    let (ours, theirs) = (logSoftmax(logits), logSoftmax(expected))
    divergence = zip(theirs, ours).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) }
    var (dot, left, right, squares) = (0.0, 0.0, 0.0, 0.0)
    for (a, b) in zip(logits, expected) {
      dot += Double(a) * Double(b)
      left += Double(a) * Double(a)
      right += Double(b) * Double(b)
      squares += Double(a - b) * Double(a - b)
    }
    cosine = dot / (left * right).squareRoot()
    rms = (squares / Double(logits.count)).squareRoot()
  }
}
