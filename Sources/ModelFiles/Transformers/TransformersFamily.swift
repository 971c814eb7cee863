/// How a family of models in transformers is told in GGUF's words: one row of `TransformersFamily.table`.
///
/// Sources: the modelling classes of transformers
/// (<https://github.com/huggingface/transformers/tree/main/src/transformers/models>), the constants of PyPI's `gguf`, and
/// what llama.cpp's conversion makes of a configuration
/// (<https://github.com/ggml-org/llama.cpp/tree/master/conversion>).
struct TransformersFamily: Sendable {
  /// `model_type` of the language model.
  let names: [String]
  /// `general.architecture`.
  let architecture: String
  /// Class names in `architectures` that mean this family's language model, without the ending `ForCausalLM`.
  let classes: Set<String>
  /// What the gate of the feed-forward part may be; `hidden_act` or `hidden_activation`.
  var activations: Set<String> = ["silu", "swish"]
  /// The activation where the configuration states none.
  var unstatedActivation = "silu"
  /// Whether norms are stored less 1, as Gemma's are.
  var offsetNorms = false
  /// Whether `post_attention_layernorm` stands behind attention, not before the feed-forward part.
  var hasPostNorms = false
  /// Whether queries, keys and values have biases in every model of the family.
  var needsBiases = false
  /// Base of the rotation where the configuration states none.
  var rotationBase = 10_000.0
  /// Epsilon of the norms where the configuration states none; nil when every configuration states it.
  var epsilon: Double?
  /// Whether attention is scaled by `query_pre_attn_scalar`.
  var scalesByQueryScalar = false
  /// Whether a window holds for the layers from `max_window_layers` on.
  var hasUpperWindows = false

  static let table: [TransformersFamily] = [
    TransformersFamily(names: ["llama", "mistral"], architecture: "llama", classes: ["Llama", "LLaMA", "Mistral"]),
    TransformersFamily(names: ["mixtral"], architecture: "llama", classes: ["Mixtral"], rotationBase: 1_000_000),
    TransformersFamily(
      names: ["qwen2"], architecture: "qwen2", classes: ["Qwen2"], needsBiases: true, hasUpperWindows: true),
    TransformersFamily(
      names: ["qwen2_moe"], architecture: "qwen2moe", classes: ["Qwen2Moe"], needsBiases: true, hasUpperWindows: true),
    TransformersFamily(names: ["qwen3"], architecture: "qwen3", classes: ["Qwen3"], hasUpperWindows: true),
    TransformersFamily(names: ["qwen3_moe"], architecture: "qwen3moe", classes: ["Qwen3Moe"], hasUpperWindows: true),
    TransformersFamily(
      names: ["gemma"], architecture: "gemma", classes: ["Gemma"], activations: gelu.union(["gelu"]),
      unstatedActivation: "gelu_pytorch_tanh", offsetNorms: true),
    TransformersFamily(
      names: ["gemma2"], architecture: "gemma2", classes: ["Gemma2"], activations: gelu,
      unstatedActivation: "gelu_pytorch_tanh",
      offsetNorms: true, hasPostNorms: true, scalesByQueryScalar: true),
    TransformersFamily(
      names: ["gemma3", "gemma3_text"], architecture: "gemma3", classes: ["Gemma3"], activations: gelu,
      unstatedActivation: "gelu_pytorch_tanh", offsetNorms: true, hasPostNorms: true, rotationBase: 1_000_000,
      epsilon: 1e-6, scalesByQueryScalar: true),
    TransformersFamily(names: ["phi3"], architecture: "phi3", classes: ["Phi3"]),
    TransformersFamily(names: ["granite"], architecture: "granite", classes: ["Granite"]),
    TransformersFamily(
      names: ["olmo2", "olmo3"], architecture: "olmo2", classes: ["Olmo2", "Olmo3"], hasPostNorms: true),
    TransformersFamily(names: ["olmoe"], architecture: "olmoe", classes: ["Olmoe"]),
    TransformersFamily(names: ["smollm3"], architecture: "smollm3", classes: ["SmolLM3"], rotationBase: 2_000_000),
  ]

  /// The approximation by tanh, under its names.
  private static let gelu: Set<String> = ["gelu_pytorch_tanh", "gelu_new"]

  /// The row of a `model_type`; nil for one that we do not translate.
  static func named(_ name: String) -> TransformersFamily? { table.first { $0.names.contains(name) } }
}

extension ModelConfiguration {
  /// The family in GGUF's words; nil for one that we do not translate.
  var family: TransformersFamily? { reader.family.flatMap(TransformersFamily.named) }

  /// The name of the activation that stands in the way of running this model as its family; nil when all is well.
  /// Foreign text.
  public var foreignActivation: String? {
    guard let family else { return nil }
    // Gemma's first configurations name the exact function and mean the approximation; the second member corrects them.
    let name =
      reader.text["hidden_activation"]?.string ?? reader.text["hidden_act"]?.string ?? family.unstatedActivation
    return family.activations.contains(name) ? nil : name
  }

  /// The class that stands in the way of running this model as its family, a classifier for instance; nil when all is
  /// well. Foreign text.
  public var foreignClass: String? {
    guard let family, let name = architectures.first else { return nil }
    // The language part of a model with eyes is the same.
    for ending in ["ForCausalLM", "ForConditionalGeneration"] where name.hasSuffix(ending) {
      return family.classes.contains(String(name.dropLast(ending.count))) ? nil : name
    }
    return name
  }

  /// Whether norms are stored less 1.
  public var offsetNorms: Bool { family?.offsetNorms ?? false }

  /// Whether queries, keys and values have biases in every model of the family.
  public var needsBiases: Bool { family?.needsBiases ?? false }
}
