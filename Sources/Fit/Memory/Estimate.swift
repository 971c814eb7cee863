import Domain

/// What one quantization of one model needs on a device, and whether that fits.
public struct Estimate: Sendable, Equatable {
  /// Weights on the card.
  public var weights: ByteCount
  /// KV cache on the card.
  public var kvCache: ByteCount
  /// Recurrent state; 0 for transformers.
  public var state: ByteCount
  /// Activations and logits.
  public var compute: ByteCount
  /// Driver and engine context.
  public var overhead: ByteCount
  /// Room for what is not known: 12 % of the compute buffer (allocator fragmentation) and 128 MiB a card.
  public var margin: ByteCount
  /// Main memory that is needed beside the card: the token embedding, buffers, and what the verdict leaves there.
  public var host: ByteCount
  /// How it fits.
  public var verdict: FitVerdict
  /// The request with which it fits, when it does so only with another than was asked for.
  public var remedy: FitRequest?
  /// The largest context with everything on the card at the wanted batch and KV type, in tokens; 0 for none.
  public var maxContext: Int
  /// Layers on the card for the verdict, counting the output layer as llama.cpp does: `layers + 1` is all.
  public var gpuLayers: Int
  /// Layers whose routed experts lie in main memory for the verdict, from the first on.
  public var expertLayersOnHost: Int
  /// Tokens a second that the memory's bandwidth allows with the context full, for one sequence; nil when the bandwidth
  /// is not known, or it does not fit at all. A bound that no engine exceeds, not a prediction.
  public var tokensPerSecond: Double?

  /// The sum of the parts on the card, as asked for and without the margin.
  public var total: ByteCount { weights + kvCache + state + compute + overhead }

  /// Whether everything fits as it was asked for.
  public var fits: Bool { verdict == .fits }
}
