/// What a tensor does, as far as quantizers look at it: llama-quantize decides by the tensor's name, and GPTQ, AWQ and
/// their kin take the linear layers and leave the rest.
public enum TensorRole: String, Hashable, Sendable, CaseIterable {
  /// `token_embd.weight`
  case tokenEmbedding = "te"
  /// `per_layer_token_embd.weight` of Gemma 3n and 4: looked up by token like the embedding, and never on the card.
  case perLayerEmbedding = "pe"
  /// `output.weight`
  case output = "ou"
  /// `attn_q.weight`
  case attentionQuery = "aq"
  /// `attn_k.weight`
  case attentionKey = "ak"
  /// `attn_v.weight`
  case attentionValue = "av"
  /// `attn_qkv.weight`: the three in one.
  case attentionFused = "af"
  /// `attn_kv_b.weight`: keys and values out of the compressed row, in files from before 2025.
  case attentionLatent = "al"
  /// `attn_output.weight`
  case attentionOutput = "ao"
  /// `ffn_gate.weight`, also of shared experts.
  case feedForwardGate = "fg"
  /// `ffn_up.weight`, also of shared experts.
  case feedForwardUp = "fu"
  /// `ffn_down.weight`, also of shared experts.
  case feedForwardDown = "fd"
  /// `ffn_gate_exps.weight`: routed experts, all in one tensor of three dimensions.
  case expertGate = "eg"
  /// `ffn_up_exps.weight`
  case expertUp = "eu"
  /// `ffn_down_exps.weight`
  case expertDown = "ed"
  /// Any other matrix of a linear layer, which quantizers take.
  case matrix = "mx"
  /// A matrix that keeps the type of the conversion: position embeddings, convolutions.
  case keptMatrix = "km"
  /// Norms, biases and routers: always F32 in GGUF.
  case vector = "ve"
  /// `rope_freqs.weight` and the long and short factors: F32, and no parameters of the model.
  case ropeTable = "rt"

  /// Whether it is one of the routed experts' tensors.
  public var isExpert: Bool {
    switch self {
    case .expertGate, .expertUp, .expertDown: true
    default: false
    }
  }

  /// Whether it is the matrix of a linear layer inside of a repeating layer: what GPTQ, AWQ and bitsandbytes quantize.
  public var isLinear: Bool {
    switch self {
    case .tokenEmbedding, .perLayerEmbedding, .output, .keptMatrix, .vector, .ropeTable: false
    default: true
    }
  }
}
