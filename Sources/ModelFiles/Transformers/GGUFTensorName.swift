/// What a tensor of transformers is called in GGUF.
///
/// Source: PyPI's `gguf`, `tensor_mapping.py`, for the families of `TransformersFamily`.
public enum GGUFTensorName: Sendable, Equatable {
  /// A tensor of the language model.
  case named(String)
  /// A table that code computes, or a part of the model that is not for language.
  case ignored
  /// Nothing that we know.
  case unknown
}

extension GGUFTensorName {
  /// The name of a matrix or norm with its ending, or of a bias: `model.layers.3.self_attn.q_proj.weight` is
  /// `blk.3.attn_q.weight`.
  ///
  /// - Parameter hasPostNorms: whether `post_attention_layernorm` stands behind attention.
  init(_ name: String, hasPostNorms: Bool) {
    if Self.ignoredParts.contains(where: name.hasPrefix) || Self.ignoredEnds.contains(where: name.hasSuffix) {
      self = .ignored
      return
    }
    let prefix = Self.prefixes.first(where: name.hasPrefix) ?? ""
    let words = name.dropFirst(prefix.count).split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard words.count >= 2, let ending = words.last, ending == "weight" || ending == "bias" else {
      self = .unknown
      return
    }
    let rest = words.dropLast().joined(separator: ".")
    if let part = Self.beside[rest] {
      self = .named("\(part).\(ending)")
    } else if words[0] == "layers", words.count > 3, let layer = Self.number(words[1]) {
      let inner = Array(words[2..<words.count - 1])
      self = Self.part(inner, hasPostNorms: hasPostNorms).map { .named("blk.\(layer).\($0).\(ending)") } ?? .unknown
    } else {
      self = .unknown
    }
  }

  private static let prefixes = ["model.language_model.", "language_model.model.", "language_model.", "model."]
  private static let ignoredParts = [
    "vision_tower.", "model.vision_tower.", "multi_modal_projector.", "model.multi_modal_projector.",
  ]
  private static let ignoredEnds = ["rotary_emb.inv_freq", ".attn.masked_bias", ".attn.bias"]

  /// What stands beside the layers.
  private static let beside = ["embed_tokens": "token_embd", "norm": "output_norm", "lm_head": "output"]

  /// The parts of a layer.
  private static let parts = [
    "input_layernorm": "attn_norm", "pre_feedforward_layernorm": "ffn_norm",
    "post_feedforward_layernorm": "post_ffw_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v", "self_attn.qkv_proj": "attn_qkv", "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm", "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down", "mlp.gate_up_proj": "ffn_up", "mlp.gate": "ffn_gate_inp",
    "block_sparse_moe.gate": "ffn_gate_inp", "mlp.shared_expert.gate_proj": "ffn_gate_shexp",
    "mlp.shared_expert.up_proj": "ffn_up_shexp", "mlp.shared_expert.down_proj": "ffn_down_shexp",
    "mlp.shared_expert_gate": "ffn_gate_inp_shexp",
  ]

  /// The matrices of an expert: Mixtral counts them.
  private static let expertParts = [
    "w1": "ffn_gate", "w2": "ffn_down", "w3": "ffn_up", "gate_proj": "ffn_gate", "down_proj": "ffn_down",
    "up_proj": "ffn_up",
  ]

  private static func part(_ words: [String], hasPostNorms: Bool) -> String? {
    let name = words.joined(separator: ".")
    if name == "post_attention_layernorm" { return hasPostNorms ? "post_attention_norm" : "ffn_norm" }
    if let part = parts[name] { return part }
    guard words.count == 4, ["mlp", "block_sparse_moe"].contains(words[0]), words[1] == "experts",
      let expert = number(words[2]), let part = expertParts[words[3]]
    else { return nil }
    return "\(part).\(expert)"
  }

  /// A number as it is written without zeros before it.
  private static func number(_ text: String) -> Int? {
    Int(text).flatMap { $0 >= 0 && String($0) == text ? $0 : nil }
  }
}

extension ModelConfiguration {
  /// What a tensor of this model is called in GGUF. The output matrix of a model that ties it to the embedding is
  /// ignored, as transformers does.
  public func ggufName(of tensor: String) -> GGUFTensorName {
    let name = GGUFTensorName(tensor, hasPostNorms: family?.hasPostNorms ?? false)
    return tiedEmbeddings && name == .named("output.weight") ? .ignored : name
  }
}
