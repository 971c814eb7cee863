import Domain
import Glibc
import ModelFiles

/// How rotation frequencies are changed for contexts longer than the model was first trained for.
///
/// The formulas are those of the models' own code, as transformers has them (`modeling_rope_utils.py`); the keys are
/// GGUF's, beside `low_freq_factor` and `high_freq_factor` for Llama 3's scaling, which GGUF files hold as factors.
enum RopeScaling: Sendable {
  case none
  /// Every position divided by a factor.
  case linear(factor: Double)
  /// A larger base for contexts beyond the trained one: NTK-aware scaling.
  case dynamic(factor: Double, trained: Double)
  /// Slow pairs are slowed down by the factor, fast ones not at all, those between partly. Source: Peng et al., "YaRN".
  case yarn(factor: Double, original: Double, fast: Double, slow: Double)
  /// The same idea with Llama 3.1's borders.
  case llama3(factor: Double, original: Double, low: Double, high: Double)

  /// The radians a position of each of `rotated / 2` pairs.
  ///
  /// - Parameter context: tokens that the session can hold. Frequencies stay the same as it grows.
  func frequencies(rotated: Int, base: Double, context: Int) -> [Double] {
    let length = Double(rotated)
    var base = base
    if case .dynamic(let factor, let trained) = self, Double(context) > trained, rotated > 2 {
      base *= pow(factor * Double(context) / trained - (factor - 1), length / (length - 2))
    }
    return (0..<rotated / 2).map { pair in
      let frequency = pow(base, -2 * Double(pair) / length)
      switch self {
      case .none, .dynamic: return frequency
      case .linear(let factor): return frequency / factor
      case .yarn(let factor, let original, let fast, let slow):
        // The pair that turns so often over the original context.
        func pairTurning(_ turns: Double) -> Double {
          length * log(original / (turns * 2 * .pi)) / (2 * log(base))
        }
        let first = max(floor(pairTurning(fast)), 0)
        var last = min(ceil(pairTurning(slow)), length - 1)
        if first == last { last += 0.001 }
        let slowed = min(max((Double(pair) - first) / (last - first), 0), 1)
        return frequency * (1 - slowed) + frequency / factor * slowed
      case .llama3(let factor, let original, let low, let high):
        let turns = original * frequency / (2 * .pi)
        let kept = min(max((turns - low) / (high - low), 0), 1)
        return frequency * kept + frequency / factor * (1 - kept)
      }
    }
  }

  /// What the published method multiplies cosine and sine with.
  var attentionFactor: Double {
    if case .yarn(let factor, _, _, _) = self, factor > 1 { return 0.1 * log(factor) + 1 }
    return 1
  }
}

extension RopeScaling {
  /// Reads the scaling under `<prefix>.rope`.
  ///
  /// - Throws: `ModelFileError` for a wrong type or value, `InferenceError.unsupported` for another kind.
  init(_ header: GGUFHeader, prefix: String, shape: ModelShape) throws {
    func key(_ name: String) -> String { "\(prefix).rope.\(name)" }
    func number(_ name: String, in range: ClosedRange<Double>, else missing: Double? = nil) throws -> Double {
      let key = key(name)
      if let missing, header[key] == nil { return missing }
      let value =
        if let integer = header[key]?.int { Double(integer) } else { Double(try header.float(key)) }
      guard range.contains(value) else {
        throw ModelFileError(.badMetadata, file: header.name, "the key '\(key)' is \(value), which cannot be")
      }
      return value
    }
    /// Old converters write 0 for "none".
    func factor(_ names: String...) throws -> Double {
      guard let name = names.first(where: { header[key($0)] != nil }) else { return 1 }
      let value = try number(name, in: 0...1e6)
      return value == 0 ? 1 : value
    }
    for name in ["scaling.alpha", "scaling.yarn_ext_factor", "scaling.yarn_attn_factor"] where header[key(name)] != nil
    {
      throw InferenceError.unsupported("the key '\(key(name))'", file: header.name)
    }
    for name in ["dimension_sections", "dimension_count_swa"] where header[key(name)] != nil {
      throw InferenceError.unsupported("the key '\(key(name))'", file: header.name)
    }
    func original() throws -> Double {
      try number("scaling.original_context_length", in: 1...1e9, else: Double(shape.contextLength))
    }
    // Without a kind, a factor means linear scaling. Long and short factors are tensors, and need no kind.
    switch try header.ifPresent(key("scaling.type"), header.string) ?? "linear" {
    case "none": self = .linear(factor: try factor("scale_linear"))
    case "linear": self = .linear(factor: try factor("scaling.factor", "scale_linear"))
    case "longrope": self = .none
    case "dynamic": self = .dynamic(factor: max(1, try factor("scaling.factor")), trained: Double(shape.contextLength))
    case "yarn":
      self = .yarn(
        factor: try factor("scaling.factor"), original: try original(),
        fast: try number("scaling.yarn_beta_fast", in: 1e-3...1e6, else: 32),
        slow: try number("scaling.yarn_beta_slow", in: 1e-3...1e6, else: 1))
    case "llama3":
      let low = try number("scaling.low_freq_factor", in: 1e-3...1e6)
      let high = try number("scaling.high_freq_factor", in: 1e-3...1e6)
      guard high > low else {
        throw ModelFileError(.badMetadata, file: header.name, "the rope scaling's frequency factors do not grow")
      }
      self = .llama3(factor: try factor("scaling.factor"), original: try original(), low: low, high: high)
    case let other:
      throw InferenceError.unsupported("rope scaling \(other.prefix(40).debugDescription)", file: header.name)
    }
  }
}
