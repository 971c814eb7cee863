import Domain

extension TensorInventory {
  /// The tensors of a language model out of the headers of its safetensors, by the names that transformers gives them.
  ///
  /// Eyes, ears, heads for speculation and tables that code computes are left out. Matrices whose names we do not know
  /// count as matrices that quantizers take.
  ///
  /// - Parameters:
  ///   - shards: the headers of all files.
  ///   - count: the number of repeating layers.
  /// - Returns: nil when there is no embedding among them, or the weights are packed, so that their shapes do not tell.
  public init?(safetensors shards: [SafetensorsHeader], layers count: Int) {
    var common: [Tensor] = []
    var layers = [[Tensor]](repeating: [], count: max(0, count))
    var experts = [[TensorRole: (rowLength: Int64, rows: Int64)]](repeating: [:], count: max(0, count))
    for tensor in shards.lazy.flatMap(\.tensors) {
      guard !tensor.type.packsWeights || tensor.shape.count < 2 else { return nil }
      guard let name = TransformersName(tensor.name), tensor.elements > 0 else { continue }
      if let layer = name.layer, !layers.indices.contains(layer) { continue }
      let role = name.role(dimensions: tensor.shape.count)
      let rowLength = name.rowLength(tensor.shape)
      let entry = Tensor(role, max(1, rowLength), tensor.elements / max(1, rowLength))
      guard let layer = name.layer else {
        common.append(entry)
        continue
      }
      if role.isExpert {
        // The experts of a layer are one tensor in GGUF.
        let known = experts[layer][role]
        let (rows, overflow) = (known?.rows ?? 0).addingReportingOverflow(entry.rows)
        guard !overflow else { return nil }
        experts[layer][role] = (entry.rowLength, rows)
      } else {
        layers[layer].append(entry)
      }
    }
    for layer in layers.indices {
      for role in [TensorRole.expertGate, .expertUp, .expertDown] {
        guard let sum = experts[layer][role] else { continue }
        layers[layer].append(Tensor(role, sum.rowLength, sum.rows))
      }
    }
    guard common.contains(where: { $0.role == .tokenEmbedding }) else { return nil }
    self.init(common: common, layers: layers)
  }
}

/// A tensor's name in transformers, taken apart.
private struct TransformersName {
  /// The number of its layer; nil for what stands beside the layers.
  let layer: Int?
  /// What follows the layer's number, or the whole name.
  private let rest: Substring

  /// Nil for what is no part of the language model.
  init?(_ name: String) {
    let parts = name.split(separator: ".")
    guard !parts.contains(where: { Self.others.contains(String($0)) }), !name.hasSuffix("rotary_emb.inv_freq"),
      !name.hasSuffix(".masked_bias")
    else { return nil }
    if let place = parts.firstIndex(where: { Self.lists.contains(String($0)) }), place + 1 < parts.count,
      let number = Int(parts[place + 1]), (0..<1 << 11).contains(number)
    {
      layer = number
      rest = name[parts[place + 1].endIndex...].dropFirst()
    } else {
      layer = nil
      rest = name[...]
    }
  }

  private static let lists: Set<String> = ["layers", "h", "blocks", "block"]

  private static let others: Set<String> = [
    "visual", "vision_tower", "vision_model", "vision_encoder", "multi_modal_projector", "audio_tower", "audio_encoder",
    "mm_projector", "image_newline", "embed_vision", "embed_audio", "mtp", "eh_proj", "shared_head", "enorm", "hnorm",
  ]

  func role(dimensions: Int) -> TensorRole {
    let words = rest.split(separator: ".").map(String.init)
    if dimensions < 2 || words.last == "bias" { return .vector }
    func has(_ names: String...) -> Bool { words.contains { names.contains($0) } }
    guard layer != nil else {
      if has("embed_tokens", "wte", "word_embeddings", "tok_embeddings", "embed_in", "embedding") {
        return .tokenEmbedding
      }
      if has("embed_tokens_per_layer") { return .perLayerEmbedding }
      if has("lm_head", "embed_out", "output", "output_layer") { return .output }
      return .keptMatrix
    }
    let isExpert = has("experts") && !has("shared_experts", "shared_expert")
    if isExpert {
      if has("down_proj", "w2", "linear_v") { return .expertDown }
      return has("up_proj", "w3") ? .expertUp : .expertGate
    }
    if has("router", "gate") && !has("shared_expert_gate") { return .router }
    if has("conv1d", "conv") { return .keptMatrix }
    if has("q_proj", "wq") { return .attentionQuery }
    if has("k_proj", "wk") { return .attentionKey }
    if has("v_proj", "wv") { return .attentionValue }
    if has("qkv_proj", "query_key_value", "c_attn", "W_pack", "Wqkv", "wqkv", "in_proj_qkv") { return .attentionFused }
    if has("kv_b_proj") { return .attentionLatentPart }
    if has("o_proj", "wo", "out_proj") { return .attentionOutput }
    if has("gate_proj", "w1", "gate_up_proj") { return has("gate_up_proj") ? .feedForwardUp : .feedForwardGate }
    if has("up_proj", "w3", "c_fc", "fc1", "dense_h_to_4h") { return .feedForwardUp }
    if has("down_proj", "w2", "fc2", "dense_4h_to_h") { return .feedForwardDown }
    let isAttention = has("attn", "self_attn", "self_attention", "attention", "mixer")
    if has("c_proj", "dense") { return isAttention ? .attentionOutput : .feedForwardDown }
    return .matrix
  }

  /// Elements of a row: linear layers are stored with the outputs first. Experts that lie in one tensor of three
  /// dimensions have their inputs before their outputs.
  func rowLength(_ shape: [Int64]) -> Int64 {
    shape.count == 3 && rest.contains("experts") ? shape[1] : shape.last ?? 1
  }
}
