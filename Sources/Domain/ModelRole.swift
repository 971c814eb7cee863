/// What a model is made for.
public enum ModelRole: String, Hashable, Sendable, Codable, CaseIterable {
  /// Writes text.
  case generation
  /// Turns a text into a vector.
  case embedding
  /// Judges: a reranker, a reward model, a classifier.
  case classification
  /// Anything else: pictures, speech, masked words …
  case other

  /// What a repository says about its purpose. The publisher's word (task and tags) counts before the class name,
  /// since rerankers and embedding models are often published as the language model that they were made from.
  ///
  /// - Parameters:
  ///   - architectures: the class names of `config.json`.
  ///   - pipelineTag: the Hub's task name.
  ///   - tags: the Hub's tags.
  ///   - writesText: whether `config.json` maps a class of its own to causal language modelling (`auto_map`).
  /// - Returns: nil when nothing of it says anything.
  public static func stated(
    architectures: [String] = [], pipelineTag: String? = nil, tags: [String] = [], writesText: Bool = false
  ) -> ModelRole? {
    if let pipelineTag, let role = tasks[pipelineTag] { return role }
    if pipelineTag == nil {
      if tags.contains("text-ranking") || tags.contains("reranker") { return .classification }
      if tags.contains("sentence-transformers") { return .embedding }
    }
    if let role = architectures.lazy.compactMap(ofClass).first {
      return role == .embedding && writesText ? .generation : role
    }
    if writesText { return .generation }
    return pipelineTag == nil ? nil : .other
  }

  /// The Hub's task among a repository's tags; nil when none of them is one.
  public static func task(in tags: [String]) -> String? { tags.first { tasks[$0] != nil } }

  private static func ofClass(_ name: String) -> ModelRole? {
    if generatingModels.contains(name) { return .generation }
    return classEndings.first { name.hasSuffix($0.ending) }?.role
  }

  /// Classes without a telling name that generate text.
  private static let generatingModels: Set<String> = ["ChatGLMModel", "ChatGLMForConditionalGeneration"]

  /// Endings of class names in transformers; the first that fits counts.
  private static let classEndings: [(ending: String, role: ModelRole)] = [
    ("ForCausalLM", .generation), ("LMHeadModel", .generation), ("ForConditionalGeneration", .generation),
    ("ForSequenceClassification", .classification), ("ForTokenClassification", .classification),
    ("ForRewardModel", .classification), ("RewardModel", .classification), ("ForMaskedLM", .other),
    ("ForImageClassification", .other), ("ForQuestionAnswering", .other), ("ForCTC", .other), ("Model", .embedding),
  ]

  /// The Hub's tasks: <https://huggingface.co/tasks>. A task that is missing here says nothing about text.
  private static let tasks: [String: ModelRole] = [
    "text-generation": .generation, "text2text-generation": .generation, "conversational": .generation,
    "image-text-to-text": .generation, "video-text-to-text": .generation, "audio-text-to-text": .generation,
    "any-to-any": .generation, "summarization": .generation, "translation": .generation,
    "feature-extraction": .embedding, "sentence-similarity": .embedding, "image-feature-extraction": .embedding,
    "visual-document-retrieval": .embedding,
    "text-ranking": .classification, "text-classification": .classification, "token-classification": .classification,
    "zero-shot-classification": .classification,
    "fill-mask": .other, "automatic-speech-recognition": .other, "text-to-speech": .other, "text-to-audio": .other,
    "text-to-image": .other, "text-to-video": .other, "image-to-text": .other, "image-classification": .other,
    "image-segmentation": .other, "image-to-image": .other, "object-detection": .other, "depth-estimation": .other,
    "audio-classification": .other, "question-answering": .other, "time-series-forecasting": .other,
  ]
}
