/// The name of a quantization as publishers write it: `Q4_K_M`, `IQ3_XXS`, `F16`.
public struct Quantization: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The name in upper case.
  public let description: String

  /// The quantization of exactly this name; nil when it is none that we know.
  public init?(_ text: String) {
    let name = text.uppercased()
    guard Self.approximateBits[name] != nil else { return nil }
    description = name
  }

  /// The quantization that a GGUF's file name carries, such as `Llama-2-7B.Q4_K_M.gguf` or
  /// `model-q8_0-00001-of-00002.gguf`. The last match wins, since model names come first.
  public init?(fileName: String) {
    let separators: Set<Character> = ["-", ".", " ", "/", "(", ")", "+"]
    let words = fileName.uppercased().split { separators.contains($0) }
    for word in words.reversed() {
      var candidate = String(word)
      // `fp16` and `Q4_K_M_L` style prefixes: drop leading words joined by `_` until a known name is left.
      while true {
        let known = candidate == "FP16" ? "F16" : candidate == "FP32" ? "F32" : candidate
        if let found = Quantization(known) {
          self = found
          return
        }
        guard let joint = candidate.firstIndex(of: "_") else { break }
        candidate = String(candidate[candidate.index(after: joint)...])
      }
    }
    return nil
  }

  /// Bits a weight over a whole llama-shaped file, for ordering only; sizes are computed from tensors.
  public var bitsPerWeight: Double { Self.approximateBits[description] ?? 0 }

  /// The order in which `--quant auto` tries quantizations at one size of model: the best quality first.
  public static func < (left: Quantization, right: Quantization) -> Bool {
    (left.bitsPerWeight, left.description) < (right.bitsPerWeight, right.description)
  }

  /// Whether the weights are floats: sources for conversion rather than something to run.
  public var isFloat: Bool { ["F32", "F16", "BF16"].contains(description) }

  /// The preference of `--quant auto`, the greatest first: most bits a weight, since it loses least. Float weights
  /// come last: they double the size for nothing that can be heard. At about equal bits a K-quantization goes before
  /// the older types (`Q4_K_S` before `Q4_0`).
  public var preference: Double {
    if isFloat { return -bitsPerWeight }
    let isLegacy = ["Q4_0", "Q4_1", "Q5_0", "Q5_1"].contains(description)
    return bitsPerWeight - (isLegacy ? 0.5 : 0)
  }

  private static let approximateBits: [String: Double] = [
    "F32": 32, "F16": 16, "BF16": 16, "Q8_0": 8.5, "Q8_1": 9, "Q6_K": 6.56, "Q6_K_L": 6.6,
    "Q5_K_M": 5.69, "Q5_K_L": 5.75, "Q5_K_S": 5.54, "Q5_K": 5.69, "Q5_0": 5.54, "Q5_1": 6,
    "Q4_K_M": 4.85, "Q4_K_L": 4.9, "Q4_K_S": 4.58, "Q4_K": 4.85, "Q4_0": 4.55, "Q4_1": 5,
    "Q8_K_XL": 9.5, "Q6_K_XL": 7, "Q5_K_XL": 5.9, "Q4_K_XL": 5, "Q2_K_XL": 3.1, "Q3_K_L": 4.27, "Q3_K_XL": 4.3,
    "Q3_K_M": 3.91, "Q3_K_S": 3.5, "Q3_K": 3.91,
    "Q2_K": 3, "Q2_K_S": 2.8, "Q2_K_L": 3.1, "Q1_0": 1.125, "Q2_0": 2.25,
    "IQ4_XS": 4.3, "IQ4_NL": 4.54, "IQ3_M": 3.66, "IQ3_S": 3.5, "IQ3_XS": 3.3, "IQ3_XXS": 3.06,
    "IQ2_M": 2.7, "IQ2_S": 2.5, "IQ2_XS": 2.31, "IQ2_XXS": 2.06, "IQ1_M": 1.75, "IQ1_S": 1.56,
    "TQ1_0": 1.69, "TQ2_0": 2.06, "MXFP4": 4.25, "MXFP4_MOE": 4.3, "NVFP4": 4.5,
  ]
}
