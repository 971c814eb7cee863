import Domain

/// Types that a KV cache is kept in.
public enum KVCacheType: String, Sendable, CaseIterable, Codable {
  case f32, f16, bf16, q8_0, q5_1, q5_0, q4_1, q4_0

  /// The tensor type of the rows.
  public var tensorType: TensorType {
    switch self {
    case .f32: .f32
    case .f16: .f16
    case .bf16: .bf16
    case .q8_0: .q8_0
    case .q5_1: .q5_1
    case .q5_0: .q5_0
    case .q4_1: .q4_1
    case .q4_0: .q4_0
    }
  }

  /// Whether rows are cut into blocks, for which values need flash attention.
  public var isQuantized: Bool { tensorType.blockElements > 1 }
}
