/// What `config.json` leaves unsaid: conventions of model families, by `model_type`.
///
/// Source: the configuration and modelling classes in transformers
/// (<https://github.com/huggingface/transformers/tree/main/src/transformers/models>).
enum ConfigurationConventions {
  /// Members that hold the language model of a model with several parts, the first that is there counts.
  static let languageParts = [
    "thinker_config", "text_config", "llm_config", "language_config", "language_model_config",
  ]

  /// Families that read a text and write none.
  static let encoders: Set<String> = [
    "albert", "bert", "bge", "camembert", "clip", "clip_text_model", "deberta", "deberta-v2", "distilbert", "electra",
    "ernie", "esm", "eurobert", "funnel", "gte", "jina_bert", "layoutlm", "layoutlmv3", "longformer", "luke",
    "mobilebert", "modernbert",
    "mpnet", "new", "nomic_bert", "roberta", "roformer", "siglip", "squeezebert", "vit", "xlm-roberta",
    "xlm-roberta-xl", "xlnet",
  ]

  /// Families with an encoder and a decoder.
  static let encoderDecoders: Set<String> = [
    "bart", "blenderbot", "led", "longt5", "m2m_100", "marian", "mbart", "moonshine", "mt5", "mvp", "nllb-moe",
    "pegasus", "seamless_m4t", "speecht5", "switch_transformers", "t5", "t5gemma", "trocr", "udop", "umt5", "whisper",
  ]

  /// Families without attention, whose memory does not grow with the context.
  static let recurrent: Set<String> = ["falcon_mamba", "mamba", "mamba2", "rwkv", "rwkv5", "rwkv6", "rwkv7", "xlstm"]

  /// Families whose feed-forward part is four times as wide as the model when nothing is stated.
  static let fourfoldFeedForward: Set<String> = [
    "bloom", "codegen", "falcon", "gpt2", "gpt_bigcode", "gpt_neo", "gptj", "mpt", "phi-msft", "RefinedWeb",
    "RefinedWebModel",
  ]

  /// Families that state twice the width, since they count the gate and the rest as one.
  static let doubledFeedForward: Set<String> = ["qwen"]

  /// Families whose output matrix is the token embedding when nothing is stated.
  static let tiedByDefault: Set<String> = [
    "bloom", "cohere", "cohere2", "gemma", "gemma2", "gemma3", "gemma3_text", "gemma3n_text", "gemma4_text", "gpt2",
    "gpt_bigcode", "mpt", "starcoder2",
  ]

  /// Families that state a window of attention without using it, unless `use_sliding_window` is true.
  static let windowOnDemand: Set<String> = ["qwen2", "qwen2_moe", "qwen3", "qwen3_moe"]

  /// Families that never state their context.
  static let context: [String: Int] = ["falcon": 2048, "RefinedWeb": 2048, "RefinedWebModel": 2048, "bloom": 2048]

  /// What the part of a model with several parts leaves out, since it equals the default of its class. Whole
  /// configurations state these; nested ones are saved as differences.
  static let nestedDefaults: [String: [ConfigurationField: Int]] = [
    "llama": [
      .hiddenSize: 4096, .layers: 32, .heads: 32, .feedForward: 11008, .vocabulary: 32000, .context: 2048,
    ],
    "mistral": [
      .hiddenSize: 4096, .layers: 32, .heads: 32, .keyValueHeads: 8, .feedForward: 14336, .vocabulary: 32000,
      .context: 131_072,
    ],
    "phi3": [
      .hiddenSize: 3072, .layers: 32, .heads: 32, .feedForward: 8192, .vocabulary: 32064, .context: 4096,
    ],
    "gemma3_text": [
      .hiddenSize: 2304, .layers: 26, .heads: 8, .keyValueHeads: 4, .headLength: 256, .feedForward: 9216,
      .vocabulary: 262_208, .context: 131_072,
    ],
    "qwen2": [
      .hiddenSize: 4096, .layers: 32, .heads: 32, .keyValueHeads: 32, .feedForward: 22016, .vocabulary: 151_936,
      .context: 32768,
    ],
  ]
}
