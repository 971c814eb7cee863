import Domain
import Glibc
import ModelFiles

/// Rotary position embedding (RoPE): how fast each pair of a head's elements turns with the position.
///
/// Pair i of d elements turns by position · base^(−2i/d), divided by a factor where the file has one (Llama 3.1) and
/// by a linear scale for stretched contexts. Source: Su et al., "RoFormer", equation 15.
struct Rotation: Sendable {
  /// Elements of a head that turn; even.
  let rotated: Int
  /// Radians a position, one a pair.
  let frequencies: [Double]

  /// Reads the rotation of a llama.
  ///
  /// - Throws: `ModelFileError` for a wrong type or value, `InferenceError.unsupported` for a kind of scaling that
  ///   is neither none nor linear.
  init(_ header: GGUFHeader, shape: ModelShape, factors: [Float]?) throws {
    func key(_ name: String) -> String { "\(shape.architecture).rope.\(name)" }
    rotated = try header.ifPresent(key("dimension_count"), header.int) ?? shape.keyLength
    let base = Double(try header.ifPresent(key("freq_base"), header.float) ?? 10_000)
    guard base.isFinite, base > 0 else {
      throw ModelFileError(.badMetadata, file: header.name, "the key '\(key("freq_base"))' is \(base)")
    }
    var scale = 1.0
    let scaling = try header.ifPresent(key("scaling.type"), header.string) ?? "none"
    switch scaling {
    case "none": scale = Double(try header.ifPresent(key("scale_linear"), header.float) ?? 1)
    case "linear": scale = Double(try header.ifPresent(key("scaling.factor"), header.float) ?? 1)
    default:
      throw InferenceError.unsupported(
        "rope scaling \(scaling.prefix(40).debugDescription)", file: header.name)
    }
    if scale == 0 { scale = 1 }  // written by old converters for "none"
    guard scale.isFinite, scale > 0 else {
      throw ModelFileError(.badMetadata, file: header.name, "the rope scaling factor is \(scale)")
    }
    if let factors {
      guard factors.count == rotated / 2, factors.allSatisfy({ $0.isFinite && $0 > 0 }) else {
        throw ModelFileError(
          .badTensors, file: header.name,
          "the tensor 'rope_freqs.weight' does not hold \(rotated / 2) factors")
      }
    }
    let length = Double(rotated)
    frequencies = (0..<rotated / 2).map { pair in
      pow(base, -2 * Double(pair) / length) / scale / Double(factors?[pair] ?? 1)
    }
  }

  /// Writes cosine and sine of every pair at a position: `rotated` floats.
  func turns(position: Int, into out: UnsafeMutablePointer<Float>) {
    for (pair, frequency) in frequencies.enumerated() {
      let angle = Double(position) * frequency
      out[2 * pair] = Float(cos(angle))
      out[2 * pair + 1] = Float(sin(angle))
    }
  }
}
