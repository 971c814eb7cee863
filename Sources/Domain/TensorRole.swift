/// What a tensor does, as far as quantizers look at it: llama-quantize decides by the tensor's name, and GPTQ, AWQ and
/// their kin take the linear layers and leave the rest.
public enum TensorRole: UInt8, Hashable, Sendable, CaseIterable {
  /// `token_embd.weight`
  case tokenEmbedding
  /// `per_layer_token_embd.weight` of Gemma 3n and 4: looked up by token like the embedding, and never on the card.
  case perLayerEmbedding
  /// `output.weight`
  case output
  /// `attn_q.weight`
  case attentionQuery
  /// `attn_k.weight`
  case attentionKey
  /// `attn_v.weight`
  case attentionValue
  /// `attn_qkv.weight`: the three in one.
  case attentionFused
  /// `attn_kv_b.weight`: keys and values out of the compressed row, in files from before 2025.
  case attentionLatent
  /// `attn_output.weight`
  case attentionOutput
  /// `ffn_gate.weight`, also of shared experts.
  case feedForwardGate
  /// `ffn_up.weight`, also of shared experts.
  case feedForwardUp
  /// `ffn_down.weight`, also of shared experts.
  case feedForwardDown
  /// `ffn_gate_exps.weight`: routed experts, all in one tensor of three dimensions.
  case expertGate
  /// `ffn_up_exps.weight`
  case expertUp
  /// `ffn_down_exps.weight`
  case expertDown
  /// `attn_k_b.weight` and `attn_v_b.weight`: the same in two tensors of three dimensions, in files since 2025.
  case attentionLatentPart
  /// Any other matrix of a linear layer, which quantizers take.
  case matrix
  /// A matrix that quantizers leave alone: position embeddings, convolutions.
  case keptMatrix
  /// `ffn_gate_inp.weight`: the router, which says which experts a token goes to.
  case router
  /// Norms and biases: always F32 in GGUF.
  case vector
  /// `rope_freqs.weight` and the long and short factors: F32, and no parameters of the model.
  case ropeTable

  /// Two letters that stand for it where inventories are kept.
  public var letters: String { Self.letters[Int(rawValue)] }

  /// The role of two letters; nil when they stand for none.
  public init?(letters: some StringProtocol) {
    guard let place = Self.letters.firstIndex(where: { $0 == letters }) else { return nil }
    self.init(rawValue: UInt8(place))
  }

  /// In the order of the cases.
  private static let letters = [
    "te", "pe", "ou", "aq", "ak", "av", "af", "al", "ao", "fg", "fu", "fd", "eg", "eu", "ed", "lp", "mx", "km", "ro",
    "ve", "rt",
  ]

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
    case .tokenEmbedding, .perLayerEmbedding, .output, .keptMatrix, .router, .vector, .ropeTable: false
    default: true
    }
  }
}
