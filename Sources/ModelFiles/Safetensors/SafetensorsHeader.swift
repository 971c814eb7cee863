/// One tensor of a safetensors file.
public struct SafetensorsTensor: Sendable, Equatable {
  /// Its name, such as `model.layers.0.self_attn.q_proj.weight`. Foreign text: never part of a path.
  public let name: String
  /// How its elements are stored.
  public let type: SafetensorsType
  /// Its lengths, outermost first; empty for a single number.
  public let shape: [Int64]
  /// Where its data lies, in bytes from the start of the file.
  public let range: Range<Int64>
  /// The product of the shape.
  public let elements: Int64
}

/// The header of a safetensors file: what each tensor is and where it lies.
///
/// Format: <https://huggingface.co/docs/safetensors/index#format>: the header's length as 64 bits, least significant
/// byte first, the header as JSON, then the data without holes.
public struct SafetensorsHeader: Sendable, Equatable {
  /// The file as the caller named it, for messages.
  public let name: String
  /// `__metadata__`. Foreign text.
  public let metadata: [String: String]
  /// The tensors in the order of their data.
  public let tensors: [SafetensorsTensor]
  /// Where data begins, in bytes from the start of the file.
  public let dataStart: Int64
  /// Bytes of the whole file.
  public let fileSize: Int64

  /// Stored elements of each type; of impossibly large files at most 2^63 − 1.
  public var elements: [SafetensorsType: Int64] {
    tensors.reduce(into: [:]) { sums, tensor in
      let (sum, overflow) = sums[tensor.type, default: 0].addingReportingOverflow(tensor.elements)
      sums[tensor.type] = overflow ? .max : sum
    }
  }

  /// The type with the most bytes; nil for a file without data.
  public var dominantType: SafetensorsType? {
    Self.dominantType(of: [self])
  }

  /// Bytes of all tensors.
  public var totalBytes: Int64 { fileSize - dataStart }

  /// The type with the most bytes over all shards of a model; nil without data.
  public static func dominantType(of shards: [SafetensorsHeader]) -> SafetensorsType? {
    var bytes: [SafetensorsType: Int64] = [:]
    for tensor in shards.flatMap(\.tensors) where !tensor.range.isEmpty {
      let (sum, overflow) = bytes[tensor.type, default: 0].addingReportingOverflow(Int64(tensor.range.count))
      bytes[tensor.type] = overflow ? .max : sum
    }
    return bytes.max { ($0.value, $0.key.rawValue) < ($1.value, $1.key.rawValue) }?.key
  }
}
