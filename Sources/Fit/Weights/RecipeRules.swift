import Domain

/// Which type the tensors of one role get, by the place of each.
struct RoleRule: Sendable, Equatable {
  /// Tensors at `place` get `type`.
  struct Exception: Sendable, Equatable {
    let place: LayerPlace
    let type: TensorType
  }

  /// What comes first; nil for no exception.
  var first: Exception?
  /// What comes next: its place holds all of the first one's.
  var second: Exception?
  var otherwise: TensorType

  init(_ otherwise: TensorType, _ first: Exception? = nil, _ second: Exception? = nil) {
    (self.otherwise, self.first, self.second) = (otherwise, first, second)
  }

  func type(at place: LayerPlace) -> TensorType {
    if let first, place.contains(first.place) { return first.type }
    if let second, place.contains(second.place) { return second.type }
    return otherwise
  }
}

/// The rules of one recipe for one sort of model, role by role.
///
/// Source: `llama_tensor_get_type` in llama.cpp's `llama-quant.cpp`, and of older mixtures the same function as it was
/// in 2023 and 2024.
struct RecipeRules: Sendable {
  let recipe: GGUFRecipe
  let facts: RecipeFacts
  let era: RecipeEra

  private var base: TensorType { recipe.base }
  private var manyQueriesPerKey: Bool { facts.contains(.manyQueriesPerKey) }
  private var eightExperts: Bool { facts.contains(.eightExperts) }
  private var isFalcon: Bool { facts.contains(.falcon) }
  private var hasImportance: Bool { facts.contains(.importance) }

  /// The rule of a role. Rows that are no whole number of blocks fall back after it.
  func rule(_ role: TensorRole) -> RoleRule {
    switch role {
    case .vector, .ropeTable, .keptMatrix: return RoleRule(.f32)
    case .router: return RoleRule(era == .december2023 && recipe != .f32 ? .f16 : .f32)
    default: break
    }
    if recipe.isFloat { return RoleRule(base) }
    switch role {
    case .output: return RoleRule(outputType)
    case .tokenEmbedding, .perLayerEmbedding:
      let isOutput = facts.contains(.tiedEmbeddings) && era.promotesTiedEmbeddings
      return RoleRule(isOutput ? outputType : embeddingType)
    default: break
    }
    if recipe == .mxfp4 { return RoleRule(role.isExpert || role == .attentionLatentPart ? .mxfp4 : .q8_0) }
    if era == .autumn2023 || era == .december2023 { return earlyRule(role) }
    if recipe.isTiny { return tinyRule(role) }
    switch role {
    case .attentionValue, .attentionLatent: return valueRule
    case .attentionFused: return era == .current ? valueRule : fusedRule
    case .attentionKey:
      if eightExperts { return RoleRule(.q8_0) }
      return queryRule
    case .attentionQuery: return queryRule
    case .feedForwardDown, .expertDown: return downRule
    case .attentionOutput: return RoleRule(attentionOutputType)
    case .feedForwardGate, .feedForwardUp, .expertGate, .expertUp:
      guard recipe == .iq3_XS else { return RoleRule(base) }
      return RoleRule(base, .init(place: .middle, type: .iq3_xxs))
    default: return RoleRule(base)
    }
  }

  // MARK: The mixtures of today

  /// The output matrix; one whose rows are no whole number of the recipe's blocks gets Q8_0 instead.
  private var outputType: TensorType {
    if recipe == .mxfp4 || isFalcon || base == .q8_0 { return .q8_0 }
    return recipe.isTiny || recipe == .iq3_XXS ? .q5_K : .q6_K
  }

  private var embeddingType: TensorType {
    switch recipe {
    case .mxfp4: .q8_0
    case .iq2_XXS, .iq2_XS, .iq1_S, .iq1_M: .q2_K
    case .iq2_S, .iq2_M, .iq3_XXS: .iq3_s
    case .tq1_0, .tq2_0, .q2_0: .q4_K
    default: base
    }
  }

  private func tinyRule(_ role: TensorRole) -> RoleRule {
    let isLarger = recipe == .iq2_S || recipe == .iq2_M
    switch role {
    case .attentionValue, .attentionLatent, .attentionFused:
      if manyQueriesPerKey || facts.contains(.fourExperts) { return RoleRule(.q4_K) }
      return RoleRule(isLarger ? .iq3_s : .q2_K)
    case .attentionKey: return RoleRule(eightExperts ? .q4_K : base)
    case .feedForwardDown, .expertDown:
      return RoleRule(base, .init(place: .earlyInFile, type: isLarger ? .iq3_s : .q2_K))
    case .attentionOutput:
      if eightExperts { return RoleRule(.q5_K) }
      if recipe == .iq1_S || recipe == .iq1_M { return RoleRule(.iq2_xxs) }
      return RoleRule(isLarger ? .iq3_s : base)
    default: return RoleRule(base)
    }
  }

  private var valueRule: RoleRule {
    // Eight experts share these small tensors, which therefore get the best type.
    if eightExperts { return RoleRule(.q8_0) }
    var rule = RoleRule(base)
    switch recipe {
    case .q2_K: rule.otherwise = manyQueriesPerKey ? .q4_K : .q3_K
    case .q2_K_S, .iq3_XS, .iq3_S: if manyQueriesPerKey { rule.otherwise = .q4_K }
    case .iq3_XXS: rule.otherwise = manyQueriesPerKey ? .q4_K : hasImportance ? .iq3_xxs : .iq3_s
    case .iq3_M: rule.otherwise = .q4_K
    case .q3_K_M: rule = RoleRule(.q4_K, .init(place: .firstTwo, type: .q5_K))
    case .q3_K_L: rule.otherwise = .q5_K
    case .iq4_NL, .iq4_XS: if manyQueriesPerKey { rule.otherwise = .q5_K }
    case .q4_K_M, .q5_K_M: rule.first = .init(place: .moreBits, type: .q6_K)
    case .q4_K_S: rule.first = .init(place: .firstFour, type: .q5_K)
    default: break
    }
    if facts.contains(.seventyBillion), rule.otherwise == .q3_K || rule.otherwise == .q4_K { rule.otherwise = .q5_K }
    return rule
  }

  private var queryRule: RoleRule {
    switch recipe {
    case .iq3_XS: RoleRule(.iq3_xxs)
    case .iq3_XXS: RoleRule(.iq2_s)
    default: RoleRule(base)
    }
  }

  private var downRule: RoleRule {
    func early(_ type: TensorType) -> RoleRule { RoleRule(base, .init(place: .firstEighth, type: type)) }
    switch recipe {
    case .q2_K: return RoleRule(.q3_K)
    case .q2_K_S: return early(.q4_K)
    case .iq3_XXS where !hasImportance: return RoleRule(.q3_K, .init(place: .firstEighth, type: .q4_K))
    case .q3_K_M:
      let start = RoleRule.Exception(place: .firstSixteenth, type: .q5_K)
      guard isFalcon else { return RoleRule(.q4_K, start) }
      return RoleRule(.q3_K, start, .init(place: .moreBits, type: .q4_K))
    case .q3_K_L: return RoleRule(isFalcon ? .q4_K : .q5_K)
    case .iq3_M: return RoleRule(base, .init(place: eightExperts ? .moreBits : .firstEighth, type: .q4_K))
    case .q4_K_M:
      let more = RoleRule.Exception(place: .moreBits, type: isFalcon ? .q5_K : .q6_K)
      return isFalcon ? RoleRule(base, .init(place: .firstSixteenth, type: .q6_K), more) : RoleRule(base, more)
    case .q5_K_M: return RoleRule(base, .init(place: .moreBits, type: .q6_K))
    case .q4_K_S: return isFalcon ? RoleRule(base) : early(.q5_K)
    case .iq4_NL, .iq4_XS: return hasImportance ? RoleRule(base) : early(.q5_K)
    case .q4_0: return hasImportance ? early(.q4_1) : RoleRule(base)
    case .q5_0: return hasImportance ? early(.q5_1) : RoleRule(base)
    default: return RoleRule(base)
    }
  }

  private var attentionOutputType: TensorType {
    if isFalcon { return recipe == .q3_K_L ? .q4_K : base }
    if eightExperts {
      switch recipe {
      case .q2_K, .iq3_XS, .iq3_XXS, .q3_K_S, .q3_K_M, .iq4_NL, .q4_K_S, .q4_K_M, .iq3_S, .iq3_M, .iq4_XS: return .q5_K
      default: return base
      }
    }
    switch recipe {
    case .q2_K: return .q3_K
    case .iq3_XXS: return .iq3_s
    case .q3_K_M, .iq3_M: return .q4_K
    case .q3_K_L: return .q5_K
    default: return base
    }
  }

  // MARK: Older mixtures

  /// Queries, keys and values in one, before they counted as values.
  private var fusedRule: RoleRule {
    switch recipe {
    case .q3_K_M, .q3_K_L, .iq3_M: RoleRule(.q4_K)
    case .q4_K_M: RoleRule(.q5_K)
    case .q5_K_M: RoleRule(.q6_K)
    default: RoleRule(base)
    }
  }

  /// The mixtures of 2023.
  private func earlyRule(_ role: TensorRole) -> RoleRule {
    switch role {
    case .attentionValue: return earlyValueRule
    case .feedForwardDown: return earlyDownRule
    // The experts' tensors had names which the rules did not know.
    case .expertDown: return RoleRule(recipe == .q2_K ? .q3_K : base)
    case .attentionKey: return RoleRule(eightExperts && era == .december2023 ? .q8_0 : base)
    case .attentionOutput:
      if recipe == .q2_K { return RoleRule(.q3_K) }
      return RoleRule(recipe == .q3_K_M ? .q4_K : recipe == .q3_K_L ? (isFalcon ? .q4_K : .q5_K) : base)
    case .attentionFused: return fusedRule
    case .feedForwardGate, .feedForwardUp, .expertGate, .expertUp: return RoleRule(recipe == .q2_K ? .q3_K : base)
    default: return RoleRule(base)
    }
  }

  private var earlyValueRule: RoleRule {
    if eightExperts, era == .december2023 { return RoleRule(.q8_0) }
    var rule = valueRule
    switch recipe {
    case .q2_K: rule = RoleRule(.q3_K)
    case .q3_K_M: rule = RoleRule(.q4_K)
    default: break
    }
    if facts.contains(.seventyBillion), rule.otherwise == .q3_K || rule.otherwise == .q4_K { rule.otherwise = .q5_K }
    return rule
  }

  private var earlyDownRule: RoleRule {
    switch recipe {
    case .q3_K_M where !isFalcon: RoleRule(.q4_K, .init(place: .firstTwo, type: .q5_K))
    case .q4_K_S where !isFalcon: RoleRule(base, .init(place: .firstFour, type: .q5_K))
    default: downRule
    }
  }
}
