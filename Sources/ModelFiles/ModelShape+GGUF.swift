import Domain

/// The largest values of a shape that is believed. Products of them stay below 2^62, so that memory arithmetic in
/// 64 bits cannot overflow: layers × context × key width × 4 bytes ≤ 2^11 · 2^26 · 2^20 · 2^2 = 2^59.
private enum ShapeLimits {
  static let layers = 1 << 11
  static let width = 1 << 20
  static let feedForward = 1 << 24
  static let heads = 1 << 14
  static let headLength = 1 << 14
  static let context = 1 << 26
  static let vocabulary = 1 << 24
  static let experts = 1 << 14
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
    let reader = ShapeReader(header: header)
    let architecture = try reader.architecture()
    let layers = try reader.count("block_count", 1...ShapeLimits.layers)
    let embedding = try reader.count("embedding_length", 1...ShapeLimits.width)
    let experts = try reader.optionalCount("expert_count", 0...ShapeLimits.experts) ?? 0
    let expertFeedForward = try reader.optionalCount(
      "expert_feed_forward_length", 0...ShapeLimits.feedForward)
    let feedForward = try reader.largest(
      "feed_forward_length", 0...ShapeLimits.feedForward, layers: layers,
      missing: experts > 0 ? expertFeedForward : nil)
    guard feedForward > 0 else { throw reader.bad("feed_forward_length", "is 0") }
    let heads = try reader.largest("attention.head_count", 0...ShapeLimits.heads, layers: layers)
    guard heads > 0 else { throw reader.bad("attention.head_count", "is 0") }
    let kvHeads =
      try reader.perLayer("attention.head_count_kv", 0...ShapeLimits.heads, layers: layers)
      ?? [Int](repeating: heads, count: layers)
    let keyLength = try reader.headLength("attention.key_length", embedding: embedding, heads: heads)
    let valueLength = try reader.headLength("attention.value_length", embedding: embedding, heads: heads)
    guard max(heads, kvHeads.max() ?? 0) * max(keyLength, valueLength) <= ShapeLimits.width else {
      throw reader.bad("attention.head_count", "times the length of a head is beyond \(ShapeLimits.width)")
    }
    try reader.checkRotation(keyLength: keyLength)

    let tensors = TensorSet(header: header, otherParts: otherParts)
    self.init(
      architecture: architecture, layers: layers, embedding: embedding, feedForward: feedForward,
      heads: heads,
      kvHeads: kvHeads, keyLength: keyLength, valueLength: valueLength,
      vocabulary: try reader.vocabulary(tensors, limit: ShapeLimits.vocabulary),
      contextLength: try reader.count("context_length", 1...ShapeLimits.context), experts: experts,
      expertsUsed: try reader.optionalCount("expert_used_count", 0...max(experts, 0)) ?? 0,
      expertFeedForward: expertFeedForward == 0 ? nil : expertFeedForward,
      slidingWindow: try reader.optionalCount("attention.sliding_window", 0...Int(Int32.max)).flatMap {
        $0 > 0 ? $0 : nil
      },
      tiedEmbeddings: tensors.isComplete && tensors["output.weight"] == nil
        && tensors["token_embd.weight"] != nil,
      parameters: try tensors.elements())
    if LlamaTensors.architectures.contains(architecture) {
      try reader.checkNorm()
      try LlamaTensors.check(self, tensors: tensors)
    }
  }
}

/// Reads hyperparameters under the architecture's prefix, with their ranges.
private struct ShapeReader {
  let header: GGUFHeader
  private let prefix: String

  init(header: GGUFHeader) {
    self.header = header
    prefix = if case .string(let name) = header["general.architecture"] { name } else { "" }
  }

  func architecture() throws(ModelFileError) -> String {
    let part = header["split.no"]?.int ?? 0
    if part > 0, header["general.architecture"] == nil {
      throw ModelFileError(
        .badMetadata, file: header.name, "is part \(part + 1) of a split model; its shape lies in part 1")
    }
    let name = try header.string("general.architecture")
    let isPlain = name.utf8.allSatisfy {
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0)
        || [UInt8(ascii: "-"), UInt8(ascii: "_")].contains($0)
    }
    guard (1...64).contains(name.utf8.count), isPlain else {
      throw ModelFileError(
        .badMetadata, file: header.name,
        "general.architecture is \(ModelFileError.quoted(name)), no possible name")
    }
    return name
  }

  func bad(_ key: String, _ reason: String) -> ModelFileError {
    ModelFileError(.badMetadata, file: header.name, "the key '\(prefix).\(key)' \(reason)")
  }

  func count(_ key: String, _ range: ClosedRange<Int>) throws(ModelFileError) -> Int {
    try checked(try header.int("\(prefix).\(key)"), key, range)
  }

  func optionalCount(_ key: String, _ range: ClosedRange<Int>) throws(ModelFileError) -> Int? {
    header["\(prefix).\(key)"] == nil ? nil : try count(key, range)
  }

  /// One value a layer, from a scalar or an array; nil when the key is missing.
  func perLayer(_ key: String, _ range: ClosedRange<Int>, layers: Int) throws(ModelFileError) -> [Int]? {
    guard case .array(let array)? = header["\(prefix).\(key)"] else {
      return try optionalCount(key, range).map { [Int](repeating: $0, count: layers) }
    }
    guard array.count == layers else { throw bad(key, "has \(array.count) entries for \(layers) layers") }
    guard let values = array.ints() else { throw bad(key, "must hold integers") }
    for value in values { _ = try checked(value, key, range) }
    return values
  }

  /// The largest of the layers' values.
  func largest(
    _ key: String, _ range: ClosedRange<Int>, layers: Int, missing: Int? = nil
  ) throws(ModelFileError) -> Int {
    if let values = try perLayer(key, range, layers: layers) { return values.max() ?? 0 }
    guard let missing else { return try count(key, range) }
    return missing
  }

  func headLength(_ key: String, embedding: Int, heads: Int) throws(ModelFileError) -> Int {
    if let length = try optionalCount(key, 1...ShapeLimits.headLength) { return length }
    guard embedding % heads == 0 else {
      throw bad("attention.head_count", "is \(heads), which does not divide the width \(embedding)")
    }
    return embedding / heads
  }

  /// RoPE turns pairs of elements, so its dimension is even and inside a head.
  func checkRotation(keyLength: Int) throws(ModelFileError) {
    guard let rotated = try optionalCount("rope.dimension_count", 0...ShapeLimits.headLength) else { return }
    guard rotated % 2 == 0 else { throw bad("rope.dimension_count", "is \(rotated), an odd number") }
    if prefix == "llama", rotated > keyLength {
      throw bad("rope.dimension_count", "is \(rotated), longer than a head of \(keyLength)")
    }
  }

  func checkNorm() throws(ModelFileError) {
    let epsilon = try header.float("\(prefix).attention.layer_norm_rms_epsilon")
    guard epsilon.isFinite, (0..<1).contains(epsilon) else {
      throw bad("attention.layer_norm_rms_epsilon", "is \(epsilon), which cannot be")
    }
  }

  /// Rows of the embedding, or, where it is not at hand, the length of the token list.
  func vocabulary(_ tensors: TensorSet, limit: Int) throws(ModelFileError) -> Int {
    if let rows = tensors["token_embd.weight"]?.rows {
      return try checked(Int(clamping: rows), "vocab_size", 1...limit)
    }
    if let tokens = try header.ifPresent("tokenizer.ggml.tokens", header.array) {
      return try checked(tokens.count, "vocab_size", 1...limit)
    }
    return try count("vocab_size", 1...limit)
  }

  private func checked(_ value: Int, _ key: String, _ range: ClosedRange<Int>) throws(ModelFileError) -> Int {
    guard range.contains(value) else {
      throw bad(key, "is \(value); \(range.lowerBound) to \(range.upperBound) is possible")
    }
    return value
  }
}
