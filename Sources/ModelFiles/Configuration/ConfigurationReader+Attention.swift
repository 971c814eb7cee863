import Domain

extension ConfigurationReader {
  /// What each layer keeps of the tokens, once windows that engines do not use are taken for what they are.
  ///
  /// - Parameters:
  ///   - kinds: the layers as the configuration lists them; nil when it lists none.
  ///   - layers: how many there are.
  ///   - hidden: the model's width.
  /// - Returns: nil when every layer attends to everything.
  func attentionPlan(kinds: [LayerAttention]?, layers: Int, hidden: Int) throws(ModelFileError) -> AttentionPlan? {
    let architecture = family.flatMap(Architecture.named)
    let unsaid = try slidingLayers(layers, architecture)
    var list = kinds ?? unsaid
    let window = architecture?.keepsWindow == false ? nil : try window() ?? architecture?.window
    if window == nil { list = list.map { $0 == .sliding ? .full : $0 } }
    // The last layers may use the keys and values of earlier ones.
    let shared = min(layers, try int(.sharedLayers) ?? 0)
    for index in (layers - shared)..<layers where list[index] != .recurrent { list[index] = .none }
    var plan = AttentionPlan(
      layers: list, window: list.contains(.sliding) ? window ?? 0 : 0, isLatent: try latentAttention() != nil)
    // The plain head length is that of sliding layers where another is stated for the others.
    let plain = try int(.headLength)
    let global = try int(.globalHeadLength)
    if let sliding = try int(.slidingHeadLength) ?? (global == nil ? nil : plain) {
      let value = try int(.valueLength) ?? sliding
      plan.slidingKeyLength = sliding
      plan.slidingValueLength = try int(.slidingValueLength) ?? value
    }
    if plan.statefulLayers > 0 { plan.stateBytes = try stateBytes(hidden: hidden) }
    return plan.isPlain ? nil : plan
  }

  /// The layers of a family that slides by a rule which the configuration leaves unsaid.
  private func slidingLayers(_ layers: Int, _ architecture: Architecture?) throws(ModelFileError) -> [LayerAttention] {
    guard let period = try int(.slidingPattern) ?? architecture?.slidingPeriod, period > 1 else {
      return [LayerAttention](repeating: .full, count: layers)
    }
    return (0..<layers).map { $0 % period < period - 1 ? .sliding : .full }
  }

  /// Bytes of the state that a recurrent layer keeps of one sequence, in F32: the last inputs of the convolution, and a
  /// matrix of the state's length for each of the inner channels.
  ///
  /// Source: llama.cpp's `llama_hparams::n_embd_r` and `n_embd_s`.
  private func stateBytes(hidden: Int) throws(ModelFileError) -> Int64 {
    let convolution = Int64(try int(.stateConvolution) ?? 1)
    let (heads, head) = (try int(.stateHeads), try int(.stateHeadLength))
    // Kimi's heads have keys as long as values, and as many.
    let isDelta = value(at: "linear_attn_config") != nil
    let length = Int64(try int(.stateLength) ?? (isDelta ? head : nil) ?? 0)
    let groups = Int64(try int(.stateGroups) ?? (isDelta ? heads : nil) ?? 0)
    let inner: Int64
    if let width = try int(.stateWidth) {
      inner = Int64(width)
    } else if let heads, let head {
      inner = Int64(heads) * Int64(head)
    } else {
      inner = Int64(hidden) * Int64(try int(.stateExpansion) ?? 1)
    }
    let state = AttentionPlan.stateBytes(convolution: convolution, inner: inner, length: length, groups: groups)
    guard let state else { throw bad("ssm_state_size", "makes a state that no model has") }
    return state
  }
}
