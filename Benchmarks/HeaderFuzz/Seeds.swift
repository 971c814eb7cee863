import Domain
import FuzzSupport
import ModelFiles

/// Whole inputs of every kind to begin with.
enum Seeds {
  static func all() throws -> [(HeaderTrial, [UInt8])] {
    var seeds: [(HeaderTrial, [UInt8])] = []
    for family in ["llama", "gemma3", "deepseek2", "granitehybrid", "gemma4", "qwen3moe", "falcon-h1"] {
      seeds.append((.gguf, try gguf(family)))
    }
    seeds += configurations.map { (.configuration, Array($0.utf8)) }
    let header = """
      {"__metadata__":{"format":"pt"},"model.embed_tokens.weight":{"dtype":"BF16","shape":[8,4],"data_offsets":[0,64]},
      "model.layers.0.self_attn.q_proj.weight":{"dtype":"BF16","shape":[4,4],"data_offsets":[64,96]},
      "model.layers.0.mlp.experts.0.up_proj.qweight":{"dtype":"I32","shape":[2,4],"data_offsets":[96,128]}}
      """
    let length = (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) }
    seeds.append((.safetensors, length + Array(header.utf8) + [UInt8](repeating: 0, count: 128)))
    seeds.append(
      (
        .index,
        Array(
          #"{"metadata":{"total_size":64},"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}}"#
            .utf8)
      ))
    return seeds
  }

  private static func gguf(_ family: String) throws -> [UInt8] {
    var writer = GGUFWriter()
    writer.set("general.architecture", .string(family))
    let layers = 2
    for (key, value) in [
      ("block_count", layers), ("context_length", 4096), ("embedding_length", 64), ("feed_forward_length", 128),
      ("attention.head_count", 4), ("attention.head_count_kv", 2), ("vocab_size", 32),
      ("attention.sliding_window", 512), ("expert_count", family == "qwen3moe" ? 4 : 0),
      ("expert_used_count", family == "qwen3moe" ? 2 : 0),
    ] {
      writer.set("\(family).\(key)", .uint32(UInt32(value)))
    }
    writer.set("\(family).attention.layer_norm_rms_epsilon", .float32(1e-5))
    switch family {
    case "deepseek2":
      for (key, value) in [
        ("attention.key_length", 96), ("attention.value_length", 64), ("attention.key_length_mla", 48),
        ("attention.value_length_mla", 32), ("attention.kv_lora_rank", 64),
      ] { writer.set("\(family).\(key)", .uint32(UInt32(value))) }
    case "granitehybrid", "falcon-h1":
      for (key, value) in [("conv_kernel", 4), ("inner_size", 128), ("state_size", 16), ("group_count", 1)] {
        writer.set("\(family).ssm.\(key)", .uint32(UInt32(value)))
      }
      writer.set("\(family).attention.head_count_kv", .array(GGUFArray(int32s: [0, 2])))
    case "gemma4":
      writer.set("\(family).attention.key_length_swa", .uint32(16))
      writer.set("\(family).attention.shared_kv_layers", .uint32(1))
      writer.set("\(family).attention.sliding_window_pattern", .array(GGUFArray(int32s: [1, 0])))
    default: break
    }
    func add(_ name: String, _ type: TensorType, _ dimensions: [Int64]) throws {
      try writer.add(name, type: type, dimensions: dimensions, data: nil)
    }
    try add("token_embd.weight", .q8_0, [64, 32])
    try add("output_norm.weight", .f32, [64])
    for layer in 0..<layers {
      try add("blk.\(layer).attn_norm.weight", .f32, [64])
      try add("blk.\(layer).attn_q.weight", .q4_0, [64, 64])
      try add("blk.\(layer).attn_k.weight", .q4_0, [64, 32])
      try add("blk.\(layer).attn_v.weight", .q4_0, [64, 32])
      try add("blk.\(layer).attn_output.weight", .q4_0, [64, 64])
      try add("blk.\(layer).ffn_norm.weight", .f32, [64])
      try add("blk.\(layer).ffn_gate.weight", .q4_0, [64, 128])
      try add("blk.\(layer).ffn_up.weight", .q4_0, [64, 128])
      try add("blk.\(layer).ffn_down.weight", .q4_0, [128, 64])
    }
    return writer.header()
  }

  private static let configurations = [
    """
    {"model_type":"llama","num_hidden_layers":2,"hidden_size":64,"intermediate_size":128,"num_attention_heads":4,
    "num_key_value_heads":2,"vocab_size":32,"max_position_embeddings":4096,"rope_scaling":{"rope_type":"llama3"}}
    """,
    """
    {"model_type":"deepseek_v3","num_hidden_layers":3,"hidden_size":64,"intermediate_size":128,"num_attention_heads":4,
    "kv_lora_rank":32,"q_lora_rank":16,"qk_rope_head_dim":8,"qk_nope_head_dim":16,"v_head_dim":16,"n_routed_experts":8,
    "num_experts_per_tok":2,"moe_intermediate_size":32,"n_shared_experts":1,"first_k_dense_replace":1,"vocab_size":32,
    "max_position_embeddings":4096,"topk_method":"noaux_tc"}
    """,
    """
    {"model_type":"gemma4","text_config":{"model_type":"gemma4_text","num_hidden_layers":2,"hidden_size":64,
    "intermediate_size":128,"num_attention_heads":4,"num_key_value_heads":2,"head_dim":16,"global_head_dim":32,
    "num_global_key_value_heads":1,"attention_k_eq_v":true,"vocab_size":32,"max_position_embeddings":4096,
    "sliding_window":512,"layer_types":["sliding_attention","full_attention"],"hidden_size_per_layer_input":8,
    "num_kv_shared_layers":1,"use_double_wide_mlp":true}}
    """,
    """
    {"model_type":"qwen3_next","num_hidden_layers":4,"hidden_size":64,"intermediate_size":128,"num_attention_heads":4,
    "num_key_value_heads":2,"vocab_size":32,"max_position_embeddings":4096,"full_attention_interval":4,
    "linear_num_key_heads":2,"linear_key_head_dim":8,"linear_num_value_heads":4,"linear_value_head_dim":8,
    "linear_conv_kernel_dim":4,"num_experts":4,"num_experts_per_tok":2,"moe_intermediate_size":32,
    "shared_expert_intermediate_size":32}
    """,
    """
    {"model_type":"nemotron_h","num_hidden_layers":4,"hidden_size":64,"intermediate_size":128,"num_attention_heads":4,
    "num_key_value_heads":2,"vocab_size":32,"max_position_embeddings":4096,"hybrid_override_pattern":"M-*E",
    "mamba_num_heads":4,"mamba_head_dim":16,"ssm_state_size":16,"n_groups":2,"conv_kernel":4,
    "quantization_config":{"quant_method":"gptq","bits":4,"group_size":128}}
    """,
  ]
}
