/// Where a model's weight bytes lie: by layer, and which of them are experts.
///
/// This is what placement on a device needs to know of a file; it is small enough to be kept for every
/// quantization that was ever seen.
public struct WeightLayout: Hashable, Sendable, Codable {
  /// Bytes of each repeating layer, experts included; `layers` entries.
  public var layerBytes: [Int64]
  /// Bytes of the experts of each layer, a part of `layerBytes`; empty for dense models.
  public var expertBytes: [Int64]
  /// Bytes of `token_embd.weight`.
  public var tokenEmbedding: Int64
  /// Bytes of tables beside it that are looked up by token and never go to a card: `per_layer_token_embd.weight` of
  /// Gemma 3n and 4.
  public var lookedUp: Int64 = 0
  /// Bytes of `output.weight`; 0 when the embeddings are tied.
  public var output: Int64
  /// Everything else: the last norm, rope factors and the like.
  public var other: Int64

  /// A layout out of its parts.
  public init(
    layerBytes: [Int64], expertBytes: [Int64] = [], tokenEmbedding: Int64, lookedUp: Int64 = 0, output: Int64,
    other: Int64
  ) {
    self.layerBytes = layerBytes
    self.expertBytes = expertBytes
    self.tokenEmbedding = tokenEmbedding
    self.lookedUp = lookedUp
    self.output = output
    self.other = other
  }

  /// Sorts tensors into their places by the names that GGUF files use (`blk.N.…`).
  ///
  /// - Parameters:
  ///   - tensors: name and bytes of each.
  ///   - layers: the number of repeating layers; tensors of a layer beyond it count as `other`.
  public init(tensors: some Sequence<(name: String, bytes: Int64)>, layers: Int) {
    layerBytes = Array(repeating: 0, count: max(0, layers))
    var experts = layerBytes
    (tokenEmbedding, output, other) = (0, 0, 0)
    for tensor in tensors {
      let parts = tensor.name.split(separator: ".", maxSplits: 2)
      if parts.count == 3, parts[0] == "blk", let layer = Int(parts[1]), layerBytes.indices.contains(layer) {
        layerBytes[layer] += tensor.bytes
        if parts[2].contains("_exps") { experts[layer] += tensor.bytes }
      } else if tensor.name == "token_embd.weight" {
        tokenEmbedding += tensor.bytes
      } else if tensor.name == "per_layer_token_embd.weight" {
        lookedUp += tensor.bytes
      } else if tensor.name == "output.weight" {
        output += tensor.bytes
      } else {
        other += tensor.bytes
      }
    }
    expertBytes = experts.contains { $0 > 0 } ? experts : []
  }

  /// A layout whose parts are known only in proportion: `total` bytes spread as `sibling`, another
  /// quantization of the same model, has them.
  public init(total: Int64, like sibling: WeightLayout) {
    let scale = sibling.total > 0 ? Double(total) / Double(sibling.total) : 0
    func scaled(_ bytes: Int64) -> Int64 { Int64((Double(bytes) * scale).rounded(.up)) }
    layerBytes = sibling.layerBytes.map(scaled)
    expertBytes = sibling.expertBytes.map(scaled)
    tokenEmbedding = scaled(sibling.tokenEmbedding)
    lookedUp = scaled(sibling.lookedUp)
    output = scaled(sibling.output)
    other = scaled(sibling.other)
  }

  /// All bytes.
  public var total: Int64 { layerBytes.reduce(0, +) + tokenEmbedding + lookedUp + output + other }

  /// What full offload puts on the card: all but the token embedding, which stays in main memory unless it is
  /// also the output matrix.
  public var onCard: Int64 { layerBytes.reduce(0, +) + other + (output > 0 ? output : tokenEmbedding) }

  private enum CodingKeys: String, CodingKey {
    case layerBytes, expertBytes, tokenEmbedding, lookedUp, output, other
  }

  /// `lookedUp` is missing in what an older hubwatch stored.
  public init(from decoder: any Decoder) throws {
    let row = try decoder.container(keyedBy: CodingKeys.self)
    layerBytes = try row.decode([Int64].self, forKey: .layerBytes)
    expertBytes = try row.decode([Int64].self, forKey: .expertBytes)
    tokenEmbedding = try row.decode(Int64.self, forKey: .tokenEmbedding)
    lookedUp = try row.decodeIfPresent(Int64.self, forKey: .lookedUp) ?? 0
    output = try row.decode(Int64.self, forKey: .output)
    other = try row.decode(Int64.self, forKey: .other)
  }
}
