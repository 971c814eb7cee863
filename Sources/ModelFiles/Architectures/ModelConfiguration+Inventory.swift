import Domain

extension ModelConfiguration {
  /// The tensors that a conversion of this model to GGUF has, from its dimensions alone; nil for families that
  /// `Architecture.table` does not know, and for forms of a family that have parts which we do not.
  ///
  /// - Parameter shape: what `shape()` told of this configuration.
  /// - Throws: `badMetadata` when a number is impossible.
  public func inventory(of shape: ModelShape) throws(ModelFileError) -> TensorInventory? {
    guard let architecture = Architecture.named(shape.architecture), reader.text["block_configs"] == nil else {
      return nil
    }
    // Recurrent layers that we do not know keep their tensors to themselves.
    guard architecture.hasDeltaNets || (shape.attention?.statefulLayers ?? 0) == 0 else { return nil }
    return try InventoryBuilder(shape: shape, architecture: architecture, reader: reader).inventory()
  }

  /// Tensors of about the right sizes for a family that `Architecture.table` does not know: those of a llama with these
  /// dimensions, with full attention in place of recurrent layers. Only their proportions are good for anything.
  ///
  /// - Throws: `badMetadata` when a number is impossible.
  public func roughInventory(of shape: ModelShape) throws(ModelFileError) -> TensorInventory? {
    var plain = shape
    plain.attention = nil
    let kvHeads = max(1, shape.kvHeads.max() ?? 1)
    plain.kvHeads = shape.kvHeads.map { $0 == 0 ? kvHeads : $0 }
    let architecture = Architecture(names: [])
    return try InventoryBuilder(shape: plain, architecture: architecture, reader: reader).inventory()
  }
}

/// Lays out a family's tensors for the dimensions of one model.
private struct InventoryBuilder {
  let shape: ModelShape
  let architecture: Architecture
  let reader: ConfigurationReader

  private typealias Tensor = TensorInventory.Tensor
  private var width: Int64 { Int64(shape.embedding) }
  private var queryWidth: Int64 { Int64(shape.heads) * Int64(headLength) }

  private var headLength: Int { shape.keyLength }

  func inventory() throws(ModelFileError) -> TensorInventory? {
    let layers = try (0..<shape.layers).map { index throws(ModelFileError) in
      try attention(index) + feedForward(index) + norms(index)
    }
    return TensorInventory(common: try common(), layers: layers)
  }

  private func stands(_ bias: Architecture.Bias) -> Bool {
    switch bias {
    case .never: false
    case .always: true
    case .stated(let flag): reader.flag(flag) == true
    }
  }

  // MARK: Beside the layers

  private func common() throws(ModelFileError) -> [Tensor] {
    let rows = Int64(shape.vocabulary)
    var tensors = [Tensor(.tokenEmbedding, width, rows)]
    if !shape.tiedEmbeddings { tensors.append(Tensor(.output, width, rows)) }
    if architecture.finalNorm { tensors += vectors(1 + (architecture.normBias ? 1 : 0), width) }
    if architecture.outputMatrixBias { tensors.append(Tensor(.vector, rows, 1)) }
    if architecture.learnedPositions { tensors.append(Tensor(.keptMatrix, width, Int64(shape.contextLength))) }
    if let inner = try reader.int(.perLayerInput), inner > 0 {
      let all = Int64(inner) * Int64(shape.layers)
      tensors += [
        Tensor(.perLayerEmbedding, all, rows), Tensor(.keptMatrix, width, all), Tensor(.vector, Int64(inner), 1),
      ]
    }
    tensors += ropeTables()
    return tensors
  }

  /// The tables that a conversion writes for stretched rope.
  private func ropeTables() -> [Tensor] {
    let scaling = (reader.text["rope_scaling"] ?? reader.text["rope_parameters"])?.object
    let kind = (scaling?["rope_type"] ?? scaling?["type"])?.string
    let share = reader.text["partial_rotary_factor"]?.double ?? 1
    let half = Int64((Double(shape.keyLength) * min(1, max(0, share))).rounded(.down)) / 2
    guard half > 0, shape.attention?.isLatent != true else { return [] }
    switch kind {
    case "llama3": return [Tensor(.ropeTable, half, 1)]
    case "longrope", "su": return [Tensor(.ropeTable, half, 1), Tensor(.ropeTable, half, 1)]
    default: return []
    }
  }

  // MARK: Attention

  private func attention(_ layer: Int) throws(ModelFileError) -> [Tensor] {
    if architecture.hasDeltaNets, shape.attention?.layers[layer] == .recurrent { return try deltaNet() }
    switch architecture.projection {
    case .latent: if let latent = try reader.latentAttention() { return try latentAttention(latent) }
    case .separate, .fused: break
    }
    let heads = Int64(shape.kvHeads[layer])
    let isSliding = shape.attention?.layers[layer] == .sliding
    let keyHead = Int64(isSliding ? shape.attention?.slidingKeyLength ?? shape.keyLength : shape.keyLength)
    let valueHead = Int64(isSliding ? shape.attention?.slidingValueLength ?? shape.valueLength : shape.valueLength)
    let (query, key, value) = (Int64(shape.heads) * keyHead, heads * keyHead, heads * valueHead)
    var tensors: [Tensor]
    if architecture.projection == .fused {
      tensors = [Tensor(.attentionFused, width, query + key + value)]
      if stands(architecture.queryKeyValueBias) { tensors.append(Tensor(.vector, query + key + value, 1)) }
    } else {
      tensors = [Tensor(.attentionQuery, width, architecture.hasQueryGate ? 2 * query : query)]
      if heads > 0 {
        tensors.append(Tensor(.attentionKey, width, key))
        // Gemma 4's full layers take the keys for values.
        let keyIsValue = !isSliding && reader.flag("attention_k_eq_v") == true
        if !keyIsValue { tensors.append(Tensor(.attentionValue, width, value)) }
      }
      if stands(architecture.queryKeyValueBias) {
        tensors += [query, key, value].filter { $0 > 0 }.map { Tensor(.vector, $0, 1) }
      }
    }
    tensors.append(Tensor(.attentionOutput, Int64(shape.heads) * valueHead, width))
    if stands(architecture.outputBias) { tensors.append(Tensor(.vector, width, 1)) }
    tensors += vectors(architecture.headVectors, Int64(shape.heads))
    return tensors + headNorms(keyHead, query, key)
  }

  private func headNorms(_ head: Int64, _ query: Int64, _ key: Int64) -> [Tensor] {
    let lengths: [Int64]
    switch architecture.headNorms {
    case .none: lengths = []
    case .oneHead: lengths = key > 0 ? [head, head] : [head]
    case .allHeads: lengths = [query, key]
    case .statedOneHead(let flag): lengths = reader.flag(flag) == true ? [head, head] : []
    case .statedAllHeads(let flag): lengths = reader.flag(flag) == true ? [query, key] : []
    }
    return lengths.filter { $0 > 0 }.map { Tensor(.vector, $0, 1) }
  }

  /// DeepSeek's attention as converted since 2025: the matrix that makes keys and values of the compressed row lies
  /// there in two parts of three dimensions.
  private func latentAttention(_ latent: ModelConfiguration.LatentAttention) throws(ModelFileError) -> [Tensor] {
    let heads = Int64(shape.heads)
    let (rank, rotated) = (Int64(latent.keyValueRank), Int64(latent.rotatedLength))
    let plain = Int64(latent.plainLength ?? 128)
    let value = Int64(latent.valueLength ?? latent.plainLength ?? 128)
    let query = heads * (plain + rotated)
    var tensors: [Tensor] = []
    if let queryRank = latent.queryRank.map(Int64.init), queryRank > 0 {
      tensors += [
        Tensor(.matrix, width, queryRank), Tensor(.vector, queryRank, 1), Tensor(.matrix, queryRank, query),
      ]
    } else {
      tensors.append(Tensor(.attentionQuery, width, query))
    }
    tensors += [
      Tensor(.matrix, width, rank + rotated), Tensor(.vector, rank, 1),
      Tensor(.attentionLatentPart, plain, rank * heads),
      Tensor(.attentionLatentPart, rank, value * heads), Tensor(.attentionOutput, heads * value, width),
    ]
    // The indexer of sparse attention, which picks the tokens that are looked at.
    if let indexHeads = try reader.int(.indexHeads), let length = try reader.int(.indexHeadLength) {
      let (indexHeads, length) = (Int64(indexHeads), Int64(length))
      tensors += [
        Tensor(.matrix, Int64(latent.queryRank ?? shape.embedding), indexHeads * length),
        Tensor(.matrix, width, length), Tensor(.vector, length, 1), Tensor(.vector, length, 1),
        Tensor(.matrix, width, indexHeads),
      ]
    }
    return tensors
  }

  /// The recurrent layers of Qwen3-Next: queries, keys and values in one, their gate, the convolution, the rates of
  /// forgetting, and the way out.
  private func deltaNet() throws(ModelFileError) -> [Tensor] {
    guard let keyHeads = try reader.int(.stateGroups), let keyLength = try reader.int(.stateLength),
      let valueHeads = try reader.int(.stateHeads), let valueLength = try reader.int(.stateHeadLength)
    else { throw reader.noShape("does not state the heads of its linear attention") }
    let heads = Int64(valueHeads)
    let (key, value) = (Int64(keyHeads) * Int64(keyLength), heads * Int64(valueLength))
    let convolution = Int64(try reader.int(.stateConvolution) ?? 4)
    return [
      Tensor(.attentionFused, width, 2 * key + value), Tensor(.matrix, width, value),
      Tensor(.keptMatrix, max(1, convolution), 2 * key + value), Tensor(.vector, heads, 1), Tensor(.vector, heads, 1),
      Tensor(.matrix, width, heads), Tensor(.matrix, width, heads), Tensor(.vector, Int64(valueLength), 1),
      Tensor(.matrix, value, width),
    ]
  }

  // MARK: Feed-forward

  private func feedForward(_ layer: Int) throws(ModelFileError) -> [Tensor] {
    guard shape.experts > 0, try isMixture(layer) else { return try dense(denseWidth(layer)) + perLayerInput() }
    let experts = Int64(shape.experts)
    let inner = Int64(shape.expertFeedForward ?? shape.feedForward)
    var tensors = [
      Tensor(.router, width, experts), Tensor(.expertGate, width, inner * experts),
      Tensor(.expertUp, width, inner * experts), Tensor(.expertDown, inner, width * experts),
    ]
    tensors += vectors(architecture.expertVectors, experts)
    if architecture.expertBias { tensors += [inner, inner, width].map { Tensor(.vector, $0, experts) } }
    // DeepSeek-V3 corrects its router's scores; V2 does not.
    if reader.text["topk_method"]?.string == "noaux_tc" || shape.architecture == "kimi_k2" {
      tensors.append(Tensor(.vector, experts, 1))
    }
    let shared = try sharedWidth(inner)
    if shared > 0 {
      tensors += [
        Tensor(.feedForwardGate, width, shared), Tensor(.feedForwardUp, width, shared),
        Tensor(.feedForwardDown, shared, width),
      ]
      if shape.architecture.hasPrefix("qwen") { tensors.append(Tensor(.vector, width, 1)) }
    }
    if architecture.hasDenseBesideExperts {
      tensors += dense(Int64(shape.feedForward)) + vectors(4, width) + vectors(1, experts)
    }
    return try tensors + perLayerInput()
  }

  /// Layers that use the keys of earlier ones may have a feed-forward part that is twice as wide.
  private func denseWidth(_ layer: Int) throws(ModelFileError) -> Int64 {
    let shared = try reader.int(.sharedLayers) ?? 0
    let isWide = reader.flag("use_double_wide_mlp") == true && layer >= shape.layers - shared
    return Int64(shape.feedForward) * (isWide ? 2 : 1)
  }

  /// What Gemma adds to each layer of an embedding that the layer has for itself.
  private func perLayerInput() throws(ModelFileError) -> [Tensor] {
    guard let inner = try reader.int(.perLayerInput), inner > 0 else { return [] }
    return [Tensor(.matrix, width, Int64(inner)), Tensor(.matrix, Int64(inner), width), Tensor(.vector, width, 1)]
  }

  private func sharedWidth(_ inner: Int64) throws(ModelFileError) -> Int64 {
    if let stated = try reader.int(.sharedExpertWidth) { return Int64(stated) }
    if let count = try reader.int(.sharedExperts) { return Int64(count) * inner }
    // Llama 4 has one shared expert and does not say so.
    return shape.architecture == "llama4_text" ? inner : 0
  }

  /// Whether a layer has experts rather than one wide part.
  private func isMixture(_ layer: Int) throws(ModelFileError) -> Bool {
    if let dense = try reader.int(.firstDenseLayers), layer < dense { return false }
    if let dense = reader.text["mlp_only_layers"]?.array, dense.contains(.int(Int64(layer))) { return false }
    guard let step = try reader.int(.expertLayerStep), step > 1 else { return true }
    return shape.architecture == "llama4_text" || shape.architecture.hasPrefix("qwen")
      ? (layer + 1) % step == 0 : layer % step == 0
  }

  private func dense(_ inner: Int64) -> [Tensor] {
    guard inner > 0 else { return [] }
    let hasBias = stands(architecture.feedForwardBias)
    var tensors: [Tensor]
    var biases: [Int64]
    switch architecture.feedForward {
    case .gated:
      tensors = [Tensor(.feedForwardGate, width, inner), Tensor(.feedForwardUp, width, inner)]
      biases = [inner, inner, width]
    case .fusedGate:
      tensors = [Tensor(.feedForwardUp, width, 2 * inner)]
      biases = [2 * inner, width]
    case .plain:
      tensors = [Tensor(.feedForwardUp, width, inner)]
      biases = [inner, width]
    }
    tensors.append(Tensor(.feedForwardDown, inner, width))
    return tensors + (hasBias ? biases.map { Tensor(.vector, $0, 1) } : [])
  }

  private func norms(_ layer: Int) -> [Tensor] {
    // Falcon's new decoders and StableLM's parallel ones differ in their number of norms.
    var count = architecture.norms
    if shape.architecture == "falcon", reader.flag("new_decoder_architecture") == true { count = 2 }
    if shape.architecture == "stablelm", reader.flag("use_parallel_residual") == true { count = 1 }
    return vectors(count * (architecture.normBias ? 2 : 1), width)
      + vectors(architecture.scalars, 1)
  }

  private func vectors(_ count: Int, _ length: Int64) -> [Tensor] {
    (0..<count).map { _ in Tensor(.vector, length, 1) }
  }
}
