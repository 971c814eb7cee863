import Domain

/// The bytes of a model's weights by where an engine puts them.
public struct WeightSums: Hashable, Sendable {
  /// The repeating layers.
  public var layers: Int64 = 0
  /// The routed experts, a part of `layers`.
  public var experts: Int64 = 0
  /// The token embedding.
  public var tokenEmbedding: Int64 = 0
  /// Tables that are looked up by token and never go to a card.
  public var lookedUp: Int64 = 0
  /// The output matrix; 0 when it is the token embedding.
  public var output: Int64 = 0
  /// The last norm and the like.
  public var other: Int64 = 0

  /// Nothing.
  public init() {}

  /// The sums of a layout.
  public init(_ layout: WeightLayout) {
    layers = layout.layerBytes.reduce(0, +)
    experts = layout.expertBytes.reduce(0, +)
    (tokenEmbedding, lookedUp) = (layout.tokenEmbedding, layout.lookedUp)
    (output, other) = (layout.output, layout.other)
  }

  /// All bytes.
  public var total: Int64 { layers + tokenEmbedding + lookedUp + output + other }

  /// What stands on the card beside the layers: the output matrix, which may be the embedding a second time.
  public var beside: Int64 { other + (output > 0 ? output : tokenEmbedding) }

  /// What full offload puts on the card.
  public var onCard: Int64 { layers + beside }

  /// What stays in main memory under full offload.
  public var onHost: Int64 { tokenEmbedding + lookedUp }
}
