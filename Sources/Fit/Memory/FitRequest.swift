import Domain

/// How the model is to be used.
public struct FitRequest: Sendable, Equatable {
  /// Context length in tokens, of all sequences together.
  public var context: Int
  /// Type of the KV cache.
  public var kvType: KVCacheType
  /// Physical batch in tokens.
  public var batch: Int
  /// Whether the engine uses flash attention.
  public var flashAttention: Bool
  /// Sequences that are worked on at once; each has its share of the context.
  public var sequences: Int
  /// Whether sequences share one cache, so that one may use all of it.
  public var sharesCache: Bool
  /// Whether sliding layers keep every token too, which reuse of prompts needs.
  public var keepsWindowsWhole: Bool

  /// A wish.
  public init(
    context: Int = 4096, kvType: KVCacheType = .f16, batch: Int = 512, flashAttention: Bool = true, sequences: Int = 1,
    sharesCache: Bool = false, keepsWindowsWhole: Bool = false
  ) {
    self.context = context
    self.kvType = kvType
    self.batch = batch
    self.flashAttention = flashAttention
    self.sequences = sequences
    self.sharesCache = sharesCache
    self.keepsWindowsWhole = keepsWindowsWhole
  }

  /// Independent caches.
  var streams: Int { sharesCache ? 1 : max(1, sequences) }

  /// Tokens that are computed at once: a batch is no longer than the context.
  var tokensAtOnce: Int { max(1, min(batch, context)) }

  func with(_ change: (inout FitRequest) -> Void) -> FitRequest {
    var changed = self
    change(&changed)
    return changed
  }
}
