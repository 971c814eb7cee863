import Domain
import JSONText

extension ConfigurationReader {
  /// The context in tokens: the stated one, or what YaRN stretches the original one to, when that is more.
  ///
  /// With YaRN families differ in whether the stated number is the stretched one (DeepSeek) or the original
  /// (Qwen 2.5). With the linear and dynamic kinds nothing is multiplied: files of today state the result, and dynamic
  /// scaling is no training.
  func context() throws(ModelFileError) -> Int? {
    let stated = try int(.context) ?? family.flatMap { ConfigurationConventions.context[$0] }
    guard let scaling = (text["rope_scaling"] ?? text["rope_parameters"])?.object,
      (scaling["rope_type"] ?? scaling["type"])?.string == "yarn",
      let original = scaling["original_max_position_embeddings"].flatMap(Self.wholeNumber),
      let factor = scaling["factor"]?.double, ConfigurationField.context.range.contains(original), factor >= 1
    else { return stated }
    let stretched = (Double(original) * factor).rounded()
    guard stretched <= Double(ConfigurationField.context.range.upperBound) else {
      throw bad("rope_scaling", "stretches the context beyond \(ConfigurationField.context.range.upperBound)")
    }
    return max(stated ?? 0, Int(stretched))
  }

  /// The window of sliding attention that the model really uses.
  func window() throws(ModelFileError) -> Int? {
    guard let window = try int(.slidingWindow), window > 0 else { return nil }
    let isOnDemand = family.map(ConfigurationConventions.windowOnDemand.contains) ?? false
    guard flag("use_sliding_window") ?? !isOnDemand else { return nil }
    if let context = try context(), window >= context { return nil }
    return window
  }

  /// Rows of the embedding; some models with several parts state it outside of the language model's.
  func vocabulary() throws(ModelFileError) -> Int? {
    if let stated = try int(.vocabulary) { return stated }
    return isNested ? try ConfigurationReader(plain: whole, file: file).int(.vocabulary) : nil
  }

  /// Whether the output matrix is the embedding: as stated, or as the family has it.
  var isTied: Bool {
    text["tie_word_embeddings"]?.bool ?? whole["tie_word_embeddings"]?.bool
      ?? family.map(ConfigurationConventions.tiedByDefault.contains) ?? false
  }

  /// The ranks of latent attention; nil for models without.
  func latentAttention() throws(ModelFileError) -> ModelConfiguration.LatentAttention? {
    guard let rank = try int(.latentRank), rank > 0 else { return nil }
    return ModelConfiguration.LatentAttention(
      keyValueRank: rank, rotatedLength: try int(.rotatedLength) ?? 0, queryRank: try int(.queryRank),
      plainLength: try int(.plainLength), valueLength: try int(.valueLength))
  }

  /// Keys and values of each layer under DeciLM's plan, and the width of the widest feed-forward part; nil for models
  /// without such a plan.
  ///
  /// Formula of the width: `modeling_decilm.py`: ⌊2 · ffn_mult · hidden size / 3⌋, rounded up to a multiple of 256.
  func blockPlan(hidden: Int, heads: Int) throws(ModelFileError) -> (kvHeads: [Int], feedForward: Int)? {
    guard let blocks = text["block_configs"]?.array, !blocks.isEmpty else { return nil }
    var (kvHeads, feedForward) = ([Int](), 0)
    for block in blocks.prefix(1 << 11) {
      guard let attention = block["attention"]?.object, let wide = block["ffn"]?.object else {
        throw bad("block_configs", "holds a layer without 'attention' or 'ffn'")
      }
      let hasCache = attention["no_op"]?.bool != true && attention["replace_with_linear"]?.bool != true
      let group = attention["n_heads_in_group"].flatMap(Self.wholeNumber)
      if hasCache {
        guard let group, group > 0, heads % group == 0 else {
          throw bad("block_configs", "has a layer whose 'n_heads_in_group' does not divide the \(heads) heads")
        }
        kvHeads.append(heads / group)
      } else {
        kvHeads.append(0)
      }
      if let factor = wide["ffn_mult"]?.double {
        let width = (2 * factor * Double(hidden) / 3).rounded(.down)
        guard (0...Double(1 << 24 - 256)).contains(width) else {
          throw bad("block_configs", "has a layer with the 'ffn_mult' \(factor)")
        }
        feedForward = max(feedForward, (Int(width) + 255) / 256 * 256)
      }
    }
    return (kvHeads, feedForward)
  }
}
