/// The parameters of a model, counted from the headers of all its shards.
public struct StoredParameters: Sendable, Equatable {
  /// Elements of all tensors but the tables that code computes (`rotary_emb.inv_freq`). Quantized weights that are
  /// packed count as they are stored: eight weights of 4 bits in a 32-bit integer are one element.
  public let count: Int64
  /// Whether packed weights are among them, so that the model has more parameters than `count`.
  public let isPacked: Bool

  /// Counts.
  ///
  /// - Throws: `badTensors` when two shards hold a tensor of the same name, or there are more than 2^63 elements.
  public init(of shards: [SafetensorsHeader]) throws(ModelFileError) {
    var (count, isPacked, names) = (Int64(0), false, Set<String>())
    for shard in shards {
      for tensor in shard.tensors {
        guard names.insert(tensor.name).inserted else {
          throw ModelFileError(
            .badTensors, file: shard.name,
            "holds the tensor \(ModelFileError.quoted(tensor.name)), which another shard holds too")
        }
        if tensor.name.hasSuffix("rotary_emb.inv_freq") { continue }
        let (sum, overflow) = count.addingReportingOverflow(tensor.elements)
        guard !overflow else {
          throw ModelFileError(.badTensors, file: shard.name, "brings the model to more than 2^63 parameters")
        }
        count = sum
        // Tensors of one dimension are scales' indices and zeros, not weights.
        if tensor.type.packsWeights, tensor.shape.count > 1 { isPacked = true }
      }
    }
    self.count = count
    self.isPacked = isPacked
  }
}
