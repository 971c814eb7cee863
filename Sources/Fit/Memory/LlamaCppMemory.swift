import Domain

/// The buffers for activations and logits that llama.cpp reserves.
///
/// It reserves the worst case of the graph once, and stages reuse the memory: the need is the largest stage, not their
/// sum. Derived from llama.cpp's graph of 2025 and 2026: activations accumulate in F32, the attention mask is F16 with
/// flash attention and F32 without.
public struct LlamaCppMemory: EngineMemory, Sendable {
  /// Whether attention is fused; without it the score matrix is materialised.
  public let flashAttention: Bool

  /// The engine with or without flash attention.
  public init(flashAttention: Bool) { self.flashAttention = flashAttention }

  public func computeBytes(shape: ModelShape, context: Int, batch: Int) -> ByteCount {
    let request = FitRequest(context: context, batch: batch, flashAttention: flashAttention)
    return ByteCount(UsageVariant(shape: shape, request: request, engine: .llamaCpp).buffer.device(request))
  }
}
