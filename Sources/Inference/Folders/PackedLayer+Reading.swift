import ModelFiles

extension PackedLayer {
  /// Reads what belongs to a layer.
  ///
  /// - Throws: `ModelFileError` of kind `badTensors` when a part is missing or contradicts the others.
  init(_ name: String, in folder: SafetensorsFolder) throws {
    let reader = LayerReader(name: name, folder: folder)
    switch folder.packing {
    case .gptq(let bits, let groupSize, let isOffset):
      self = try reader.gptq(bits: bits, groupSize: groupSize, isOffset: isOffset)
    case .awq(let groupSize): self = try reader.awq(groupSize: groupSize)
    case .compressedTensors(let bits): self = try reader.compressedTensors(bits: bits)
    case .floats, .other: throw reader.bad("is packed, but the configuration does not say how")
    }
  }
}

/// Finds the tensors of one layer and compares their shapes.
private struct LayerReader {
  let name: String
  let folder: SafetensorsFolder

  func bad(_ reason: String) -> ModelFileError {
    ModelFileError(
      .badTensors, file: folder.path, "the packed layer \(String(name.prefix(80)).debugDescription) \(reason)")
  }

  private func optional(_ part: String, _ types: SafetensorsType...) throws -> TensorView? {
    guard let view = TensorView("\(name).\(part)", in: folder) else { return nil }
    guard types.contains(view.type) else { throw bad("has '\(part)' of the type \(view.type.rawValue)") }
    guard view.shape.allSatisfy({ $0 > 0 }) else { throw bad("has an empty '\(part)'") }
    return view
  }

  private func required(_ part: String, _ types: SafetensorsType...) throws -> TensorView {
    guard let view = TensorView("\(name).\(part)", in: folder) else { throw bad("has no '\(part)'") }
    guard types.contains(view.type) else { throw bad("has '\(part)' of the type \(view.type.rawValue)") }
    guard view.shape.allSatisfy({ $0 > 0 }) else { throw bad("has an empty '\(part)'") }
    return view
  }

  private func mismatch(_ part: String, _ view: TensorView) -> ModelFileError {
    bad("has '\(part)' of the shape \(view.shape), which contradicts its other tensors")
  }

  func gptq(bits: Int, groupSize: Int?, isOffset: Bool) throws -> PackedLayer {
    let values = try required("qweight", .int32)
    let zeros = try required("qzeros", .int32)
    let scales = try required("scales", .float16, .bfloat16, .float32)
    guard values.shape.count == 2, values.shape[0] * 32 % bits == 0 else { throw mismatch("qweight", values) }
    let (columns, rows) = (values.shape[0] * 32 / bits, values.shape[1])
    guard scales.shape.count == 2, scales.shape[1] == rows else { throw mismatch("scales", scales) }
    let groups = scales.shape[0]
    guard rows * bits % 32 == 0, zeros.has(groups, rows * bits / 32) else { throw mismatch("qzeros", zeros) }
    return PackedLayer(
      folder: folder, rows: rows, columns: columns, bits: bits, groups: groups,
      groupOfColumn: try groupOfColumn(
        "g_idx", columns: columns, groups: groups, size: groupSize ?? columns, allowsNone: false),
      layout: .gptq(offsetZeros: isOffset), values: values, zeros: zeros, scales: scales)
  }

  func awq(groupSize: Int?) throws -> PackedLayer {
    let values = try required("qweight", .int32)
    let zeros = try required("qzeros", .int32)
    let scales = try required("scales", .float16, .bfloat16, .float32)
    guard values.shape.count == 2 else { throw mismatch("qweight", values) }
    let (columns, words) = (values.shape[0], values.shape[1])
    guard scales.shape.count == 2, scales.shape[1] == 8 * words else { throw mismatch("scales", scales) }
    let groups = scales.shape[0]
    guard zeros.has(groups, words) else { throw mismatch("qzeros", zeros) }
    return PackedLayer(
      folder: folder, rows: 8 * words, columns: columns, bits: 4, groups: groups,
      groupOfColumn: try groupOfColumn(
        nil, columns: columns, groups: groups, size: groupSize ?? columns, allowsNone: false),
      layout: .awq, values: values, zeros: zeros, scales: scales)
  }

  func compressedTensors(bits: [Int]) throws -> PackedLayer {
    let values = try required("weight_packed", .int32)
    let scales = try required("weight_scale", .float16, .bfloat16, .float32)
    let lengths = try required("weight_shape", .int64, .int32)
    let zeros = try optional("weight_zero_point", .int32, .int8)
    guard lengths.has(2) else { throw mismatch("weight_shape", lengths) }
    let (rows, columns) = (lengths.integer(0), lengths.integer(1))
    guard values.shape.count == 2, (1...1 << 24).contains(columns), values.shape[0] == rows else {
      throw mismatch("weight_packed", values)
    }
    let fitting = bits.filter { (columns + 32 / $0 - 1) / (32 / $0) == values.shape[1] }
    guard let bits = fitting.first else { throw mismatch("weight_packed", values) }
    guard fitting.count == 1 else { throw bad("may have \(fitting) bits") }
    guard scales.shape.count == 2, scales.shape[0] == rows else { throw mismatch("weight_scale", scales) }
    let groups = scales.shape[1]
    let hasSignedZeros = zeros?.type == .int8
    if let zeros {
      let packed = 32 / bits
      guard hasSignedZeros ? zeros.has(rows, groups) : zeros.has((rows + packed - 1) / packed, groups) else {
        throw mismatch("weight_zero_point", zeros)
      }
    }
    guard columns % groups == 0 else { throw mismatch("weight_scale", scales) }
    return PackedLayer(
      folder: folder, rows: rows, columns: columns, bits: bits, groups: groups,
      groupOfColumn: try groupOfColumn(
        "weight_g_idx", columns: columns, groups: groups, size: columns / groups, allowsNone: true),
      layout: .compressedTensors(signedZeros: hasSignedZeros), values: values, zeros: zeros, scales: scales)
  }

  /// The group of each column: as listed, or one after the other.
  ///
  /// - Parameter allowsNone: whether a list of nothing but −1 counts for none.
  private func groupOfColumn(
    _ part: String?, columns: Int, groups: Int, size: Int, allowsNone: Bool
  ) throws -> [Int32] {
    if let part, let list = try optional(part, .int32, .int64) {
      guard list.has(columns) else { throw mismatch(part, list) }
      let numbers = (0..<columns).map(list.integer)
      if !(allowsNone && numbers.allSatisfy { $0 == -1 }) {
        for number in numbers where !(0..<groups).contains(number) {
          throw bad("has '\(part)' with the group \(number) of \(groups)")
        }
        return numbers.map { Int32($0) }
      }
    }
    guard (columns + size - 1) / size == groups else {
      throw bad("has \(groups) groups of scales; groups of \(size) of its \(columns) inputs are expected")
    }
    return (0..<columns).map { Int32($0 / size) }
  }
}
