import Domain

/// Which part of a model's weights is stored how, and what a weight costs: the mixture of a quantized model.
public struct WeightMixture: Sendable, Equatable {
  /// The weights of one format.
  public struct Part: Sendable, Equatable {
    /// The format as the field writes it: `Q4_K`, `BF16`, `GPTQ-4bit`.
    public let format: String
    /// Tensors, or packed layers.
    public let tensors: Int
    /// Weights.
    public let elements: Int64
    /// Bytes, with everything that belongs to them: scales, zeros, order of columns.
    public let bytes: Int64

    /// Bits that a weight takes; 0 without weights.
    public var bitsPerWeight: Double { elements > 0 ? Double(bytes) * 8 / Double(elements) : 0 }
  }

  /// The formats, the one with the most bytes first.
  public let parts: [Part]

  /// All weights.
  public var elements: Int64 { parts.reduce(0) { Self.sum($0, $1.elements) } }
  /// All bytes.
  public var bytes: Int64 { parts.reduce(0) { Self.sum($0, $1.bytes) } }
  /// Bits that a weight takes in the whole model; 0 without weights.
  public var bitsPerWeight: Double { elements > 0 ? Double(bytes) * 8 / Double(elements) : 0 }
  /// A part of all bytes, 0 to 1.
  public func share(of part: Part) -> Double { bytes > 0 ? Double(part.bytes) / Double(bytes) : 0 }

  /// The mixture of a GGUF model.
  ///
  /// - Parameter headers: the headers of all its files.
  public init(of headers: [GGUFHeader]) {
    var sums = Sums()
    for tensor in headers.flatMap(\.tensors) {
      sums.add(tensor.type.name, tensors: 1, elements: tensor.elements, bytes: tensor.byteCount)
    }
    parts = sums.parts
  }

  /// The mixture of a folder of safetensors. A packed layer counts with the weights that it stands for.
  public init(of folder: SafetensorsFolder) {
    var sums = Sums()
    let packed = folder.packing.name
    for tensor in folder.tensors {
      let bytes = Int64(tensor.range.count)
      guard let packed, let part = PackedTensor(tensor.name), folder.tensor(part.integers(folder.packing)) != nil else {
        sums.add(tensor.type.rawValue, tensors: 1, elements: tensor.elements, bytes: bytes)
        continue
      }
      let isMain = tensor.name == part.integers(folder.packing)
      sums.add(
        packed, tensors: isMain ? 1 : 0, elements: isMain ? folder.packing.weights(in: tensor, of: folder) : 0,
        bytes: bytes)
    }
    parts = sums.parts
  }

  /// Of impossibly large files sums stop at the end of the numbers.
  private static func sum(_ a: Int64, _ b: Int64) -> Int64 {
    let (result, overflow) = a.addingReportingOverflow(b)
    return overflow ? .max : result
  }

  private struct Sums {
    private var sums: [String: Part] = [:]

    mutating func add(_ format: String, tensors: Int, elements: Int64, bytes: Int64) {
      let old = sums[format] ?? Part(format: format, tensors: 0, elements: 0, bytes: 0)
      sums[format] = Part(
        format: format, tensors: old.tensors + tensors, elements: WeightMixture.sum(old.elements, elements),
        bytes: WeightMixture.sum(old.bytes, bytes))
    }

    var parts: [Part] { sums.values.sorted { ($0.bytes, $1.format) > ($1.bytes, $0.format) } }
  }
}

/// A tensor that belongs to a packed layer.
private struct PackedTensor {
  private let layer: Substring

  init?(_ name: String) {
    guard let dot = name.lastIndex(of: "."), WeightPacking.parts.contains(String(name[name.index(after: dot)...]))
    else { return nil }
    layer = name[..<dot]
  }

  /// The name of the tensor with the layer's integers.
  func integers(_ packing: WeightPacking) -> String { "\(layer).\(packing.integers ?? "")" }
}

extension WeightPacking {
  /// Names of the tensors that stand beside packed integers, behind the layer's name, integers included.
  public static let parts: Set<String> = [
    "qweight", "qzeros", "scales", "g_idx", "weight_packed", "weight_scale", "weight_zero_point", "weight_shape",
    "weight_g_idx",
  ]

  /// The name of the tensor with the integers; nil when nothing is packed.
  public var integers: String? {
    switch self {
    case .gptq, .awq: "qweight"
    case .compressedTensors: "weight_packed"
    case .floats, .other: nil
    }
  }

  /// The weights that a tensor of integers holds; as many as there is room for where nothing else is stated.
  func weights(in tensor: SafetensorsTensor, of folder: SafetensorsFolder) -> Int64 {
    let bits =
      switch self {
      case .gptq(let bits, _, _): bits
      case .compressedTensors(let bits): bits.first ?? 4
      case .awq, .floats, .other: 4
      }
    if case .compressedTensors = self, let lengths = lengths(of: tensor.name, in: folder) {
      let (product, overflow) = lengths.0.multipliedReportingOverflow(by: lengths.1)
      if !overflow, lengths.0 > 0, lengths.1 > 0 { return product }
    }
    let (product, overflow) = tensor.elements.multipliedReportingOverflow(by: 32)
    return overflow ? .max : product / Int64(bits)
  }

  /// The numbers in `weight_shape` beside a tensor.
  private func lengths(of tensor: String, in folder: SafetensorsFolder) -> (Int64, Int64)? {
    guard let dot = tensor.lastIndex(of: ".") else { return nil }
    let name = "\(tensor[..<dot]).weight_shape"
    guard let shape = folder.tensor(name), shape.elements == 2, let data = folder.data(of: name) else { return nil }
    switch shape.type {
    case .int64:
      return (data.loadUnaligned(as: Int64.self), data.loadUnaligned(fromByteOffset: 8, as: Int64.self))
    case .int32:
      return (
        Int64(data.loadUnaligned(as: Int32.self)), Int64(data.loadUnaligned(fromByteOffset: 4, as: Int32.self))
      )
    default: return nil
    }
  }
}
