import Domain

extension GGUFShapeReader {
  /// What each layer keeps of the tokens; nil when every layer attends to everything.
  ///
  /// Source: what llama.cpp's loaders of the architectures set of `swa_layers`, `recurrent_layer_arr` and
  /// `n_layer_kv_from_start` (<https://github.com/ggml-org/llama.cpp/tree/master/src/models>). A window of a family
  /// whose layers we do not know counts for none: that is an upper bound.
  ///
  /// - Throws: `badMetadata` when a number is impossible.
  func attentionPlan(
    _ name: String, layers: Int, embedding: Int, kvHeads: [Int]
  ) throws(ModelFileError) -> AttentionPlan? {
    let architecture = Architecture.named(name)
    var list = [LayerAttention](repeating: .full, count: layers)
    let stated = try optionalCount("attention.sliding_window", 0...Int(Int32.max))
    let window = architecture?.keepsWindow == false ? nil : stated ?? architecture?.window
    if let window, window > 0 {
      if let pattern = try slidingPattern(layers) {
        list = pattern.map { $0 ? .sliding : .full }
      } else if let period = try slidingPeriod(architecture), period > 1 {
        list = (0..<layers).map { $0 % period < period - 1 ? .sliding : .full }
      }
    }
    try markRecurrent(&list, kvHeads: kvHeads)
    let shared = try optionalCount("attention.shared_kv_layers", 0...layers) ?? 0
    for index in (layers - shared)..<layers where list[index] != .recurrent { list[index] = .none }
    let lengths = 1...ModelShape.Limits.headLength
    var plan = AttentionPlan(
      layers: list, window: list.contains(.sliding) ? window ?? 0 : 0,
      slidingKeyLength: try optionalCount("attention.key_length_swa", lengths),
      slidingValueLength: try optionalCount("attention.value_length_swa", lengths),
      // Files from before this key keep whole keys and values.
      isLatent: try optionalCount("attention.key_length_mla", 0...ModelShape.Limits.headLength).map { $0 > 0 } ?? false)
    if plan.statefulLayers > 0 { plan.stateBytes = try stateBytes(embedding: embedding) }
    return plan.isPlain ? nil : plan
  }

  /// One truth value a layer; nil when the key is missing or holds a period.
  private func slidingPattern(_ layers: Int) throws(ModelFileError) -> [Bool]? {
    let key = "attention.sliding_window_pattern"
    guard case .array(let array)? = header["\(prefix).\(key)"] else { return nil }
    guard array.count == layers, let values = array.bools() ?? array.ints()?.map({ $0 != 0 }) else {
      throw bad(key, "must hold one truth value for each of the \(layers) layers")
    }
    return values
  }

  private func slidingPeriod(_ architecture: Architecture?) throws(ModelFileError) -> Int? {
    let key = "attention.sliding_window_pattern"
    if case .array? = header["\(prefix).\(key)"] { return nil }
    return try optionalCount(key, 0...ModelShape.Limits.layers) ?? architecture?.slidingPeriod
  }

  /// Marks the layers that keep a state.
  private func markRecurrent(_ list: inout [LayerAttention], kvHeads: [Int]) throws(ModelFileError) {
    let hasState = header["\(prefix).ssm.state_size"] != nil || header["\(prefix).shortconv.l_cache"] != nil
    guard hasState else {
      for (index, heads) in kvHeads.enumerated() where heads == 0 { list[index] = .none }
      return
    }
    if prefix == "falcon-h1" {
      list = list.map { _ in .both }
      return
    }
    if kvHeads.contains(0) {
      // Nemotron-H has layers with nothing but a feed-forward part.
      let widths = try perLayer("feed_forward_length", 0...ModelShape.Limits.feedForward, layers: list.count)
      for (index, heads) in kvHeads.enumerated() where heads == 0 {
        let isFeedForward = prefix.hasPrefix("nemotron_h") && (widths?[index] ?? 0) > 0
        list[index] = isFeedForward ? .none : .recurrent
      }
    } else {
      let interval = try optionalCount("full_attention_interval", 1...ModelShape.Limits.layers) ?? 4
      for index in list.indices where (index + 1) % interval != 0 { list[index] = .recurrent }
    }
  }

  private func stateBytes(embedding: Int) throws(ModelFileError) -> Int64 {
    if let inputs = try optionalCount("shortconv.l_cache", 0...1 << 14) {
      return 4 * Int64(max(0, inputs - 1)) * Int64(embedding)
    }
    let state = AttentionPlan.stateBytes(
      convolution: Int64(try optionalCount("ssm.conv_kernel", 0...1 << 14) ?? 1),
      inner: Int64(try optionalCount("ssm.inner_size", 0...1 << 20) ?? 0),
      length: Int64(try optionalCount("ssm.state_size", 0...1 << 20) ?? 0),
      groups: Int64(try optionalCount("ssm.group_count", 0...1 << 14) ?? 0))
    guard let state else { throw bad("ssm.state_size", "makes a state that no model has") }
    return state
  }
}
