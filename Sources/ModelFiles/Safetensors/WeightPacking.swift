import JSONText

/// How the integers of quantized weights are packed into the tensors of a folder.
public enum WeightPacking: Sendable, Equatable {
  /// Weights are floats.
  case floats
  /// GPTQ: `qweight`, `qzeros`, `scales` and perhaps `g_idx`, packed along the inputs.
  ///
  /// - `offsetZeros`: whether zeros are stored less 1, as in everything but `gptq_v2`.
  case gptq(bits: Int, groupSize: Int?, offsetZeros: Bool)
  /// AWQ's GEMM layout: `qweight`, `qzeros` and `scales`, packed along the outputs in an order of its own; 4 bits.
  case awq(groupSize: Int?)
  /// The `pack-quantized` layout of compressed-tensors: `weight_packed`, `weight_scale`, `weight_shape` and perhaps
  /// `weight_zero_point` and `weight_g_idx`. Groups follow from their shapes, and bits where there are several.
  case compressedTensors(bits: [Int])
  /// Something that we do not unpack; in words for a message.
  case other(String)
}

extension WeightPacking {
  /// What such a quantization is called: `GPTQ-4bit`, `AWQ`, `W4A16`; nil for floats and for what we do not unpack.
  public var name: String? {
    switch self {
    case .gptq(let bits, _, _): "GPTQ-\(bits)bit"
    case .awq: "AWQ-4bit"
    case .compressedTensors(let bits): bits.map { "W\($0)A16" }.joined(separator: "+")
    case .floats, .other: nil
    }
  }

  /// Reads `quantization_config`, or the file that older quantizers put beside `config.json`.
  ///
  /// Formats: the quantizers' classes in transformers
  /// (<https://huggingface.co/docs/transformers/main_classes/quantization>), GPTQModel's `quantize_config.json`, and
  /// compressed-tensors' `QuantizationConfig`.
  ///
  /// - Parameter method: what is meant when the member `quant_method` is missing.
  /// - Throws: `badMetadata` when a number is impossible.
  init(_ stated: JSONObject, method: String?, file: String) throws(ModelFileError) {
    let reader = PackingReader(stated: stated, file: file)
    let method = stated["quant_method"]?.string ?? method
    switch method {
    case "gptq", "gptq_v2": self = try reader.gptq(isSecond: method == "gptq_v2")
    case "awq": self = try reader.awq()
    case "compressed-tensors", "compressed_tensors": self = try reader.compressedTensors()
    default: self = .other("quantization \(ModelFileError.quoted(method ?? "without a name"))")
    }
  }
}

/// Reads the members of a quantization configuration.
private struct PackingReader {
  let stated: JSONObject
  let file: String

  func gptq(isSecond: Bool) throws(ModelFileError) -> WeightPacking {
    let format = stated["checkpoint_format"]?.string ?? (isSecond ? "gptq_v2" : "gptq")
    guard ["gptq", "gptq_v2"].contains(format) else {
      return .other("GPTQ in the format \(ModelFileError.quoted(format))")
    }
    guard let bits = try number("bits", 1...32) else { throw bad("bits", "is missing") }
    guard [2, 3, 4, 8].contains(bits) else { return .other("GPTQ with \(bits) bits") }
    return .gptq(bits: bits, groupSize: try groupSize(), offsetZeros: format == "gptq")
  }

  func awq() throws(ModelFileError) -> WeightPacking {
    let version = (stated["version"]?.string ?? "gemm").lowercased()
    guard version == "gemm" else { return .other("AWQ in the layout \(ModelFileError.quoted(version))") }
    let bits = try number(stated["bits"] == nil ? "w_bit" : "bits", 1...32) ?? 4
    guard bits == 4 else { return .other("AWQ with \(bits) bits") }
    guard stated["zero_point"]?.bool ?? true else { return .other("AWQ without zero points") }
    return .awq(groupSize: try groupSize())
  }

  func compressedTensors() throws(ModelFileError) -> WeightPacking {
    let groups = (stated["config_groups"]?.object?.members ?? []).compactMap(\.value.object)
    var formats = Set(groups.compactMap { $0["format"]?.string })
    if let format = stated["format"]?.string, formats.isEmpty || format != "mixed-precision" { formats.insert(format) }
    for format in formats.sorted() where format != "pack-quantized" {
      return .other("compressed-tensors in the format \(ModelFileError.quoted(format))")
    }
    let activations = groups.contains { $0["input_activations"]?.object != nil }
    if activations { return .other("compressed-tensors with quantized activations") }
    if groups.contains(where: { ($0["weights"]?["type"]?.string ?? "int") != "int" }) {
      return .other("compressed-tensors with packed floats")
    }
    if stated["sparsity_config"]?.object.map({ $0["format"]?.string ?? "dense" }) ?? "dense" != "dense" {
      return .other("compressed-tensors with sparse weights")
    }
    if let transforms = stated["transform_config"]?.object, transforms.count > 0 {
      return .other("compressed-tensors with rotated weights")
    }
    var bits: Set<Int> = []
    for group in groups {
      guard let number = group["weights"]?["num_bits"].flatMap(ConfigurationReader.wholeNumber),
        (2...8).contains(number)
      else { throw bad("num_bits", "is no number from 2 to 8") }
      bits.insert(number)
    }
    guard !bits.isEmpty else { throw bad("config_groups", "is empty") }
    return .compressedTensors(bits: bits.sorted())
  }

  /// Inputs that share a scale; nil for whole rows, which are written as −1.
  private func groupSize() throws(ModelFileError) -> Int? {
    let name = stated["group_size"] == nil ? "q_group_size" : "group_size"
    guard let size = try number(name, -1...1 << 24) else { throw bad("group_size", "is missing") }
    guard size != 0 else { throw bad(name, "is 0") }
    return size < 0 ? nil : size
  }

  private func number(_ name: String, _ range: ClosedRange<Int>) throws(ModelFileError) -> Int? {
    guard let value = stated[name], value != .null else { return nil }
    guard let number = ConfigurationReader.wholeNumber(value), range.contains(number) else {
      throw bad(name, "is no number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  private func bad(_ name: String, _ reason: String) -> ModelFileError {
    ModelFileError(.badMetadata, file: file, "'\(name)' of the quantization \(reason)")
  }
}

extension SafetensorsFolder {
  /// Bytes of a quantizer's own configuration; GPTQModel lists layers in some.
  private static let packingLimit = 8 << 20

  /// How the weights are packed: as `config.json` says, else as the quantizer's own file.
  static func packing(_ configuration: ModelConfiguration, folder: String) throws(ModelFileError) -> WeightPacking {
    if let stated = configuration.statedQuantization {
      return try WeightPacking(stated, method: nil, file: configuration.name)
    }
    for (file, method) in [("quantize_config.json", "gptq"), ("quant_config.json", "awq")] {
      let path = "\(folder)/\(file)"
      guard TokenizerFile.exists(path) else { continue }
      let document: JSONValue
      let bytes = try contents(path, upTo: packingLimit)
      do throws(JSONError) {
        document = try JSONValue.parse(bytes, limits: JSONLimits(maximumBytes: packingLimit, allowsNonFinite: true))
      } catch {
        throw ModelFileError(.malformed, file: path, "is no usable JSON: \(error.problem)")
      }
      guard let stated = document.object else { throw ModelFileError(.malformed, file: path, "is no JSON object") }
      return try WeightPacking(stated, method: method, file: path)
    }
    return configuration.quantization.map { .other("quantization '\($0.method.rawValue)'") } ?? .floats
  }
}

extension ModelConfiguration {
  /// `quantization_config` of the whole model or of its language part.
  var statedQuantization: JSONObject? {
    reader.whole["quantization_config"]?.object ?? reader.text["quantization_config"]?.object
  }
}
