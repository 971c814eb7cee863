import Domain

extension ModelShape {
  /// The largest values of a shape that is believed. Products of them stay below 2^62, so that memory arithmetic in
  /// 64 bits cannot overflow: layers × context × key width × 4 bytes ≤ 2^11 · 2^26 · 2^20 · 2^2 = 2^59.
  enum Limits {
    static let layers = 1 << 11
    static let width = 1 << 20
    static let feedForward = 1 << 24
    static let heads = 1 << 14
    static let headLength = 1 << 14
    static let context = 1 << 26
    static let vocabulary = 1 << 24
    static let experts = 1 << 14
  }
}

extension ModelShape {
  /// The shape of a GGUF model, validated against its own tensors where the architecture is known.
  ///
  /// - Parameters:
  ///   - header: the header of the file, or of the first part of a split model.
  ///   - otherParts: the headers of the other parts. Without them, the tensors of a split model are counted only as
  ///     far as the first part goes, and none is missed.
  /// - Throws: `ModelFileError` of kind `badMetadata` or `badTensors`.
  public init(gguf header: GGUFHeader, otherParts: [GGUFHeader] = []) throws(ModelFileError) {
    let reader = GGUFShapeReader(header: header)
    let architecture = try reader.architecture()
    let layers = try reader.count("block_count", 1...Limits.layers)
    let embedding = try reader.count("embedding_length", 1...Limits.width)
    let experts = try reader.optionalCount("expert_count", 0...Limits.experts) ?? 0
    let expertFeedForward = try reader.optionalCount(
      "expert_feed_forward_length", 0...Limits.feedForward)
    let feedForward = try reader.largest(
      "feed_forward_length", 0...Limits.feedForward, layers: layers,
      missing: experts > 0 ? expertFeedForward : nil)
    guard feedForward > 0 else { throw reader.bad("feed_forward_length", "is 0") }
    let heads = try reader.largest("attention.head_count", 0...Limits.heads, layers: layers)
    guard heads > 0 else { throw reader.bad("attention.head_count", "is 0") }
    let kvHeads =
      try reader.perLayer("attention.head_count_kv", 0...Limits.heads, layers: layers)
      ?? [Int](repeating: heads, count: layers)
    let keyLength = try reader.headLength("attention.key_length", embedding: embedding, heads: heads)
    let valueLength = try reader.headLength("attention.value_length", embedding: embedding, heads: heads)
    guard max(heads, kvHeads.max() ?? 0) * max(keyLength, valueLength) <= Limits.width else {
      throw reader.bad("attention.head_count", "times the length of a head is beyond \(Limits.width)")
    }
    try reader.checkRotation(keyLength: keyLength)

    let tensors = TensorSet(header: header, otherParts: otherParts)
    self.init(
      architecture: architecture, layers: layers, embedding: embedding, feedForward: feedForward,
      heads: heads,
      kvHeads: kvHeads, keyLength: keyLength, valueLength: valueLength,
      vocabulary: try reader.vocabulary(tensors, limit: Limits.vocabulary),
      contextLength: try reader.count("context_length", 1...Limits.context), experts: experts,
      expertsUsed: try reader.optionalCount("expert_used_count", 0...max(experts, 0)) ?? 0,
      expertFeedForward: expertFeedForward == 0 ? nil : expertFeedForward,
      sharedFeedForward: try reader.optionalCount(
        "expert_shared_feed_forward_length", 0...Limits.feedForward
      ).flatMap { $0 > 0 ? $0 : nil },
      slidingWindow: try reader.optionalCount("attention.sliding_window", 0...Int(Int32.max)).flatMap {
        $0 > 0 ? $0 : nil
      },
      attention: try reader.attentionPlan(architecture, layers: layers, embedding: embedding, kvHeads: kvHeads),
      tiedEmbeddings: tensors.isComplete && tensors["output.weight"] == nil
        && tensors["token_embd.weight"] != nil,
      parameters: try tensors.elements())
    if LlamaTensors.architectures.contains(architecture) {
      try reader.checkNorm()
      try LlamaTensors.check(self, tensors: tensors)
    }
  }
}
