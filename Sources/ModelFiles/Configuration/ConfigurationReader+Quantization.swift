import Domain
import JSONText

extension ConfigurationReader {
  /// How the weights were quantized; nil when no member says that they were.
  ///
  /// Formats: `quantization_config` of transformers
  /// (<https://huggingface.co/docs/transformers/main_classes/quantization>), NVIDIA's Model Optimizer inside of it, and
  /// `quantization` of MLX.
  func quantization() -> QuantizationScheme? {
    let stated = whole["quantization_config"]?.object ?? text["quantization_config"]?.object
    if let stated, let method = stated["quant_method"]?.string ?? stated["quant_algo"]?.string {
      return scheme(stated, method: method.lowercased())
    }
    // MLX writes the same block under both names, without a method.
    if let block = (whole["quantization"] ?? text["quantization"])?.object {
      return QuantizationScheme(method: .mlx, bits: bits(block["bits"]), groupSize: count(block["group_size"]))
    }
    return stated.map { QuantizationScheme(method: .unknown, bits: bits($0["bits"])) }
  }

  private func scheme(_ stated: JSONObject, method: String) -> QuantizationScheme {
    if let algorithm = stated["quant_algo"]?.string { return modelOptimizer(stated, algorithm.uppercased()) }
    switch method {
    case "bitsandbytes", "bitsandbytes_4bit", "bitsandbytes_8bit":
      let isFour = stated["load_in_4bit"]?.bool ?? stated["_load_in_4bit"]?.bool ?? method.hasSuffix("4bit")
      let isEight = stated["load_in_8bit"]?.bool ?? stated["_load_in_8bit"]?.bool ?? method.hasSuffix("8bit")
      return QuantizationScheme(method: .bitsandbytes, bits: isFour ? 4 : isEight ? 8 : nil)
    case "fp8", "fbgemm_fp8": return QuantizationScheme(method: .fp8, bits: 8)
    case "mxfp4": return QuantizationScheme(method: .mxfp4, bits: 4, groupSize: 32)
    case "compressed-tensors", "compressed_tensors":
      let (bits, group) = groups(stated)
      return QuantizationScheme(method: .compressedTensors, bits: bits, groupSize: group)
    default:
      return QuantizationScheme(
        method: QuantizationScheme.Method(rawValue: method) ?? .unknown,
        bits: bits(stated["bits"] ?? stated["nbits"]), groupSize: count(stated["group_size"]))
    }
  }

  private func modelOptimizer(_ stated: JSONObject, _ algorithm: String) -> QuantizationScheme {
    let (bits, group) = groups(stated)
    switch algorithm {
    case "NVFP4": return QuantizationScheme(method: .nvfp4, bits: 4, groupSize: group ?? 16)
    case "FP8": return QuantizationScheme(method: .fp8, bits: 8)
    case "MIXED_PRECISION": return QuantizationScheme(method: .modelopt)
    default: return QuantizationScheme(method: .modelopt, bits: bits, groupSize: group)
    }
  }

  /// Bits and group size of the weights, where all groups of layers agree.
  private func groups(_ stated: JSONObject) -> (bits: Int?, group: Int?) {
    let weights = (stated["config_groups"]?.object?.members ?? []).compactMap { $0.value["weights"]?.object }
    let bits = Set(weights.map { self.bits($0["num_bits"]) })
    let groups = Set(weights.map { count($0["group_size"]) })
    return (bits.count == 1 ? bits.first ?? nil : nil, groups.count == 1 ? groups.first ?? nil : nil)
  }

  private func bits(_ value: JSONValue?) -> Int? {
    value.flatMap(Self.wholeNumber).flatMap { (1...32).contains($0) ? $0 : nil }
  }

  private func count(_ value: JSONValue?) -> Int? {
    value.flatMap(Self.wholeNumber).flatMap { (1...1 << 20).contains($0) ? $0 : nil }
  }
}
