import Domain

extension TensorInventory {
  /// The tensors of a GGUF model, whatever their types; nil when there are more elements than are believed.
  ///
  /// - Parameters:
  ///   - headers: of all its parts.
  ///   - layers: the number of repeating layers.
  public init?(gguf headers: [GGUFHeader], layers count: Int) {
    var common: [Tensor] = []
    var layers = [[Tensor]](repeating: [], count: max(0, count))
    for header in headers {
      for tensor in header.tensors {
        guard let rowLength = tensor.dimensions.first.map({ Int64(clamping: $0) }), rowLength > 0 else { return nil }
        let isMatrix = tensor.dimensions.dropFirst().contains { $0 > 1 }
        let parts = tensor.name.split(separator: ".", maxSplits: 2)
        let layer = parts.count == 3 && parts[0] == "blk" ? Int(parts[1]) : nil
        let name = layer == nil ? tensor.name[...] : parts[2]
        let entry = Tensor(TensorRole(ggufName: name, isMatrix: isMatrix), rowLength, tensor.elements / rowLength)
        if let layer, layers.indices.contains(layer) { layers[layer].append(entry) } else { common.append(entry) }
      }
    }
    self.init(common: common, layers: layers)
  }
}

extension TensorRole {
  /// The role of a tensor by the name that llama-quantize looks at, the layer's number left out.
  ///
  /// Source: `tensor_get_category` and `tensor_allows_quantization` in llama.cpp's `llama-quant.cpp`.
  init(ggufName name: Substring, isMatrix: Bool) {
    if isMatrix, let known = Self.usual[name] {
      self = known
      return
    }
    switch name {
    case "token_embd.weight": self = .tokenEmbedding
    case "per_layer_token_embd.weight": self = .perLayerEmbedding
    case "output.weight": self = .output
    case _ where name.hasPrefix("rope_f"): self = .ropeTable
    case _ where !isMatrix && !name.hasPrefix("ffn_gate_inp"): self = .vector
    case _ where name.contains("ffn_gate_inp."): self = .router
    case _ where !isMatrix || !name.hasSuffix("weight") || name.hasSuffix("_norm.weight"): self = .vector
    case _ where Self.kept.contains(where: name.contains): self = .keptMatrix
    case _ where name.contains("attn_qkv.weight"): self = .attentionFused
    case _ where name.contains("attn_kv_b.weight"): self = .attentionLatent
    case _ where name.contains("attn_k_b.") || name.contains("attn_v_b."): self = .attentionLatentPart
    case _ where name.contains("attn_v.weight"): self = .attentionValue
    case _ where name.contains("attn_k.weight"): self = .attentionKey
    case _ where name.contains("attn_q.weight"): self = .attentionQuery
    case _ where name.contains("attn_output.weight"): self = .attentionOutput
    case _ where name.contains("ffn_up"): self = name.contains("_exps") ? .expertUp : .feedForwardUp
    case _ where name.contains("ffn_gate"): self = name.contains("_exps") ? .expertGate : .feedForwardGate
    case _ where name.contains("ffn_down"): self = name.contains("_exps") ? .expertDown : .feedForwardDown
    default: self = .matrix
    }
  }

  /// The names that nearly all tensors have.
  private static let usual: [Substring: TensorRole] = [
    "attn_q.weight": .attentionQuery, "attn_k.weight": .attentionKey, "attn_v.weight": .attentionValue,
    "attn_output.weight": .attentionOutput, "ffn_gate.weight": .feedForwardGate, "ffn_up.weight": .feedForwardUp,
    "ffn_down.weight": .feedForwardDown, "ffn_gate_exps.weight": .expertGate, "ffn_up_exps.weight": .expertUp,
    "ffn_down_exps.weight": .expertDown, "attn_qkv.weight": .attentionFused,
  ]

  /// Parts of the names of matrices that are left alone.
  private static let kept = [
    "position_embd", "token_types", "ssm_conv1d", "shortconv.conv", "altup", "laurel", "per_layer_model_proj",
    "attn_rel_b", "time_mix_first", "time_mix_w", "time_mix_v", "time_mix_a", "time_mix_g", "time_mix_decay_w",
    "time_mix_lerp",
  ]
}
