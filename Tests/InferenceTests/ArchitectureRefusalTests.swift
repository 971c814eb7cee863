import Domain
import ModelFiles
import TestSupport
import Testing

@testable import Inference

/// What the graph cannot run is refused with a reason, whatever a file says.
@Suite("Models that the graph refuses")
struct ArchitectureRefusalTests {
  /// One model of every architecture, and both kinds of experts.
  static let samples = [
    "llama", "llama 3.1, factors", "llama, biases", "ministral 3", "mixtral", "mixtral of early 2024", "qwen2",
    "qwen2moe",
    "qwen3", "qwen3moe", "gemma", "gemma2", "gemma3", "phi3, longrope, long", "granite", "granitemoe, shared expert",
    "olmo2", "olmoe", "smollm3",
  ].compactMap(ReferenceModel.named)

  private func refusal(_ open: () throws -> LanguageModel) -> (any ReportableError)? {
    do {
      _ = try open()
      return nil
    } catch { return error as? any ReportableError }
  }

  @Test(arguments: samples)
  func tensorsOfAnotherShape(_ reference: ReferenceModel) {
    for index in reference.tensors.indices {
      let name = reference.tensors[index].name
      let last = reference.tensors[index].dimensions.count - 1
      for (axis, isLonger) in [(0, true), (last, false)] {
        let error = refusal {
          try reference.open(tensors: { tensors in
            let length = tensors[index].dimensions[axis]
            tensors[index].dimensions[axis] = isLonger ? 2 * length : max(1, length / 2)
            tensors[index].values = .init(repeating: 0.25, count: Int(tensors[index].dimensions.reduce(1, *)))
          })
        }
        #expect(error is ModelFileError, "\(name), axis \(axis)")
      }
    }
  }

  @Test(arguments: samples)
  func tensorsThatAreMissing(_ reference: ReferenceModel) {
    for index in reference.tensors.indices {
      let name = reference.tensors[index].name
      // Without it the embedding takes its place; without factors nothing is divided; biases of llama are free.
      let isFree =
        name == "output.weight" || name == "rope_freqs.weight"
        || (reference.architecture == "llama" && name.hasSuffix(".bias"))
      let error = refusal { try reference.open(tensors: { $0.remove(at: index) }) }
      #expect(isFree ? error == nil : error != nil, "\(name)")
    }
  }

  @Test(arguments: samples)
  func tensorsThatTheGraphWouldLeaveOut(_ reference: ReferenceModel) {
    for name in ["blk.0.attn_sinks.weight", "blk.1.ssm_a", "blk.9.attn_norm.weight", "output_norm.bias", "cls.weight"] {
      let error = refusal {
        try reference.open(tensors: {
          $0.append(.init(name: name, dimensions: [64], values: .init(repeating: 0, count: 64)))
        })
      }
      #expect((error as? InferenceError)?.kind == .unsupported, "\(name)")
    }
  }

  @Test(arguments: [
    ("llama", "logit_scale", GGUFValue.float32(0.0625)), ("llama", "attention.clamp_kqv", .float32(8)),
    ("llama", "attention.causal", .bool(false)), ("llama", "use_parallel_residual", .bool(true)),
    ("llama", "attention.temperature_scale", .float32(0.1)), ("llama", "rope.scaling.type", .string("mrope")),
    ("llama", "rope.dimension_sections", .uint32(4)), ("qwen2", "attention.sliding_window", .uint32(8)),
    ("gemma", "expert_count", .uint32(4)), ("qwen3moe", "expert_group_count", .uint32(2)),
    ("qwen3moe", "expert_gating_func", .uint32(2)), ("qwen3", "attn_logit_softcapping", .float32(50)),
    ("gemma3", "attention.key_length_swa", .uint32(32)),
    ("qwen3moe", "expert_shared_feed_forward_length", .uint32(32)),
    ("granite", "rope.scaling.finetuned", .bool(false)), ("mixtral", "leading_dense_block_count", .uint32(1)),
  ])
  func numbersThatTheGraphWouldLeaveOut(_ name: String, _ key: String, _ value: GGUFValue) throws {
    let reference = try #require(ReferenceModel.named(name))
    let error = refusal { try reference.open(metadata: { $0.set("\(reference.architecture).\(key)", value) }) }
    #expect((error as? InferenceError)?.kind == .unsupported)
  }

  @Test(arguments: [
    ("llama", "rope.freq_base", GGUFValue.float32(.nan)), ("llama", "rope.freq_base", .float32(-1)),
    ("qwen3", "rope.dimension_count", .uint32(7)), ("qwen3", "rope.dimension_count", .uint32(512)),
    ("llama, yarn", "rope.scaling.factor", .float32(.infinity)),
    ("llama, yarn", "rope.scaling.attn_factor", .float32(0)),
    ("llama, yarn", "rope.scaling.original_context_length", .uint32(0)),
    ("llama 3.1, configured", "rope.scaling.low_freq_factor", .float32(9)),
    ("phi3, longrope, long", "rope.scaling.original_context_length", .int32(-4)),
    ("mixtral", "expert_used_count", .uint32(0)), ("mixtral", "expert_used_count", .uint32(6)),
    ("granite", "logit_scale", .float32(0)), ("granite", "attention.scale", .float32(-1)),
    ("gemma2", "final_logit_softcapping", .float32(.nan)), ("gemma2", "attention.layer_norm_rms_epsilon", .float32(2)),
    ("gemma2", "attn_logit_softcapping", .string("50")),
  ])
  func numbersThatCannotBe(_ name: String, _ key: String, _ value: GGUFValue) throws {
    let reference = try #require(ReferenceModel.named(name))
    let error = refusal { try reference.open(metadata: { $0.set("\(reference.architecture).\(key)", value) }) }
    #expect((error as? ModelFileError)?.kind == .badMetadata)
  }

  /// Whatever a header says, the model opens or is refused; what opens computes or is found out.
  @Test(arguments: samples)
  func randomMetadata(_ reference: ReferenceModel) throws {
    var random = Noise.Generator(seed: UInt64(reference.name.utf8.reduce(7) { $0 &* 31 &+ Int($1) }.magnitude))
    let numbers: [GGUFValue] = [
      .uint32(0), .uint32(1), .uint32(2), .uint32(3), .uint32(5), .uint32(16), .uint32(64), .uint32(.max), .int32(-1),
      .uint64(.max), .float32(0), .float32(1), .float32(-3), .float32(.nan), .float32(.infinity), .float32(1e-30),
      .float32(1e30), .bool(true), .string("linear"), .array(GGUFArray(int32s: [1, 2])),
      .array(GGUFArray(bools: [true, false])),
    ]
    let keys =
      reference.metadata.map(\.key).filter { $0 != "general.architecture" }
      + [
        "attention.sliding_window", "attention.sliding_window_pattern", "attention.scale", "expert_count",
        "rope.freq_base",
      ]
      .map { "\(reference.architecture).\($0)" }
    for _ in 0..<60 {
      let changes = (0..<Int.random(in: 1...2, using: &random)).map { _ in
        (keys.randomElement(using: &random) ?? "", numbers.randomElement(using: &random) ?? .uint32(0))
      }
      do {
        let model = try reference.open(
          .init(threads: 1, contextLength: 32, exact: true),
          metadata: { for (key, value) in changes { $0.set(key, value) } })
        let logits = try model.session().prefill(Array(reference.tokens.prefix(12)))
        #expect(logits.count == model.shape.vocabulary)
      } catch {
        #expect(error is any ReportableError, "\(changes): \(error)")
      }
    }
  }
}
