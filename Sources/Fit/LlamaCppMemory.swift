import Domain

/// The compute buffer that llama.cpp reserves on the device.
///
/// It reserves the worst case of the graph once, and stages reuse the memory: the need is the largest stage, not
/// their sum. Derived from llama.cpp's graph of 2025 and 2026: activations accumulate in F32, the attention mask
/// is F16 with flash attention and F32 without.
public struct LlamaCppMemory: EngineMemory {
  /// Whether attention is fused; without it the score matrix is materialised.
  public let flashAttention: Bool

  /// The engine with or without flash attention.
  public init(flashAttention: Bool) { self.flashAttention = flashAttention }

  public func computeBytes(shape: ModelShape, context: Int, batch: Int) -> ByteCount {
    let cells = Int64(KVCache.cells(context: context))
    let ub = Int64(min(batch, context))
    let e = Int64(shape.embedding)
    let heads = Int64(shape.heads)
    let kvHeads = Int64(shape.kvHeads.max() ?? 0)
    let keyLength = Int64(shape.keyLength)
    let mask = (flashAttention ? 2 : 4) * ub * cells
    let attention =
      flashAttention
      ? 0 : 4 * ub * (cells * heads + 2 * e + 2 * heads * keyLength + 2 * kvHeads * keyLength) + mask
    let width = Int64(shape.experts > 0 ? (shape.expertFeedForward ?? shape.feedForward) : shape.feedForward)
    let active = Int64(shape.experts > 0 ? max(1, shape.expertsUsed) : 1)
    let feedForward = 4 * ub * (3 * active * width + 3 * e) + mask
    let logits = 4 * ub * (Int64(shape.vocabulary) + e)
    return ByteCount(max(attention, feedForward, logits))
  }
}
