import Domain
import ModelFiles
import Testing

@testable import Inference

/// What a family means when its files do not say it.
@Suite("Numbers of the families")
struct HyperparameterTests {
  /// The numbers of a reference's metadata after a change, without its tensors.
  private func numbers(
    _ name: String, without missing: Set<String> = [], _ changes: [(String, GGUFValue)] = []
  ) throws -> Hyperparameters {
    let reference = try #require(ReferenceModel.named(name))
    let prefix = reference.architecture
    var writer = GGUFWriter()
    for entry in reference.metadata where !missing.contains(String(entry.key.dropFirst(prefix.count + 1))) {
      writer.set(entry.key, entry.value)
    }
    writer.set("tokenizer.ggml.tokens", .array(GGUFArray(strings: ["a", "b"])))
    for (key, value) in changes { writer.set("\(prefix).\(key)", value) }
    let bytes = writer.bytes()
    guard case .complete(let header) = try GGUFHeader.parse(bytes, fileSize: Int64(bytes.count), name: name) else {
      throw ModelFileError(.truncated, file: name, "incomplete")
    }
    return try Hyperparameters(
      header, shape: ModelShape(gguf: header), family: #require(Family.named(prefix)))
  }

  @Test func gemma2SlidesInEverySecondLayer() throws {
    let numbers = try numbers(
      "gemma2", without: ["attention.sliding_window", "attn_logit_softcapping", "final_logit_softcapping"])
    #expect(numbers.windows == [4096, 0, 4096])
    #expect(numbers.attentionCap == 50 && numbers.logitCap == 30)
    #expect(numbers.embeddingScale == 8 && numbers.attentionScale == 0.25)
  }

  @Test(arguments: [("gemma2", 46), ("gemma3", 62)])
  func theLargestGemmasScaleByWidth(_ name: String, _ layers: Int) throws {
    let changes: [(String, GGUFValue)] = [
      ("block_count", .uint32(UInt32(layers))), ("attention.key_length", .uint32(64)),
      ("attention.value_length", .uint32(64)), ("rope.dimension_count", .uint32(64)),
    ]
    let largest = try numbers(name, without: ["attention.scale"], changes)
    #expect(largest.attentionScale == 0.25)  // 1 / sqrt(64 / 4 heads)
    let other = try numbers(name, without: ["attention.scale"], Array(changes.dropFirst()))
    #expect(other.attentionScale == 0.125)
  }

  @Test func gemma3SlidesInFiveOfSixLayers() throws {
    #expect(try numbers("gemma3").windows == [8, 8, 8, 8, 8, 0, 8])
    #expect(try numbers("gemma3", without: ["attention.sliding_window"]).windows == [0, 0, 0, 0, 0, 0, 0])
  }

  @Test func aListOfLayersWins() throws {
    let list = ("attention.sliding_window_pattern", GGUFValue.array(GGUFArray(bools: [false, true])))
    for name in ["mistral", "phi3, window", "qwen2, yarn"] {
      #expect(try numbers(name, [("attention.sliding_window", .uint32(8)), list]).windows == [0, 8], "\(name)")
    }
    #expect(throws: (any Error).self) {
      try numbers("gemma2", [list])  // three layers
    }
    #expect(try numbers("mistral").windows == [8, 8])
    #expect(try numbers("llama").windows == [0, 0])
  }

  @Test func everyFourthLayerOfSmolLM3DoesNotTurn() throws {
    #expect(try numbers("smollm3").turns == [true, true, true, false])
    #expect(try numbers("llama").turns == [true, true])
  }

  @Test func expertsHaveTheFamiliesHabits() throws {
    let qwen2 = try #require(try numbers("qwen2moe").experts)
    #expect(!qwen2.normalises && qwen2.sharedWidth == 64 && qwen2.gatesShared && qwen2.width == 32)
    let qwen3 = try #require(try numbers("qwen3moe").experts)
    #expect(qwen3.normalises && qwen3.sharedWidth == 0)
    #expect(try numbers("qwen3moe", [("expert_weights_norm", .bool(false))]).experts?.normalises == false)
    #expect(try numbers("qwen3moe", [("expert_weights_scale", .float32(2.5))]).experts?.scale == 2.5)
    #expect(try numbers("llama").experts == nil)
  }
}
