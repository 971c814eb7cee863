import Domain
import Fit
import ModelFiles
import Testing

/// The models of the published tables, as their `config.json` gives them.
struct ReferenceModel {
  let shape: ModelShape
  let inventory: TensorInventory

  static func named(_ name: String) throws -> ReferenceModel {
    let text = try #require(Self.configurations[name], "no configuration for \(name)")
    let configuration = try ModelConfiguration(Array(text.utf8), name: "\(name).json")
    let shape = try configuration.shape()
    return ReferenceModel(shape: shape, inventory: try #require(try configuration.inventory(of: shape)))
  }

  private static func llama(
    _ layers: Int, _ hidden: Int, _ inner: Int, _ heads: Int, _ kvHeads: Int, _ vocabulary: Int,
    context: Int = 131_072, family: String = "llama", _ more: String = ""
  ) -> String {
    """
    {"model_type": "\(family)", "num_hidden_layers": \(layers), "hidden_size": \(hidden),
     "intermediate_size": \(inner), "num_attention_heads": \(heads), "num_key_value_heads": \(kvHeads),
     "vocab_size": \(vocabulary), "max_position_embeddings": \(context)\(more.isEmpty ? "" : ", " + more)}
    """
  }

  private static let tied = #""tie_word_embeddings": true"#
  private static let stretched = #""rope_scaling": {"rope_type": "llama3", "factor": 8.0}"#

  private static let configurations: [String: String] = [
    "llama1-7b": llama(32, 4096, 11008, 32, 32, 32000),
    "llama1-13b": llama(40, 5120, 13824, 40, 40, 32000),
    "llama1-30b": llama(60, 6656, 17920, 52, 52, 32000),
    "llama1-65b": llama(80, 8192, 22016, 64, 64, 32000),
    "llama2-7b": llama(32, 4096, 11008, 32, 32, 32000),
    "llama2-7b-32003": llama(32, 4096, 11008, 32, 32, 32003),
    "llama2-13b": llama(40, 5120, 13824, 40, 40, 32000),
    "llama2-13b-32003": llama(40, 5120, 13824, 40, 40, 32003),
    "llama2-70b": llama(80, 8192, 28672, 64, 8, 32000),
    "codellama-7b": llama(32, 4096, 11008, 32, 32, 32016),
    "codellama-13b": llama(40, 5120, 13824, 40, 40, 32016),
    "codellama-34b": llama(48, 8192, 22016, 64, 8, 32000),
    "deepseek-coder-6.7b": llama(32, 4096, 11008, 32, 32, 32256),
    "orca-mini-3b": llama(26, 3200, 8640, 32, 32, 32000),
    "llama3-8b": llama(32, 4096, 14336, 32, 8, 128_256),
    "llama3.1-8b": llama(32, 4096, 14336, 32, 8, 128_256, stretched),
    "llama3-70b": llama(80, 8192, 28672, 64, 8, 128_256),
    "llama3.2-1b": llama(16, 2048, 8192, 32, 8, 128_256, tied + ", " + stretched),
    "llama3.2-3b": llama(28, 3072, 8192, 24, 8, 128_256, tied + ", " + stretched),
    "mistral-7b": llama(32, 4096, 14336, 32, 8, 32000, family: "mistral"),
    "mistral-7b-32002": llama(32, 4096, 14336, 32, 8, 32002, family: "mistral"),
    "mistral-7b-32032": llama(32, 4096, 14336, 32, 8, 32032, family: "mistral"),
    "mixtral-8x7b": llama(
      32, 4096, 14336, 32, 8, 32000, family: "mixtral", #""num_local_experts": 8, "num_experts_per_tok": 2"#),
    "mixtral-8x22b": llama(
      56, 6144, 16384, 48, 8, 32000, family: "mixtral", #""num_local_experts": 8, "num_experts_per_tok": 2"#),
    "qwen2-7b": llama(28, 3584, 18944, 28, 4, 152_064, family: "qwen2"),
    "qwen2-1.5b": llama(28, 1536, 8960, 12, 2, 151_936, family: "qwen2", tied),
    "r1-qwen-1.5b": llama(28, 1536, 8960, 12, 2, 151_936, family: "qwen2"),
    "qwen2.5-14b": llama(48, 5120, 13824, 40, 8, 152_064, family: "qwen2"),
    "qwen1.5-7b": llama(32, 4096, 11008, 32, 32, 151_936, family: "qwen2"),
    "qwen3-8b": llama(36, 4096, 12288, 32, 8, 151_936, family: "qwen3", #""head_dim": 128"#),
    "qwen3-30b-a3b": llama(
      48, 2048, 6144, 32, 4, 151_936, family: "qwen3_moe",
      #""head_dim": 128, "num_experts": 128, "num_experts_per_tok": 8, "moe_intermediate_size": 768"#),
    "gemma-2b": llama(18, 2048, 16384, 8, 1, 256_000, family: "gemma", #""head_dim": 256"#),
    "gemma-7b": llama(28, 3072, 24576, 16, 16, 256_000, family: "gemma", #""head_dim": 256"#),
    "gemma2-2b": llama(
      26, 2304, 9216, 8, 4, 256_000, family: "gemma2", #""head_dim": 256, "sliding_window": 4096"#),
    "gemma2-9b": llama(
      42, 3584, 14336, 16, 8, 256_000, family: "gemma2", #""head_dim": 256, "sliding_window": 4096"#),
    "gemma3-4b": llama(
      34, 2560, 10240, 8, 4, 262_208, family: "gemma3_text", #""head_dim": 256, "sliding_window": 1024"#),
    "gemma3-12b": llama(
      48, 3840, 15360, 16, 8, 262_208, family: "gemma3_text", #""head_dim": 256, "sliding_window": 1024"#),
    "gemma3-27b": llama(
      62, 5376, 21504, 32, 16, 262_208, family: "gemma3_text", #""head_dim": 128, "sliding_window": 1024"#),
    "phi3-mini": llama(32, 3072, 8192, 32, 32, 32064, family: "phi3", #""sliding_window": 2047"#),
    "granite3.0-8b": llama(40, 4096, 12800, 32, 8, 49155, family: "granite", tied),
  ]
}
