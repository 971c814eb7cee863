/// The dimensions of a decoder-only transformer: all that memory arithmetic and the graph need to know.
///
/// Values come from a GGUF header or a `config.json`; every count is positive and bounded by the reader.
public struct ModelShape: Hashable, Sendable, Codable {
  /// `general.architecture` or `model_type`: `llama`, `qwen2` …
  public var architecture: String
  /// Repeating layers (block_count).
  public var layers: Int
  /// Hidden size (embedding_length).
  public var embedding: Int
  /// Width of the feed-forward part of a dense layer, or of one expert when `expertFeedForward` is nil.
  public var feedForward: Int
  /// Query heads.
  public var heads: Int
  /// Key and value heads of each layer, `layers` entries.
  public var kvHeads: [Int]
  /// Elements of one key head.
  public var keyLength: Int
  /// Elements of one value head.
  public var valueLength: Int
  /// Rows of the token embedding.
  public var vocabulary: Int
  /// The context length that the model was trained for, in tokens.
  public var contextLength: Int
  /// Experts of a mixture layer; 0 for dense models.
  public var experts: Int
  /// Experts that one token uses; 0 for dense models.
  public var expertsUsed: Int
  /// Width of one expert, when it differs from `feedForward`.
  public var expertFeedForward: Int?
  /// Width of an expert that every token uses, when the file stores one.
  public var sharedFeedForward: Int?
  /// Window of sliding attention in tokens, when the file stores one.
  public var slidingWindow: Int?
  /// How attention differs between the layers; nil when every layer attends to everything.
  public var attention: AttentionPlan?
  /// Whether the output matrix is the token embedding.
  public var tiedEmbeddings: Bool
  /// All elements of all weight tensors.
  public var parameters: Int64

  /// A shape out of its dimensions.
  public init(
    architecture: String, layers: Int, embedding: Int, feedForward: Int, heads: Int, kvHeads: [Int],
    keyLength: Int, valueLength: Int, vocabulary: Int, contextLength: Int, experts: Int = 0,
    expertsUsed: Int = 0, expertFeedForward: Int? = nil, sharedFeedForward: Int? = nil, slidingWindow: Int? = nil,
    attention: AttentionPlan? = nil, tiedEmbeddings: Bool = false, parameters: Int64 = 0
  ) {
    self.architecture = architecture
    self.layers = layers
    self.embedding = embedding
    self.feedForward = feedForward
    self.heads = heads
    self.kvHeads = kvHeads
    self.keyLength = keyLength
    self.valueLength = valueLength
    self.vocabulary = vocabulary
    self.contextLength = contextLength
    self.experts = experts
    self.expertsUsed = expertsUsed
    self.expertFeedForward = expertFeedForward
    self.sharedFeedForward = sharedFeedForward
    self.slidingWindow = slidingWindow
    self.attention = attention
    self.tiedEmbeddings = tiedEmbeddings
    self.parameters = parameters
  }

  /// Whether every dimension lies in the range that readers of headers accept, so that arithmetic cannot overflow. For
  /// shapes that come back from storage.
  public var isPlausible: Bool {
    let widest = max(heads, kvHeads.max() ?? 0).multipliedReportingOverflow(by: max(keyLength, valueLength))
    return (1...1 << 11).contains(layers) && kvHeads.count == layers && kvHeads.allSatisfy { $0 >= 0 }
      && (1...1 << 20).contains(embedding) && (0...1 << 24).contains(feedForward) && (1...1 << 14).contains(heads)
      && keyLength >= 0 && valueLength >= 0 && !widest.overflow && widest.partialValue <= 1 << 20
      && (0...1 << 24).contains(vocabulary) && (1...1 << 26).contains(contextLength)
      && (0...1 << 14).contains(experts) && (0...1 << 14).contains(expertsUsed)
      && (0...1 << 24).contains(expertFeedForward ?? 0) && (0...1 << 24).contains(sharedFeedForward ?? 0) && parameters >= 0
      && (1...1 << 31).contains(slidingWindow ?? 1) && (attention.map { isPlausible($0) } ?? true)
  }

  private func isPlausible(_ plan: AttentionPlan) -> Bool {
    let lengths = 0...1 << 14
    let heads = kvHeads.max() ?? 0
    let widest = heads.multipliedReportingOverflow(by: max(plan.slidingKeyLength ?? 0, plan.slidingValueLength ?? 0))
    return plan.layers.count == layers && !widest.overflow && widest.partialValue <= 1 << 20
      && (0...1 << 31).contains(plan.window)
      && lengths.contains(plan.slidingKeyLength ?? 0)
      && lengths.contains(plan.slidingValueLength ?? 0) && (0...AttentionPlan.stateLimit).contains(plan.stateBytes)
  }
}
