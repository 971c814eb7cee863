import Domain

/// Counts the parameters of a family whose tensors follow from its dimensions.
///
/// Source: the modelling classes of the families in transformers. Weights are counted once: a tied output matrix does
/// not count.
struct ParameterFormula {
  /// All elements of all tensors; nil when there are more than 2^63.
  let count: Int64?

  /// Nil for families, and for forms of a family, that have more tensors than these.
  init?(shape: ModelShape, reader: ConfigurationReader) {
    guard let family = Family.known[shape.architecture],
      ["attention_bias", "mlp_bias", "attention_out_bias"].allSatisfy({ reader.flag($0) != true }),
      reader.text["mlp_only_layers"]?.array?.isEmpty != false,
      reader.text["decoder_sparse_step"]?.int.map({ $0 == 1 }) != false,
      family.hasExperts == (shape.experts > 0), let kvHeads = shape.kvHeads.first,
      shape.kvHeads.allSatisfy({ $0 == kvHeads }), shape.keyLength == shape.valueLength
    else { return nil }
    var sum = CheckedSum()
    let (query, key) = (shape.heads * shape.keyLength, kvHeads * shape.keyLength)
    sum.add(shape.vocabulary, shape.embedding, shape.tiedEmbeddings ? 1 : 2)
    sum.add(shape.embedding)
    sum.add(shape.layers, 2, shape.embedding)
    sum.add(shape.layers, 2, shape.embedding, query)
    sum.add(shape.layers, 2, shape.embedding, key)
    if family.hasQueryBias { sum.add(shape.layers, query + 2 * key) }
    if family.hasHeadNorms { sum.add(shape.layers, 2, shape.keyLength) }
    if family.hasExperts {
      sum.add(shape.layers, shape.experts, shape.embedding)
      sum.add(shape.layers, shape.experts, 3, shape.embedding, shape.expertFeedForward ?? shape.feedForward)
    } else {
      sum.add(shape.layers, 3, shape.embedding, shape.feedForward)
    }
    count = sum.value
  }
}

private struct Family {
  var hasQueryBias = false
  var hasHeadNorms = false
  var hasExperts = false

  static let known: [String: Family] = [
    "llama": Family(), "mistral": Family(), "mixtral": Family(hasExperts: true), "qwen2": Family(hasQueryBias: true),
    "qwen3": Family(hasHeadNorms: true), "qwen3_moe": Family(hasHeadNorms: true, hasExperts: true),
  ]
}

/// A sum of products that notices when it leaves 64 bits.
private struct CheckedSum {
  private(set) var value: Int64? = 0

  mutating func add(_ factors: Int...) {
    var product: Int64 = 1
    for factor in factors {
      let (next, overflow) = product.multipliedReportingOverflow(by: Int64(factor))
      guard !overflow else { return value = nil }
      product = next
    }
    guard let (sum, overflow) = value?.addingReportingOverflow(product) else { return }
    value = overflow ? nil : sum
  }
}
