import Domain

/// Reads hyperparameters under the architecture's prefix, with their ranges.
struct GGUFShapeReader {
  let header: GGUFHeader
  let prefix: String

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
    if let length = try optionalCount(key, 1...ModelShape.Limits.headLength) { return length }
    guard embedding % heads == 0 else {
      throw bad("attention.head_count", "is \(heads), which does not divide the width \(embedding)")
    }
    return embedding / heads
  }

  /// RoPE turns pairs of elements, so its dimension is even and inside a head.
  func checkRotation(keyLength: Int) throws(ModelFileError) {
    guard let rotated = try optionalCount("rope.dimension_count", 0...ModelShape.Limits.headLength) else { return }
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
