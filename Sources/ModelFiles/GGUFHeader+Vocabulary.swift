import Domain

extension GGUFHeader {
  /// Checks that the vocabulary is one that an engine can load: the lists are of the right kinds and as long as the
  /// embedding has rows. A header without a tokenizer passes.
  ///
  /// Source: `llama_vocab::impl::load` of llama.cpp, which takes its tensors' shapes from the number of tokens.
  ///
  /// - Throws: `badMetadata` with the reason.
  public func checkVocabulary() throws(ModelFileError) {
    if let model = try ifPresent("tokenizer.ggml.model", string), !Self.tokenizers.contains(model) {
      throw bad("tokenizer.ggml.model", "is \(ModelFileError.quoted(model)), which no engine that we know has")
    }
    guard let tokens = try ifPresent("tokenizer.ggml.tokens", array) else { return }
    guard tokens.elementType == .string else { throw bad("tokenizer.ggml.tokens", "must hold strings") }
    guard tokens.count > 0 else { throw bad("tokenizer.ggml.tokens", "is empty") }
    if let rows = tensor("token_embd.weight")?.rows, rows != Int64(tokens.count) {
      throw bad("tokenizer.ggml.tokens", "has \(tokens.count) entries; the embedding has \(rows) rows")
    }
    if let scores = try ifPresent("tokenizer.ggml.scores", array) {
      guard scores.elementType == .float32, scores.count == tokens.count else {
        throw bad("tokenizer.ggml.scores", "must hold \(tokens.count) 32-bit floats")
      }
    }
    if let types = try ifPresent("tokenizer.ggml.token_type", array) {
      guard types.count == tokens.count, [.int32, .uint32].contains(types.elementType) else {
        throw bad("tokenizer.ggml.token_type", "must hold \(tokens.count) 32-bit integers")
      }
    }
  }

  private func bad(_ key: String, _ reason: String) -> ModelFileError {
    ModelFileError(.badMetadata, file: name, "the key '\(key)' \(reason)")
  }

  /// Kinds of tokenizers that llama.cpp has.
  private static let tokenizers: Set<String> = [
    "bert", "gemma4", "gpt2", "hybriddna", "llama", "none", "no_vocab", "plamo2", "rwkv", "t5", "whitespace",
  ]
}
