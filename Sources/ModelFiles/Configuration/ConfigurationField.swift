/// A number of `config.json`, whatever the model's family calls it.
enum ConfigurationField: CaseIterable {
  case hiddenSize, layers, heads, keyValueHeads, queryGroups, globalKeyValueHeads, slidingKeyValueHeads
  case headLength, globalHeadLength, slidingHeadLength, valueLength, slidingValueLength
  case feedForward, denseFeedForward, expertFeedForward, experts, expertsUsed
  case vocabulary, context, slidingWindow
  case latentRank, queryRank, rotatedLength, plainLength
  case sharedLayers, fullInterval, attentionPeriod, attentionOffset, slidingPattern
  case sharedExperts, sharedExpertWidth, firstDenseLayers, expertLayerStep, perLayerInput
  case stateConvolution, stateLength, stateGroups, stateHeads, stateHeadLength, stateWidth, stateExpansion
  case indexHeads, indexHeadLength

  /// The names by which families call it, in the order in which they are tried. A dot leads into a nested object.
  ///
  /// The names are those of the configuration classes in transformers
  /// (<https://github.com/huggingface/transformers/tree/main/src/transformers/models>) and of models that bring
  /// their own: chatglm, qwen 1, phi-msft, MPT, DBRX, Step, MiMo.
  var names: [String] {
    switch self {
    case .hiddenSize: ["hidden_size", "n_embd", "d_model", "n_embed", "model_dim"]
    case .layers: ["num_hidden_layers", "n_layer", "num_layers", "n_layers", "num_transformer_layers"]
    case .heads: ["num_attention_heads", "n_head", "n_heads"]
    case .keyValueHeads: ["num_key_value_heads", "num_kv_heads", "n_head_kv", "attn_config.kv_n_heads"]
    case .queryGroups: ["multi_query_group_num"]
    case .globalKeyValueHeads: ["num_global_key_value_heads"]
    case .slidingKeyValueHeads: ["swa_num_key_value_heads"]
    case .headLength: ["head_dim", "kv_channels", "attention_head_dim", "attention_head_size"]
    case .globalHeadLength: ["global_head_dim"]
    case .slidingHeadLength: ["swa_head_dim"]
    case .valueLength: ["v_head_dim"]
    case .slidingValueLength: ["swa_v_head_dim"]
    case .feedForward: ["intermediate_size", "n_inner", "ffn_hidden_size", "ffn_dim", "ffn_config.ffn_hidden_size"]
    case .denseFeedForward: ["intermediate_size_mlp", "dense_intermediate_size"]
    case .expertFeedForward: ["moe_intermediate_size", "expert_intermediate_size"]
    case .experts:
      ["num_local_experts", "n_routed_experts", "num_experts", "moe_num_experts", "ffn_config.moe_num_experts"]
    case .expertsUsed:
      [
        "num_experts_per_tok", "experts_per_token", "num_experts_per_token", "top_k_experts", "moe_topk", "moe_k",
        "ffn_config.moe_top_k",
      ]
    case .vocabulary: ["vocab_size", "padded_vocab_size"]
    case .context:
      [
        "max_position_embeddings", "n_positions", "max_sequence_length", "max_seq_len", "seq_length", "n_ctx",
        "context_length", "model_max_length",
      ]
    case .slidingWindow: ["sliding_window", "sliding_window_size", "attention_window_size", "attention_chunk_size"]
    case .latentRank: ["kv_lora_rank"]
    case .queryRank: ["q_lora_rank"]
    case .rotatedLength: ["qk_rope_head_dim"]
    case .plainLength: ["qk_nope_head_dim"]
    case .sharedLayers: ["num_kv_shared_layers"]
    case .fullInterval: ["full_attention_interval"]
    case .attentionPeriod: ["attn_layer_period"]
    case .attentionOffset: ["attn_layer_offset"]
    case .slidingPattern: ["sliding_window_pattern", "_sliding_window_pattern"]
    case .sharedExperts: ["n_shared_experts", "num_shared_experts", "moe_num_shared_experts"]
    case .sharedExpertWidth: ["shared_expert_intermediate_size", "shared_intermediate_size"]
    case .firstDenseLayers: ["first_k_dense_replace"]
    case .expertLayerStep: ["moe_layer_freq", "decoder_sparse_step", "interleave_moe_layer_step"]
    case .perLayerInput: ["hidden_size_per_layer_input"]
    case .stateConvolution:
      [
        "linear_conv_kernel_dim", "mamba_d_conv", "conv_kernel", "conv_L_cache",
        "linear_attn_config.short_conv_kernel_size",
      ]
    case .stateLength: ["linear_key_head_dim", "mamba_d_state", "ssm_state_size"]
    case .stateGroups: ["linear_num_key_heads", "mamba_n_groups", "n_groups"]
    case .stateHeads: ["linear_num_value_heads", "mamba_n_heads", "mamba_num_heads", "linear_attn_config.num_heads"]
    case .stateHeadLength:
      ["linear_value_head_dim", "mamba_d_head", "mamba_head_dim", "linear_attn_config.head_dim"]
    case .indexHeads: ["index_n_heads"]
    case .indexHeadLength: ["index_head_dim"]
    case .stateWidth: ["mamba_d_ssm"]
    case .stateExpansion: ["mamba_expand", "expand"]
    }
  }

  /// What is believed: the bounds of `ModelShape.isPlausible`.
  var range: ClosedRange<Int> {
    switch self {
    case .hiddenSize: 1...1 << 20
    case .layers, .fullInterval, .attentionPeriod, .slidingPattern: 1...1 << 11
    case .sharedLayers, .attentionOffset: 0...1 << 11
    case .heads, .queryGroups, .headLength, .globalHeadLength, .slidingHeadLength, .valueLength, .slidingValueLength:
      1...1 << 14
    case .keyValueHeads, .globalKeyValueHeads, .slidingKeyValueHeads: 1...1 << 14
    case .feedForward, .denseFeedForward, .expertFeedForward: 0...1 << 24
    case .experts, .expertsUsed: 0...1 << 14
    case .vocabulary: 1...1 << 24
    case .context: 1...1 << 26
    // A negative window means none.
    case .slidingWindow: -1...Int(Int32.max)
    case .sharedExperts, .firstDenseLayers, .expertLayerStep: 0...1 << 14
    case .sharedExpertWidth: 0...1 << 24
    case .perLayerInput, .stateConvolution, .stateLength, .stateGroups, .stateHeads, .stateHeadLength: 0...1 << 14
    case .indexHeads, .indexHeadLength: 1...1 << 14
    case .stateWidth: 1...1 << 20
    case .stateExpansion: 1...64
    case .latentRank, .queryRank, .rotatedLength, .plainLength: 0...1 << 14
    }
  }

  /// What it is, for a message that says it is missing.
  var words: String {
    switch self {
    case .hiddenSize: "hidden size"
    case .layers: "number of layers"
    case .heads: "number of attention heads"
    case .vocabulary: "vocabulary size"
    case .context: "context length"
    case .feedForward: "feed-forward width"
    default: names[0]
    }
  }
}
