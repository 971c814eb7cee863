/// A line of models from which the simulated hub's others descend: name, licence and the shape that sizes follow from.
///
/// Source of the shapes: the published config.json of each.
struct Family: Sendable {
  let organisation: StaticString
  let name: StaticString
  /// `general.architecture` of its GGUF files.
  let ggufArchitecture: StaticString
  /// `model_type` of its config.json, which is also the tag.
  let modelType: StaticString
  let className: StaticString
  let licence: StaticString
  let layers: Int
  let embedding: Int
  let feedForward: Int
  let heads: Int
  let kvHeads: Int
  let headLength: Int
  let vocabulary: Int
  let context: Int
  let isTied: Bool

  private init(
    _ organisation: StaticString, _ name: StaticString, _ architecture: StaticString, _ modelType: StaticString,
    _ className: StaticString, _ licence: StaticString, layers: Int, embedding: Int, feedForward: Int, heads: Int,
    kvHeads: Int, headLength: Int, vocabulary: Int, context: Int, isTied: Bool = false
  ) {
    self.organisation = organisation
    self.name = name
    ggufArchitecture = architecture
    self.modelType = modelType
    self.className = className
    self.licence = licence
    self.layers = layers
    self.embedding = embedding
    self.feedForward = feedForward
    self.heads = heads
    self.kvHeads = kvHeads
    self.headLength = headLength
    self.vocabulary = vocabulary
    self.context = context
    self.isTied = isTied
  }

  /// How many of `all`, from the start, are of `model_type` llama.
  static let llamaCount = 10

  /// The llamas first.
  static let all: [Family] = [
    llama("meta-llama", "Llama-3.2-1B-Instruct", "llama3.2", 16, 2048, 8192, 32, 8, 128_256, 131_072, isTied: true),
    llama("meta-llama", "Llama-3.2-3B-Instruct", "llama3.2", 28, 3072, 8192, 24, 8, 128_256, 131_072, isTied: true),
    llama("meta-llama", "Llama-3.1-8B-Instruct", "llama3.1", 32, 4096, 14336, 32, 8, 128_256, 131_072),
    llama("meta-llama", "Meta-Llama-3-8B-Instruct", "llama3", 32, 4096, 14336, 32, 8, 128_256, 8192),
    llama("meta-llama", "Llama-3.3-70B-Instruct", "llama3.3", 80, 8192, 28672, 64, 8, 128_256, 131_072),
    llama("meta-llama", "Llama-2-7b-chat-hf", "llama2", 32, 4096, 11008, 32, 32, 32000, 4096),
    llama("meta-llama", "Llama-2-13b-chat-hf", "llama2", 40, 5120, 13824, 40, 40, 32000, 4096),
    llama("TinyLlama", "TinyLlama-1.1B-Chat-v1.0", "apache-2.0", 22, 2048, 5632, 32, 4, 32000, 2048),
    llama("HuggingFaceTB", "SmolLM2-1.7B-Instruct", "apache-2.0", 24, 2048, 8192, 32, 32, 49152, 8192, isTied: true),
    llama("01-ai", "Yi-1.5-6B-Chat", "apache-2.0", 32, 4096, 11008, 32, 4, 64000, 4096),
    Family(
      "mistralai", "Mistral-7B-Instruct-v0.3", "llama", "mistral", "MistralForCausalLM", "apache-2.0", layers: 32,
      embedding: 4096, feedForward: 14336, heads: 32, kvHeads: 8, headLength: 128, vocabulary: 32768, context: 32768),
    Family(
      "Qwen", "Qwen2.5-7B-Instruct", "qwen2", "qwen2", "Qwen2ForCausalLM", "apache-2.0", layers: 28, embedding: 3584,
      feedForward: 18944, heads: 28, kvHeads: 4, headLength: 128, vocabulary: 152_064, context: 32768),
    Family(
      "Qwen", "Qwen2.5-1.5B-Instruct", "qwen2", "qwen2", "Qwen2ForCausalLM", "apache-2.0", layers: 28, embedding: 1536,
      feedForward: 8960, heads: 12, kvHeads: 2, headLength: 128, vocabulary: 151_936, context: 32768, isTied: true),
    Family(
      "Qwen", "Qwen3-8B", "qwen3", "qwen3", "Qwen3ForCausalLM", "apache-2.0", layers: 36, embedding: 4096,
      feedForward: 12288, heads: 32, kvHeads: 8, headLength: 128, vocabulary: 151_936, context: 40960),
    Family(
      "google", "gemma-2-9b-it", "gemma2", "gemma2", "Gemma2ForCausalLM", "gemma", layers: 42, embedding: 3584,
      feedForward: 14336, heads: 16, kvHeads: 8, headLength: 256, vocabulary: 256_000, context: 8192, isTied: true),
    Family(
      "microsoft", "Phi-3-mini-4k-instruct", "phi3", "phi3", "Phi3ForCausalLM", "mit", layers: 32, embedding: 3072,
      feedForward: 8192, heads: 32, kvHeads: 32, headLength: 96, vocabulary: 32064, context: 4096),
  ]

  private static func llama(
    _ organisation: StaticString, _ name: StaticString, _ licence: StaticString, _ layers: Int, _ embedding: Int,
    _ feedForward: Int, _ heads: Int, _ kvHeads: Int, _ vocabulary: Int, _ context: Int, isTied: Bool = false
  ) -> Family {
    Family(
      organisation, name, "llama", "llama", "LlamaForCausalLM", licence, layers: layers, embedding: embedding,
      feedForward: feedForward, heads: heads, kvHeads: kvHeads, headLength: embedding / heads, vocabulary: vocabulary,
      context: context, isTied: isTied)
  }

  /// Elements of all tensors.
  var parameters: Int {
    let attention = embedding * headLength * (2 * heads + 2 * kvHeads)
    let layer = attention + 3 * embedding * feedForward + 2 * embedding
    return layers * layer + embedding * vocabulary * (isTied ? 1 : 2) + embedding
  }
}
