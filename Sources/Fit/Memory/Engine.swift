/// The kind of engine that runs a model, which decides what is needed beside weights and cache.
public enum Engine: String, Sendable, Codable {
  /// GGUF.
  case llamaCpp
  /// PyTorch, one token at a time: appending to the cache copies that of one layer.
  case torch
  /// ExLlama: scores and activations of a chunk of the prompt, and the largest matrix dequantized.
  case exllama
}
