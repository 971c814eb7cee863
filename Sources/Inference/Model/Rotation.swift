import Domain
import Glibc
import ModelFiles

/// Rotary position embedding (RoPE): how fast each pair of a head's elements turns with the position.
///
/// Pair i of d elements turns by position · base^(−2i/d), changed by `RopeScaling` and divided by a factor where the file
/// has one for each pair. Source: Su et al., "RoFormer", equation 15.
struct Rotation: Sendable {
  /// Factors that frequencies are divided by, one a pair, out of a model's tensors.
  enum Factors: Sendable {
    case none
    /// Llama 3.1's, for every context.
    case always([Float])
    /// Phi-3's: which of the two depends on whether the context is longer than the original one.
    case byContext(short: [Float], long: [Float])
  }

  /// How the pairs lie in a head.
  let pairs: RopePairs
  /// Elements of a head that turn; even.
  let rotated: Int
  /// What frequencies are powers of.
  let base: Double
  /// Radians a position, one a pair.
  let frequencies: [Double]
  /// What cosine and sine are multiplied with.
  let attentionFactor: Double

  /// Reads the rotation of a model's layers.
  ///
  /// - Parameters:
  ///   - sliding: those of the layers with a window, where the family turns them differently.
  ///   - otherBase: a base instead of the one that the file states.
  ///   - context: tokens that the session can hold.
  /// - Throws: `ModelFileError` for a wrong type or value, `InferenceError.unsupported` for an unknown kind of scaling.
  init(
    _ header: GGUFHeader, shape: ModelShape, pairs: RopePairs, factors: Factors = .none,
    sliding: Family.SlidingRope? = nil, base otherBase: Double? = nil, context: Int
  ) throws {
    func key(_ name: String) -> String { "\(shape.architecture).rope.\(name)" }
    self.pairs = pairs
    rotated = try header.ifPresent(key("dimension_count"), header.int) ?? shape.keyLength
    guard rotated >= 0, rotated % 2 == 0, rotated <= shape.keyLength else {
      throw ModelFileError(
        .badMetadata, file: header.name,
        "the key '\(key("dimension_count"))' is \(rotated), no even part of a head of \(shape.keyLength)")
    }
    var base = try otherBase ?? Double(header.ifPresent(key("freq_base"), header.float) ?? 10_000)
    if let sliding {
      base = try header.ifPresent(key("freq_base_swa"), header.float).map { Double($0) } ?? sliding.base ?? base
    }
    guard base.isFinite, base > 1 else {
      throw ModelFileError(.badMetadata, file: header.name, "the key '\(key("freq_base"))' is \(base)")
    }
    self.base = base
    let scaling = try sliding == nil ? RopeScaling(header, prefix: shape.architecture, shape: shape) : .none
    let attention = try sliding == nil ? Self.attentionFactor(header, shape: shape, scaling: scaling, factors) : 1
    attentionFactor = attention
    let divisors = try Self.divisors(header, shape: shape, factors: factors, pairs: rotated / 2, context: context)
    frequencies = zip(scaling.frequencies(rotated: rotated, base: base, context: context), divisors)
      .map { $0 / Double($1) }
  }

  /// Writes cosine and sine of every pair at a position: `rotated` floats.
  func turns(position: Int, into out: UnsafeMutablePointer<Float>) {
    for (pair, frequency) in frequencies.enumerated() {
      let angle = Double(position) * frequency
      out[2 * pair] = Float(cos(angle) * attentionFactor)
      out[2 * pair + 1] = Float(sin(angle) * attentionFactor)
    }
  }

  private static func divisors(
    _ header: GGUFHeader, shape: ModelShape, factors: Factors, pairs: Int, context: Int
  ) throws -> [Float] {
    func checked(_ factors: [Float]) throws -> [Float] {
      guard factors.count == pairs, factors.allSatisfy({ $0.isFinite && $0 > 0 }) else {
        throw ModelFileError(.badTensors, file: header.name, "the rope factors are not \(pairs) positive numbers")
      }
      return factors
    }
    switch factors {
    case .none: return [Float](repeating: 1, count: pairs)
    case .always(let factors): return try checked(factors)
    case .byContext(let short, let long):
      let (short, long) = (try checked(short), try checked(long))
      return Double(context) > (try originalContext(header, shape)) ? long : short
    }
  }

  private static func originalContext(_ header: GGUFHeader, _ shape: ModelShape) throws -> Double {
    let key = "\(shape.architecture).rope.scaling.original_context_length"
    let length = try header.ifPresent(key, header.int) ?? shape.contextLength
    guard length > 0 else { throw ModelFileError(.badMetadata, file: header.name, "the key '\(key)' is \(length)") }
    return Double(length)
  }

  /// What is stated, on top of what YaRN prescribes; for factors by context what LongRoPE prescribes when nothing is
  /// stated. `yarn_log_multiplier` is DeepSeek's `mscale_all_dim`, with an `mscale` of 1.
  private static func attentionFactor(
    _ header: GGUFHeader, shape: ModelShape, scaling: RopeScaling, _ factors: Factors
  ) throws -> Double {
    let prefix = "\(shape.architecture).rope.scaling"
    var factor = scaling.attentionFactor
    if case .yarn(let stretch, _, _, _) = scaling, stretch > 1,
      let all = try header.ifPresent("\(prefix).yarn_log_multiplier", header.float), all != 0
    {
      factor /= 0.1 * Double(all) * log(stretch) + 1
    }
    if let stated = try header.ifPresent("\(prefix).attn_factor", header.float) {
      factor *= Double(stated)
    } else if case .byContext = factors {
      let original = try originalContext(header, shape)
      let stretch = Double(shape.contextLength) / original
      if stretch > 1, original > 1 { factor = (1 + log(stretch) / log(original)).squareRoot() }
    }
    guard factor.isFinite, factor > 0 else {
      throw ModelFileError(.badMetadata, file: header.name, "the key '\(prefix).attn_factor' makes \(factor)")
    }
    return factor
  }
}
