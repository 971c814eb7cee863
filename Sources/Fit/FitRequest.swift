import Domain

/// Types that a KV cache is kept in.
public enum KVCacheType: String, Sendable, CaseIterable, Codable {
  case f16, q8_0, q4_0

  /// The tensor type of the rows.
  public var tensorType: TensorType {
    switch self {
    case .f16: .f16
    case .q8_0: .q8_0
    case .q4_0: .q4_0
    }
  }
}

/// How the model is to be used.
public struct FitRequest: Sendable, Equatable {
  /// Context length in tokens.
  public var context: Int
  /// Type of the KV cache.
  public var kvType: KVCacheType
  /// Physical batch in tokens.
  public var batch: Int
  /// Whether the engine uses flash attention.
  public var flashAttention: Bool

  /// A wish.
  public init(context: Int = 4096, kvType: KVCacheType = .f16, batch: Int = 512, flashAttention: Bool = true) {
    self.context = context
    self.kvType = kvType
    self.batch = batch
    self.flashAttention = flashAttention
  }
}
