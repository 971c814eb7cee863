import Domain
import TestSupport
import Testing

@testable import ModelFiles

/// A configuration and what llama.cpp printed of the header of the same model, converted by others.
struct PublishedPair: Sendable, CustomTestStringConvertible {
  let configuration: String
  let dump: String

  var testDescription: String { configuration }

  static let all = [
    PublishedPair(
      configuration: "aiconfigurator/meta-llama--Meta-Llama-3.1-8B", dump: "21-llama-Meta_Llama_3.1_8B_Instruct"),
    PublishedPair(configuration: "aiconfigurator/Qwen--Qwen3-32B", dump: "19-qwen3-Qwen3_32B"),
    PublishedPair(configuration: "aiconfigurator/Qwen--Qwen3-30B-A3B", dump: "36-qwen3moe-Qwen3_30B_A3B"),
    PublishedPair(configuration: "aiconfigurator/Qwen--Qwen3-235B-A22B", dump: "14-qwen3moe-Qwen3_235B_A22B"),
    PublishedPair(
      configuration: "aiconfigurator/Qwen--Qwen3-VL-235B-A22B-Instruct",
      dump: "86-qwen3vlmoe-Qwen3_VL_235B_A22B_Instruct"),
    PublishedPair(configuration: "aiconfigurator/Qwen--Qwen3.5-27B", dump: "90-qwen35-Qwen3.5_27B"),
    PublishedPair(configuration: "aiconfigurator/Qwen--Qwen3.5-122B-A10B", dump: "89-qwen35moe-Qwen3.5_122B_A10B"),
    PublishedPair(configuration: "aiconfigurator/Qwen--Qwen3.5-35B-A3B", dump: "92-qwen35moe-Qwen3.5_35B_A3B"),
    PublishedPair(configuration: "aiconfigurator/Qwen--Qwen3.5-397B-A17B", dump: "93-qwen35moe-Qwen3.5_397B_A17B"),
    PublishedPair(configuration: "aiconfigurator/nvidia--Gemma-4-31B-IT-NVFP4", dump: "99-gemma4-Gemma_4_31B_It"),
    PublishedPair(configuration: "aiconfigurator/zai-org--GLM-5.1", dump: "80-glm-dsa-GLM_5.1"),
    PublishedPair(configuration: "rtp-llm/GLM-4.5", dump: "101-glm4moe-GLM_4.5"),
  ]
}

@Suite(
  "Configurations and published headers",
  .enabled(
    if: Shared.has("headers/gguf-dumps") && Shared.has("hub/recorded/configs"), "needs ../shared/headers and hub"))
struct PublishedHeaderTests {
  /// The whole numbers of a printed header, by key without the architecture.
  private func numbers(_ dump: String) throws -> [String: Int] {
    let text = String(decoding: try Shared.bytes("headers/gguf-dumps/\(dump).txt"), as: UTF8.self)
    var result: [String: Int] = [:]
    for line in text.split(whereSeparator: \.isNewline) where line.contains("- kv") {
      let sides = line.split(separator: "=", maxSplits: 1)
      let words = sides[0].split(separator: " ")
      guard sides.count == 2, words.count >= 3, let value = Int(sides[1].trimming(while: \.isWhitespace)) else {
        continue
      }
      let key = words[words.count - 2].split(separator: ".").dropFirst().joined(separator: ".")
      result[key] = value
    }
    return result
  }

  @Test(arguments: PublishedPair.all)
  func theSameNumbers(_ pair: PublishedPair) throws {
    let header = try numbers(pair.dump)
    let shape = try ModelConfiguration(
      Shared.bytes("hub/recorded/configs/\(pair.configuration).json"), name: pair.configuration
    ).shape()
    // The header counts the layers for speculation; a configuration does not.
    let layers = shape.layers + (header["nextn_predict_layers"] ?? 0)
    let expected: [String: Int] = [
      "block_count": layers, "context_length": shape.contextLength, "embedding_length": shape.embedding,
      "feed_forward_length": shape.feedForward, "attention.head_count": shape.heads,
      "attention.head_count_kv": shape.kvHeads.max() ?? 0, "attention.key_length": shape.keyLength,
      "attention.value_length": shape.valueLength, "expert_count": shape.experts,
      "expert_used_count": shape.expertsUsed,
      "expert_feed_forward_length": shape.expertFeedForward ?? shape.feedForward, "vocab_size": shape.vocabulary,
      "attention.sliding_window": shape.slidingWindow ?? 0,
    ]
    let shared = header.filter { expected[$0.key] != nil }
    #expect(shared.count >= 6)
    #expect(shared == expected.filter { header[$0.key] != nil })
  }
}

extension Substring {
  fileprivate func trimming(while matches: (Character) -> Bool) -> Substring {
    var rest = drop(while: matches)
    while let last = rest.last, matches(last) { rest.removeLast() }
    return rest
  }
}
