import Domain
import Fit
import ModelFiles

/// A model whose need is asked for: its shape, and the quantizations in which it can be had or made.
struct FitSubject {
  /// One quantization.
  struct Offer {
    let quantization: String
    /// The file, or the first of several; nil when nobody has published it, as far as we know.
    let file: String?
    let evidence: FitEvidence
    /// Bytes of the files; of those that nobody has published, of their tensors.
    let fileBytes: Int64
    let layout: WeightLayout
    let engine: Engine

    init(
      quantization: String, file: String?, evidence: FitEvidence, fileBytes: Int64, layout: WeightLayout,
      engine: Engine = .llamaCpp
    ) {
      self.quantization = quantization
      self.file = file
      self.evidence = evidence
      self.fileBytes = fileBytes
      self.layout = layout
      self.engine = engine
    }
  }

  let id: String
  /// What a table calls it; of a path its end, which tells more than its beginning.
  var title: String
  /// The number of its family in the catalog.
  var family: Int64?
  let shape: ModelShape
  /// Whether the family's arithmetic is known, and adds up to what is stored.
  let isVerified: Bool
  var offers: [Offer]
  /// What predictions rest on; nil when nothing tells.
  var basis: WeightBasis?

  init(id: String, shape: ModelShape, isVerified: Bool, offers: [Offer]) {
    self.id = id
    title = id
    self.shape = shape
    self.isVerified = isVerified
    self.offers = offers
  }

  /// What could be made of a model: every recipe of llama-quantize, and the usual forms of packed safetensors.
  static func predictions(_ shape: ModelShape, _ basis: WeightBasis) -> [Offer] {
    let plain = WeightPredictor(inventory: basis.inventory, shape: shape)
    let important = WeightPredictor(inventory: basis.inventory, shape: shape, hasImportance: true)
    let recipes = GGUFRecipe.allCases.filter { $0 != .f32 && ($0 != .mxfp4 || shape.experts > 1) }
    let gguf = recipes.map { recipe in
      let predictor = recipe.needsImportance ? important : plain
      return Offer(
        quantization: recipe.name, file: nil, evidence: basis.evidence, fileBytes: predictor.dataBytes(recipe),
        layout: predictor.layout(recipe))
    }
    let packed = PackedScheme.usual.map { scheme in
      let layout = scheme.layout(of: basis.inventory, experts: shape.experts)
      return Offer(
        quantization: scheme.name, file: nil, evidence: basis.evidence, fileBytes: layout.total, layout: layout,
        engine: scheme.engine)
    }
    return gguf + packed
  }

  /// The same with what could be made of it added to what is published.
  func addingPredictions(_ basis: WeightBasis) -> FitSubject {
    var subject = self
    let published = Set(offers.map(\.quantization))
    subject.offers += Self.predictions(shape, basis).filter { !published.contains($0.quantization) }
    return subject
  }
}
