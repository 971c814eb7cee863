extension Architecture {
  /// Every family that we know, by what differs from plain llama. The next one is one more row.
  ///
  /// Sources: the modelling classes of transformers
  /// (<https://github.com/huggingface/transformers/tree/main/src/transformers/models>) and the tensors that
  /// llama.cpp's models ask for (<https://github.com/ggml-org/llama.cpp/tree/master/src/models>).
  static let table: [Architecture] = [
    Architecture(
      names: [
        "llama", "smollm", "yi", "Yi", "internlm3", "aquila", "xverse", "arcee-llama", "deepseek-llm", "vicuna",
      ],
      queryKeyValueBias: .stated("attention_bias"), outputBias: .stated("attention_bias"),
      feedForwardBias: .stated("mlp_bias"), isProven: true),
    Architecture(names: ["mistral", "ministral", "ministral3", "mistral3"], isProven: true),
    Architecture(names: ["mixtral"], isProven: true),
    Architecture(
      names: ["llama4", "llama4_text"], queryKeyValueBias: .stated("attention_bias"),
      outputBias: .stated("attention_bias"), window: 8192, slidingPeriod: 4),
    Architecture(names: ["granite"], queryKeyValueBias: .stated("attention_bias"), isProven: true),
    Architecture(names: ["granitemoe", "granitemoeshared"], queryKeyValueBias: .stated("attention_bias")),
    Architecture(names: ["smollm3"], queryKeyValueBias: .stated("attention_bias")),
    Architecture(
      names: ["seed_oss"], queryKeyValueBias: .stated("attention_bias"), outputBias: .stated("attention_out_bias")),
    Architecture(names: ["minicpm", "baichuan", "orion_llama", "internlm2", "internlm", "mimo"]),
    Architecture(names: ["orion"], normBias: true),
    Architecture(names: ["qwen"], projection: .fused, queryKeyValueBias: .always),
    Architecture(
      names: ["qwen2", "qwen2vl", "qwen2_vl_text", "qwen2_5_vl_text"], queryKeyValueBias: .always, isProven: true),
    Architecture(names: ["qwen2_moe", "qwen2moe"], queryKeyValueBias: .always),
    Architecture(
      names: ["qwen3", "qwen3vl", "qwen3_vl_text"], queryKeyValueBias: .stated("attention_bias"), headNorms: .oneHead,
      isProven: true),
    Architecture(
      names: ["qwen3_moe", "qwen3moe", "qwen3_vl_moe_text", "qwen3vlmoe"],
      queryKeyValueBias: .stated("attention_bias"), headNorms: .oneHead, isProven: true),
    Architecture(names: ["gemma"], scalesQueries: true, isProven: true),
    Architecture(
      names: ["gemma2"], norms: 4, window: 4096, slidingPeriod: 2, scalesQueries: true, isProven: true),
    Architecture(
      names: ["gemma3", "gemma3_text"], headNorms: .oneHead, norms: 4, slidingPeriod: 6, scalesQueries: true,
      isProven: true),
    Architecture(
      names: ["gemma4", "gemma4_text"], headNorms: .oneHead, norms: 4, scalars: 1, scalesQueries: true,
      hasDenseBesideExperts: true),
    Architecture(
      names: ["qwen3_next", "qwen3_5_text", "qwen3_5_moe_text", "qwen3next", "qwen35", "qwen35moe"],
      headNorms: .oneHead, hasQueryGate: true, hasDeltaNets: true),
    Architecture(
      names: ["phi3", "phi3_v", "phi3small"], projection: .fused, feedForward: .fusedGate, keepsWindow: false,
      isProven: true),
    Architecture(
      names: ["phi", "phi2", "phi-msft"], queryKeyValueBias: .always, outputBias: .always, feedForward: .plain,
      feedForwardBias: .always, norms: 1, normBias: true, outputMatrixBias: true),
    Architecture(
      names: ["phimoe"], queryKeyValueBias: .stated("attention_bias"), outputBias: .stated("attention_bias"),
      normBias: true, outputMatrixBias: true, keepsWindow: false),
    Architecture(
      names: [
        "deepseek_v2", "deepseek_v3", "deepseek2", "kimi_k2", "glm4_moe_lite", "mistral4", "deepseek_vl_v2",
        "deepseek_v32", "glm_moe_dsa",
      ], projection: .latent, isProven: true),
    Architecture(names: ["deepseek"]),
    Architecture(
      names: ["cohere", "command-r"], queryKeyValueBias: .stated("attention_bias"),
      outputBias: .stated("attention_bias"), headNorms: .statedAllHeads("use_qk_norm"), norms: 1),
    Architecture(
      names: ["cohere2"], queryKeyValueBias: .stated("attention_bias"), outputBias: .stated("attention_bias"), norms: 1,
      window: 4096, slidingPeriod: 4),
    Architecture(
      names: ["gpt_oss", "gpt-oss"], queryKeyValueBias: .always, outputBias: .always, headVectors: 1, expertVectors: 1,
      expertBias: true, slidingPeriod: 2, isProven: true),
    Architecture(
      names: ["olmo"], queryKeyValueBias: .stated("attention_bias"), norms: 0, finalNorm: false),
    Architecture(names: ["olmo2", "olmo3"], headNorms: .allHeads, slidingPeriod: 4),
    Architecture(
      names: ["glm4"], queryKeyValueBias: .stated("attention_bias"), feedForward: .fusedGate, norms: 4),
    Architecture(names: ["arcee"], feedForward: .plain),
    Architecture(names: ["nemotron"], feedForward: .plain, normBias: true),
    Architecture(names: ["hunyuan_v1_dense", "hunyuan-dense"], headNorms: .oneHead),
    Architecture(names: ["exaone4"], headNorms: .oneHead, slidingPeriod: 4),
    Architecture(names: ["olmoe"], headNorms: .allHeads),
    Architecture(
      names: ["falcon", "RefinedWeb", "RefinedWebModel"], projection: .fused, queryKeyValueBias: .stated("bias"),
      outputBias: .stated("bias"), feedForward: .plain, feedForwardBias: .stated("bias"), norms: 1, normBias: true),
    Architecture(
      names: ["stablelm"], queryKeyValueBias: .stated("use_qkv_bias"),
      headNorms: .statedAllHeads("qk_layernorm"), normBias: true),
    Architecture(
      names: ["starcoder2"], queryKeyValueBias: .stated("use_bias"), outputBias: .stated("use_bias"),
      feedForward: .plain, feedForwardBias: .stated("use_bias"), normBias: true),
    Architecture(
      names: ["gpt_neox", "gptneox"], projection: .fused, queryKeyValueBias: .always, outputBias: .always,
      feedForward: .plain, feedForwardBias: .always, normBias: true),
    Architecture(
      names: ["gpt2", "gpt_bigcode", "starcoder"], projection: .fused, queryKeyValueBias: .always, outputBias: .always,
      feedForward: .plain, feedForwardBias: .always, normBias: true, learnedPositions: true),
    Architecture(
      names: ["chatglm"], projection: .fused, queryKeyValueBias: .stated("add_qkv_bias"), feedForward: .fusedGate),
    Architecture(
      names: ["glm4_moe", "glm4moe"], queryKeyValueBias: .stated("attention_bias"),
      headNorms: .statedOneHead("use_qk_norm"),
      expertVectors: 1),
    Architecture(names: ["minimax_m2", "minimax-m2"], headNorms: .allHeads, expertVectors: 1),
  ]
}
