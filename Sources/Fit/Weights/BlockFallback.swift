import Domain

extension TensorType {
  /// The type that llama-quantize takes instead when rows are no whole number of this type's blocks.
  ///
  /// Source: `tensor_type_fallback` in llama.cpp's `llama-quant.cpp`.
  ///
  /// - Parameter divisor: the largest power of two, up to 256, that divides the rows' length.
  func fallback(divisor: Int) -> TensorType {
    guard divisor % blockElements != 0 else { return self }
    let smaller: TensorType =
      switch self {
      case .iq1_s, .iq1_m, .iq2_xxs, .iq2_xs, .iq2_s, .iq3_xxs, .iq3_s, .iq4_xs: .iq4_nl
      case .q2_K, .q3_K, .tq1_0, .tq2_0, .q2_0, .q1_0: .q4_0
      case .q4_K: .q5_0
      case .q5_K: .q5_1
      case .q6_K: .q8_0
      default: .f16
      }
    return divisor % smaller.blockElements == 0 ? smaller : .f16
  }

  /// Bytes of 256 elements; every type's blocks divide them.
  var bytesOf256: Int64 { Int64(blockBytes * (256 / blockElements)) }
}
