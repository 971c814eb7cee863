import Domain
import Fit
import ModelFiles

/// Common sizes, by well-known models that have them: the answer before anything was polled.
enum ReferenceSizes {
  /// One subject for each size.
  ///
  /// - Throws: `ModelFileError`, which would be a fault in the table.
  static func subjects() throws(ModelFileError) -> [FitSubject] {
    var subjects: [FitSubject] = []
    for (label, configuration) in table {
      let parsed = try ModelConfiguration(Array(configuration.utf8), name: label)
      let shape = try parsed.shape()
      guard let inventory = try parsed.inventory(of: shape) else { continue }
      let basis = WeightBasis(inventory: inventory, evidence: .reference, isVerified: true)
      var subject = FitSubject(
        id: label, shape: shape, isVerified: true,
        offers: FitSubject.predictions(shape, basis))
      subject.basis = basis
      subjects.append(subject)
    }
    return subjects
  }

  private static func row(
    _ label: String, _ family: String, _ layers: Int, _ hidden: Int, _ inner: Int, _ heads: Int, _ kvHeads: Int,
    _ head: Int, _ vocabulary: Int, _ context: Int, tied: Bool = false, more: String = ""
  ) -> (String, String) {
    (
      label,
      """
      {"model_type": "\(family)", "num_hidden_layers": \(layers), "hidden_size": \(hidden),
      "intermediate_size": \(inner), "num_attention_heads": \(heads), "num_key_value_heads": \(kvHeads),
      "head_dim": \(head), "vocab_size": \(vocabulary), "max_position_embeddings": \(context),
      "tie_word_embeddings": \(tied)\(more)}
      """
    )
  }

  /// Dimensions as the makers' configurations state them.
  private static let table: [(String, String)] = [
    row("1B, as Llama 3.2 1B", "llama", 16, 2048, 8192, 32, 8, 64, 128_256, 131_072, tied: true),
    row("3B, as Llama 3.2 3B", "llama", 28, 3072, 8192, 24, 8, 128, 128_256, 131_072, tied: true),
    row("4B, as Qwen3 4B", "qwen3", 36, 2560, 9728, 32, 8, 128, 151_936, 40960, tied: true),
    row("7B, as Mistral 7B", "mistral", 32, 4096, 14336, 32, 8, 128, 32768, 32768),
    row("8B, as Llama 3.1 8B", "llama", 32, 4096, 14336, 32, 8, 128, 128_256, 131_072),
    row("12B, as Mistral Nemo", "mistral", 40, 5120, 14336, 32, 8, 128, 131_072, 131_072),
    row("14B, as Qwen3 14B", "qwen3", 40, 5120, 17408, 40, 8, 128, 151_936, 40960),
    row("24B, as Mistral Small 3", "mistral", 40, 5120, 32768, 32, 8, 128, 131_072, 32768),
    row(
      "27B, as Gemma 3 27B", "gemma3_text", 62, 5376, 21504, 32, 16, 128, 262_208, 131_072, tied: true,
      more: #", "sliding_window": 1024"#),
    row(
      "30B-A3B, as Qwen3 30B-A3B", "qwen3_moe", 48, 2048, 6144, 32, 4, 128, 151_936, 40960,
      more: #", "num_experts": 128, "num_experts_per_tok": 8, "moe_intermediate_size": 768"#),
    row("32B, as Qwen3 32B", "qwen3", 64, 5120, 25600, 64, 8, 128, 151_936, 40960),
    row("70B, as Llama 3.1 70B", "llama", 80, 8192, 28672, 64, 8, 128, 128_256, 131_072),
  ]
}
