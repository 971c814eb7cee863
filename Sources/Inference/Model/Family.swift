/// What sets a family of models apart from plain llama in the forward pass: one row of `Family.table`.
struct Family: Sendable {
  /// The function between the gate and the product with `up`.
  enum Activation: Sendable {
    /// x · σ(x): SwiGLU.
    case silu
    /// Its approximation with tanh: GEGLU.
    case gelu
  }

  /// Where a layer's norms stand.
  enum NormPlaces: Sendable {
    /// In front of attention and of the feed-forward part.
    case before
    /// Behind each, before the residual is added.
    case after
    /// Both.
    case around
  }

  /// Norms of queries and keys, before they turn.
  enum HeadNorms: Sendable {
    case none
    /// One of a head's length, applied to each head.
    case eachHead
    /// One over all heads together.
    case allHeads
  }

  /// Which layers a stated window of attention holds for.
  enum Window: Sendable {
    /// Those that the file lists; without a list a window is refused.
    case listed
    /// Those that the file lists; without a list all.
    case everyLayer
    /// Those that the file lists, or the family's own pattern.
    case pattern
  }

  /// How sliding layers turn, where that is not how the others do: never stretched for long contexts.
  struct SlidingRope: Sendable {
    /// The base when the file has none for them; nil: that of the others.
    var base: Double?
  }

  /// Experts instead of one feed-forward part.
  struct Experts: Sendable {
    /// Whether the shares of the chosen ones add up to 1, unless the file says otherwise.
    var normalises = true
    /// One that every token uses.
    var shared = Shared.none
  }

  /// An expert that every token uses, beside the others.
  enum Shared: Sendable {
    case none
    /// Multiplied with the sigmoid of a product of its own.
    case gated
    /// As it is, where the file states a width.
    case stated
  }

  /// Soft caps when the file has none; 0: none.
  struct SoftCaps: Sendable {
    var attention: Float
    var output: Float
  }

  /// `general.architecture`.
  let name: String
  /// How GGUF files have the pairs that turn.
  var pairs = RopePairs.halves
  var activation = Activation.silu
  var norms = NormPlaces.before
  var headNorms = HeadNorms.none
  /// Whether queries, keys and values must have a bias; every family may have biases.
  var needsBias = false
  /// Whether one tensor holds queries, keys and values, and one the gate and `up`.
  var isFused = false
  /// Whether embeddings are multiplied by the square root of their width.
  var scalesEmbedding = false
  /// Whether the file scales embedding, residuals and logits.
  var hasScales = false
  /// Whether queries may grow with their position.
  var hasTemperature = false
  /// What limits attention scores and logits smoothly.
  var softCaps: SoftCaps?
  var window = Window.listed
  var slidingRope: SlidingRope?
  /// Every layer of this number does not turn at all; nil: all turn.
  var unturnedPeriod: Int?
  /// With so many layers, attention is scaled by the width for each head instead of the length of a head.
  var layersScaledByWidth: Int?
  var experts: Experts?

  /// The row of an architecture; nil for one that the graph does not run.
  static func named(_ name: String) -> Family? { table.first { $0.name == name } }

  /// Every architecture that the graph runs. The next one is one more row.
  ///
  /// Sources: the models of llama.cpp (<https://github.com/ggml-org/llama.cpp/tree/master/src/models>, `llama_model_rope_type`)
  /// and the modelling classes of transformers (<https://github.com/huggingface/transformers/tree/main/src/transformers/models>).
  /// Where the two differ (windows of Mistral and Phi-3), transformers is followed.
  static let table: [Family] = [
    // Llama 1 to 3, Mistral, Mixtral, Yi, SmolLM 1 and 2, DeepSeek LLM, and whatever else converters write as llama.
    Family(name: "llama", pairs: .interleaved, window: .everyLayer, experts: Experts()),
    // Mistral Small 3.1 and Ministral 3, which converters of 2025 tell apart from llama.
    Family(name: "mistral3", pairs: .interleaved, hasTemperature: true, window: .everyLayer),
    Family(name: "qwen2", needsBias: true),
    Family(name: "qwen2moe", needsBias: true, experts: Experts(normalises: false, shared: .gated)),
    Family(name: "qwen3", headNorms: .eachHead),
    Family(name: "qwen3moe", headNorms: .eachHead, experts: Experts()),
    Family(name: "gemma", activation: .gelu, scalesEmbedding: true),
    Family(
      name: "gemma2", activation: .gelu, norms: .around, scalesEmbedding: true,
      softCaps: SoftCaps(attention: 50, output: 30), window: .pattern, layersScaledByWidth: 46),
    Family(
      name: "gemma3", activation: .gelu, norms: .around, headNorms: .eachHead, scalesEmbedding: true,
      softCaps: SoftCaps(attention: 0, output: 0), window: .pattern, slidingRope: SlidingRope(base: 10_000),
      layersScaledByWidth: 62),
    Family(name: "phi3", isFused: true, window: .everyLayer),
    Family(name: "granite", pairs: .interleaved, hasScales: true),
    Family(name: "granitemoe", pairs: .interleaved, hasScales: true, experts: Experts(shared: .stated)),
    Family(name: "olmoe", headNorms: .allHeads, experts: Experts(normalises: false)),
    Family(
      name: "olmo2", norms: .after, headNorms: .allHeads, window: .pattern, slidingRope: SlidingRope(base: nil)),
    Family(name: "smollm3", pairs: .interleaved, unturnedPeriod: 4),
  ]
}
