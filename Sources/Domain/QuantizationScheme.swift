/// How the weights beside a `config.json` were quantized, as the configuration states it.
public struct QuantizationScheme: Hashable, Sendable, Codable {
  /// The tool or layout.
  public enum Method: String, Hashable, Sendable, Codable, CaseIterable {
    case gptq, awq, fp8, mxfp4, nvfp4, mlx, exl2, exl3, aqlm, hqq, eetq, torchao, quanto, bitnet
    case bitsandbytes
    /// The llm-compressor layout, of any number of bits.
    case compressedTensors = "compressed-tensors"
    /// NVIDIA's Model Optimizer with a layout other than `nvfp4` and `fp8`, often several in one model.
    case modelopt
    /// Quantized with a method whose name we do not know.
    case unknown
  }

  /// The tool or layout.
  public var method: Method
  /// Bits of a quantized weight without its scales; nil when they differ or are not stated.
  public var bits: Int?
  /// Weights that share a scale; nil for whole rows (−1 in GPTQ), blocks in two dimensions, or not stated.
  public var groupSize: Int?

  /// A scheme out of its facts.
  public init(method: Method, bits: Int? = nil, groupSize: Int? = nil) {
    self.method = method
    self.bits = bits
    self.groupSize = groupSize
  }
}
