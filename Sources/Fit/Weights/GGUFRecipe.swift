import Domain

/// A mixture of types that llama-quantize makes: what the ending of a file's name stands for.
///
/// Source: `llama_ftype` and `llama-quant.cpp` of llama.cpp
/// (<https://github.com/ggml-org/llama.cpp/blob/master/src/llama-quant.cpp>).
public enum GGUFRecipe: UInt8, Sendable, CaseIterable {
  case f32
  case bf16
  case f16
  case q8_0
  case q6_K
  case q5_K_M
  case q5_K_S
  case q5_1
  case q5_0
  case q4_K_M
  case q4_K_S
  case q4_1
  case q4_0
  case iq4_NL
  case iq4_XS
  case mxfp4
  case q3_K_L
  case q3_K_M
  case q3_K_S
  case iq3_M
  case iq3_S
  case iq3_XS
  case iq3_XXS
  case q2_K
  case q2_K_S
  case q2_0
  case iq2_M
  case iq2_S
  case iq2_XS
  case iq2_XXS
  case tq2_0
  case tq1_0
  case iq1_M
  case iq1_S
  case q1_0

  /// The recipe of a quantization's name; `Q4_K` and the like are old names of the middle one. Nil for the mixtures of
  /// single publishers, such as `Q4_K_XL`, which only their files tell.
  public init?(_ quantization: Quantization) {
    switch quantization.description {
    case "Q5_K": self = .q5_K_M
    case "Q4_K": self = .q4_K_M
    case "Q3_K": self = .q3_K_M
    case "MXFP4": self = .mxfp4
    default: self.init(name: quantization.description)
    }
  }

  /// The ending of a file's name: `Q4_K_M`.
  public var name: String { Self.names[number] }

  /// The recipe with exactly this name.
  public init?(name: String) {
    guard let number = Self.names.firstIndex(of: name) else { return nil }
    self.init(rawValue: UInt8(number))
  }

  /// Its place in `allCases`.
  var number: Int { Int(rawValue) }

  private static let names = [
    "F32", "BF16", "F16", "Q8_0", "Q6_K", "Q5_K_M", "Q5_K_S", "Q5_1", "Q5_0", "Q4_K_M", "Q4_K_S", "Q4_1", "Q4_0",
    "IQ4_NL", "IQ4_XS", "MXFP4_MOE", "Q3_K_L", "Q3_K_M", "Q3_K_S", "IQ3_M", "IQ3_S", "IQ3_XS", "IQ3_XXS", "Q2_K",
    "Q2_K_S", "Q2_0", "IQ2_M", "IQ2_S", "IQ2_XS", "IQ2_XXS", "TQ2_0", "TQ1_0", "IQ1_M", "IQ1_S", "Q1_0",
  ]

  /// Whether the recipe is of the kind that needs an importance matrix: llama-quantize refuses without one.
  public var needsImportance: Bool {
    switch self {
    case .iq1_S, .iq1_M, .iq2_XXS, .iq2_XS, .iq2_S, .iq2_M, .iq3_XXS, .q2_K_S: true
    default: false
    }
  }

  /// The type of every tensor that no rule speaks of.
  var base: TensorType {
    switch self {
    case .f32: .f32
    case .bf16: .bf16
    case .f16: .f16
    case .q8_0: .q8_0
    case .q6_K: .q6_K
    case .q5_K_M, .q5_K_S: .q5_K
    case .q5_1: .q5_1
    case .q5_0: .q5_0
    case .q4_K_M, .q4_K_S: .q4_K
    case .q4_1: .q4_1
    case .q4_0: .q4_0
    case .iq4_NL: .iq4_nl
    case .iq4_XS: .iq4_xs
    case .mxfp4: .mxfp4
    case .q3_K_L, .q3_K_M, .q3_K_S: .q3_K
    case .iq3_M, .iq3_S, .iq3_XS: .iq3_s
    case .iq3_XXS: .iq3_xxs
    case .q2_K, .q2_K_S: .q2_K
    case .q2_0: .q2_0
    case .iq2_M: .iq2_s
    case .iq2_S, .iq2_XS: .iq2_xs
    case .iq2_XXS: .iq2_xxs
    case .tq2_0: .tq2_0
    case .tq1_0: .tq1_0
    case .iq1_M: .iq1_m
    case .iq1_S: .iq1_s
    case .q1_0: .q1_0
    }
  }

  /// Whether nothing is quantized.
  var isFloat: Bool { self == .f32 || self == .bf16 || self == .f16 }

  /// The mixtures of one and two bits, which have rules of their own.
  var isTiny: Bool {
    switch self {
    case .iq1_S, .iq1_M, .iq2_XXS, .iq2_XS, .iq2_S, .iq2_M: true
    default: false
    }
  }
}

/// The rules by which llama-quantize mixes types, as they were at a time.
public enum RecipeEra: String, Sendable, CaseIterable, Codable {
  /// Until the autumn of 2023.
  case autumn2023 = "2023-09"
  /// December 2023: as before, and the experts of Mixtral are tensors of their own.
  case december2023 = "2023-12"
  /// 2024.
  case year2024 = "2024-02"
  /// Since 2025.
  case current = "2025"

  /// Whether tied embeddings get the better type of an output matrix.
  var promotesTiedEmbeddings: Bool { self == .year2024 || self == .current }
}

/// What llama-quantize's rules ask of a model.
struct RecipeFacts: OptionSet, Hashable, Sendable {
  let rawValue: UInt16

  init(rawValue: UInt16) { self.rawValue = rawValue }

  /// At least four query heads share a key head.
  static let manyQueriesPerKey = RecipeFacts(rawValue: 1)
  static let fourExperts = RecipeFacts(rawValue: 2)
  /// Exactly eight experts, as Mixtral has.
  static let eightExperts = RecipeFacts(rawValue: 4)
  /// What llama.cpp takes for a model of the size of Llama 2 70B: 80 layers, in some families.
  static let seventyBillion = RecipeFacts(rawValue: 8)
  static let falcon = RecipeFacts(rawValue: 16)
  static let tiedEmbeddings = RecipeFacts(rawValue: 32)
  /// Quantized with an importance matrix.
  static let importance = RecipeFacts(rawValue: 64)

  /// The facts of a shape.
  init(_ shape: ModelShape, isTied: Bool, hasImportance: Bool) {
    var facts: RecipeFacts = []
    // The first layer's heads stand for all, as in llama.cpp's `n_gqa`.
    let kvHeads = shape.attention?.isLatent == true ? 1 : shape.kvHeads.first ?? 0
    if kvHeads > 0, shape.heads / kvHeads >= 4 { facts.insert(.manyQueriesPerKey) }
    if shape.experts >= 4 { facts.insert(.fourExperts) }
    if shape.experts == 8 { facts.insert(.eightExperts) }
    if shape.layers == 80, shape.experts == 0 {
      let isLlama = ["llama", "mistral", "Yi", "yi"].contains(shape.architecture)
      if isLlama ? shape.heads != kvHeads : ["qwen2", "deci", "nemotron-nas", "olmo"].contains(shape.architecture) {
        facts.insert(.seventyBillion)
      }
    }
    if shape.architecture.hasPrefix("falcon") || shape.architecture.hasPrefix("RefinedWeb") { facts.insert(.falcon) }
    if isTied { facts.insert(.tiedEmbeddings) }
    if hasImportance { facts.insert(.importance) }
    self = facts
  }
}
