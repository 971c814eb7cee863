import Foundation
import TestSupport

@testable import Inference

/// A reference model as transformers saves it: its tensors under their names there, and its `config.json`.
struct ReferenceFolder {
  let model: ReferenceModel

  /// Models whose experts lie in one tensor in folders, which are unsupported there.
  static let unsupported: Set<String> = ["ministral 3", "granitemoe", "granitemoe, shared expert"]

  /// What the configuration of a model has beside the dimensions that all have.
  static let configurations: [String: String] = [
    "llama": #""model_type":"llama","torch_dtype":"float64""#,
    "llama, tied": #""model_type":"llama""#,
    "llama, biases": #""model_type":"llama","attention_bias":true,"mlp_bias":true"#,
    "llama 3.1, factors": """
    "model_type":"llama","rope_theta":500000.0,"rope_scaling":{"rope_type":"llama3","factor":8.0,"low_freq_factor":1.0,
    "high_freq_factor":4.0,"original_max_position_embeddings":32}
    """,
    "llama 3.1, configured": """
    "model_type":"llama","rope_parameters":{"rope_type":"llama3","rope_theta":500000.0,"factor":8.0,
    "low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":32}
    """,
    "llama, linear": #""model_type":"llama","rope_scaling":{"type":"linear","factor":2.5}"#,
    "llama, dynamic, short": #""model_type":"llama","rope_scaling":{"type":"dynamic","factor":2.0}"#,
    "llama, dynamic, long": """
    "model_type":"llama","max_position_embeddings":16,"rope_scaling":{"type":"dynamic","factor":2.0}
    """,
    "llama, yarn": """
    "model_type":"llama","rope_scaling":{"type":"yarn","factor":4.0,"original_max_position_embeddings":16}
    """,
    "llama, yarn with all its numbers": """
    "model_type":"llama","rope_scaling":{"rope_type":"yarn","factor":4.0,"original_max_position_embeddings":16,
    "beta_fast":4.0,"beta_slow":0.5,"attention_factor":1.25}
    """,
    "llama, yarn with mscale": """
    "model_type":"llama","rope_scaling":{"rope_type":"yarn","factor":4.0,"original_max_position_embeddings":16,
    "mscale":1.0,"mscale_all_dim":0.5}
    """,
    "llama, long heads": #""model_type":"llama","head_dim":24"#,
    "mistral": #""model_type":"mistral","sliding_window":8"#,
    "mixtral": #""model_type":"mixtral","rope_theta":10000.0,"num_local_experts":5,"num_experts_per_tok":2"#,
    "mixtral of early 2024":
      #""model_type":"mixtral","rope_theta":10000.0,"num_local_experts":5,"num_experts_per_tok":2"#,
    "qwen2": #""model_type":"qwen2","sliding_window":8,"use_sliding_window":false,"max_window_layers":1"#,
    "qwen2, yarn": """
    "model_type":"qwen2","rope_theta":1000000.0,"rope_scaling":{"type":"yarn","factor":4.0,
    "original_max_position_embeddings":16}
    """,
    "qwen2, window in the upper layers":
      #""model_type":"qwen2","sliding_window":8,"use_sliding_window":true,"max_window_layers":2"#,
    "qwen2moe": """
    "model_type":"qwen2_moe","num_experts":6,"num_experts_per_tok":3,"moe_intermediate_size":32,
    "shared_expert_intermediate_size":64,"norm_topk_prob":false,"decoder_sparse_step":1
    """,
    "qwen2moe, normalised": """
    "model_type":"qwen2_moe","num_experts":6,"num_experts_per_tok":3,"moe_intermediate_size":32,
    "shared_expert_intermediate_size":64,"norm_topk_prob":true,"decoder_sparse_step":1
    """,
    "qwen3": #""model_type":"qwen3","head_dim":24,"rope_theta":1000000.0"#,
    "qwen3moe": """
    "model_type":"qwen3_moe","head_dim":24,"num_experts":6,"num_experts_per_tok":3,"moe_intermediate_size":32,
    "norm_topk_prob":true,"decoder_sparse_step":1
    """,
    "gemma": #""model_type":"gemma","head_dim":16,"hidden_act":"gelu""#,
    "gemma2": """
    "model_type":"gemma2","head_dim":16,"hidden_activation":"gelu_pytorch_tanh","hidden_act":"gelu_pytorch_tanh",
    "sliding_window":8,"query_pre_attn_scalar":16,"attn_logit_softcapping":2.0,"final_logit_softcapping":3.0
    """,
    "gemma3": """
    "model_type":"gemma3_text","head_dim":16,"hidden_activation":"gelu_pytorch_tanh","sliding_window":8,
    "sliding_window_pattern":6,"query_pre_attn_scalar":24,"rope_theta":1000000.0,"rope_local_base_freq":10000.0,
    "rope_scaling":{"rope_type":"linear","factor":8.0},"attn_logit_softcapping":null
    """,
    "phi3, window": #""model_type":"phi3","sliding_window":8,"rope_scaling":null"#,
    "phi3, longrope, short": phi3,
    "phi3, longrope, long": phi3,
    "granite": """
    "model_type":"granite","embedding_multiplier":6.0,"residual_multiplier":0.25,"attention_multiplier":0.125,
    "logits_scaling":4.0
    """,
    "olmoe": #""model_type":"olmoe","num_experts":5,"num_experts_per_tok":2,"norm_topk_prob":false"#,
    "olmo2": #""model_type":"olmo2""#,
    "olmo3": """
    "model_type":"olmo3","sliding_window":8,"layer_types":["sliding_attention","sliding_attention",
    "sliding_attention","full_attention"],"rope_parameters":{"sliding_attention":{"rope_type":"default",
    "rope_theta":500000.0},"full_attention":{"rope_type":"yarn","rope_theta":500000.0,"factor":4.0,
    "original_max_position_embeddings":16}}
    """,
    "smollm3": #""model_type":"smollm3","rope_theta":10000.0"#,
  ]

  private static let phi3 = """
    "model_type":"phi3","max_position_embeddings":128,"original_max_position_embeddings":32,
    "partial_rotary_factor":0.75,"rope_scaling":{"type":"longrope","short_factor":[1.0,1.25,1.5,1.75,2.0,2.5],
    "long_factor":[1.0,2.0,4.0,8.0,12.0,16.0]}
    """

  /// Writes the model.
  func write(to folder: String) throws {
    var writer = SafetensorsWriter()
    for tensor in model.tensors {
      for (name, shape, values) in stored(tensor) { writer.add(name, floats: values, shape) }
    }
    // A table that code computes, and that old files carry.
    writer.add("model.layers.0.self_attn.rotary_emb.inv_freq", floats: [1, 2], [2])
    try writer.write(to: folder, configuration: configuration)
    let tokenizer = #"{"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]}}"#
    try Data(tokenizer.utf8).write(to: URL(filePath: "\(folder)/tokenizer.json"))
  }

  private var configuration: String {
    let layers = model.metadata.first { $0.key.hasSuffix(".block_count") }?.value.int ?? 0
    let isTied = !model.tensors.contains { $0.name == "output.weight" }
    let own = Self.configurations[model.name] ?? ""
    var common = [
      #""hidden_size":64,"intermediate_size":96,"num_hidden_layers":\#(layers),"num_attention_heads":4"#,
      #""num_key_value_heads":2,"rms_norm_eps":1e-05,"vocab_size":200,"tie_word_embeddings":\#(isTied)"#, own,
    ]
    if !own.contains("\"max_position_embeddings\"") { common.append(#""max_position_embeddings":64"#) }
    return "{\(common.joined(separator: ","))}"
  }

  private var isMixtral: Bool { model.name.hasPrefix("mixtral") }
  private var isGemma: Bool { model.name.hasPrefix("gemma") }
  /// Whether GGUF has the pairs side by side, and transformers half a head apart.
  private var isPermuted: Bool { ["llama", "granite", "smollm3"].contains(model.architecture) }

  /// A tensor of GGUF as one or several of transformers.
  private func stored(_ tensor: ReferenceModel.Tensor) -> [(String, [Int], [Float])] {
    var shape = tensor.dimensions.reversed().map { Int($0) }
    var values = tensor.values
    let words = tensor.name.split(separator: ".").map(String.init)
    let ending = words[words.count - 1]
    if tensor.name.hasSuffix("norm.weight"), isGemma { values = values.map { $0 - 1 } }
    switch words[0] {
    case "token_embd": return [("model.embed_tokens.weight", shape, values)]
    case "output_norm": return [("model.norm.weight", shape, values)]
    case "output": return [("lm_head.weight", shape, values)]
    case "blk": break
    default: return []  // factors of the rotation lie in the configuration
    }
    let (block, part) = ("model.layers.\(words[1])", words[2])
    if isPermuted, part == "attn_q" || part == "attn_k" {
      values = Self.halves(values, rows: shape[0], heads: part == "attn_q" ? 4 : 2)
    }
    if part.hasSuffix("_exps") {
      let size = shape[1] * shape[2]
      return (0..<shape[0]).map { expert in
        (
          "\(block).\(expertName(String(part.dropLast(5)), expert)).weight", Array(shape[1...]),
          Array(values[expert * size..<(expert + 1) * size])
        )
      }
    }
    if words.count == 5, let expert = Int(words[3]) {
      return [("\(block).\(expertName(part, expert)).weight", shape, values)]
    }
    if part == "ffn_gate_inp_shexp" { shape = [1] + shape }
    return [("\(block).\(name(part)).\(ending)", shape, values)]
  }

  private func name(_ part: String) -> String {
    switch part {
    case "attn_norm": "input_layernorm"
    case "ffn_norm":
      ["gemma2", "gemma3"].contains(model.architecture) ? "pre_feedforward_layernorm" : "post_attention_layernorm"
    case "post_attention_norm": "post_attention_layernorm"
    case "post_ffw_norm": "post_feedforward_layernorm"
    case "attn_output": "self_attn.o_proj"
    case "attn_q_norm", "attn_k_norm": "self_attn.\(part.dropFirst(5))"
    case "attn_q", "attn_k", "attn_v", "attn_qkv": "self_attn.\(part.dropFirst(5))_proj"
    case "ffn_gate_inp": isMixtral ? "block_sparse_moe.gate" : "mlp.gate"
    case "ffn_gate_inp_shexp": "mlp.shared_expert_gate"
    case "ffn_gate_shexp", "ffn_up_shexp", "ffn_down_shexp":
      "mlp.shared_expert.\(part.dropFirst(4).dropLast(6))_proj"
    case "ffn_up" where model.architecture == "phi3": "mlp.gate_up_proj"
    default: "mlp.\(part.dropFirst(4))_proj"
    }
  }

  private func expertName(_ part: String, _ expert: Int) -> String {
    let mixtral = ["ffn_gate": "w1", "ffn_down": "w2", "ffn_up": "w3"]
    return isMixtral
      ? "block_sparse_moe.experts.\(expert).\(mixtral[part] ?? "")" : "mlp.experts.\(expert).\(part.dropFirst(4))_proj"
  }

  /// Rows with pairs side by side in the order of halves.
  private static func halves(_ values: [Float], rows: Int, heads: Int) -> [Float] {
    let (length, columns) = (rows / heads, values.count / rows)
    return (0..<rows).flatMap { row in
      let (head, place) = row.quotientAndRemainder(dividingBy: length)
      let from = head * length + (place < length / 2 ? 2 * place : 2 * (place - length / 2) + 1)
      return values[from * columns..<(from + 1) * columns]
    }
  }
}
