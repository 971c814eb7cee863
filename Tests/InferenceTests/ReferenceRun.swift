import Foundation
import TestSupport
import Testing

@testable import Inference

/// What llama.cpp says of one prompt with SmolLM2 in one quantization.
struct ReferenceRun: Decodable {
  struct Scored: Decodable {
    let id: Int
    let logit: Float
  }

  let prompt: String
  let promptIDs: [Int32]
  /// The ten best logits of the first new position.
  let best: [Scored]
  let logSumExp: Double
  /// The greedy continuation, and how far the best logit lies above the next at each of its positions.
  let ids: [Int32]
  let margins: [Float]

  enum CodingKeys: String, CodingKey {
    case prompt, ids
    case promptIDs = "prompt_ids"
    case best = "first_top10"
    case logSumExp = "first_logsumexp"
    case margins = "top1_minus_top2"
  }

  /// The runs of a quantization; `F32fromQ4_1` is exact arithmetic on the weights of Q4_1.
  static func load(_ type: String = "F32fromQ4_1") throws -> [ReferenceRun] {
    try JSONDecoder().decode([ReferenceRun].self, from: Data(try Shared.bytes("core/gen_2026_\(type).json")))
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

/// How far logits are from others.
struct Comparison {
  /// Kullback–Leibler divergence of the first distribution from the second, in nats.
  let divergence: Double
  let cosine: Double
  let rms: Double

  init(_ logits: [Float], _ expected: [Float]) {
    let (ours, theirs) = (Self.logSoftmax(logits), Self.logSoftmax(expected))
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

  static func logSumExp(_ values: [Float]) -> Double {
    let largest = Double(values.max() ?? 0)
    return largest + log(values.reduce(0.0) { $0 + exp(Double($1) - largest) })
  }

  private static func logSoftmax(_ values: [Float]) -> [Double] {
    let sum = logSumExp(values)
    return values.map { Double($0) - sum }
  }
}
