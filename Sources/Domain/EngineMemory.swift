/// What an inference engine needs on the device beside the weights and the KV cache.
public protocol EngineMemory: Sendable {
  /// The buffers for activations and logits, in bytes, at a context length and physical batch in tokens.
  func computeBytes(shape: ModelShape, context: Int, batch: Int) -> ByteCount
}
