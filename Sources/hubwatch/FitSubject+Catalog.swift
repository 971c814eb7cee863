import Catalog
import Domain
import Fit
import ModelFiles

extension FitSubject {
  /// What the catalog knows of a repository; nil when no header and no configuration told its shape.
  ///
  /// - Parameter wantsPredictions: also what could be made of a model that is published in GGUF.
  /// - Throws: `CatalogError`.
  init?(catalog: Catalog, repo: RepoRecord, wantsPredictions: Bool = false) throws(CatalogError) {
    guard let shape = repo.shape, repo.state == .sized || repo.state == .described else { return nil }
    let isPublished = repo.state == .sized
    let facts = isPublished && !wantsPredictions ? nil : try catalog.description(of: repo.id)?.facts
    let isKnown = Architecture.named(shape.architecture) != nil
    let offers = try catalog.weights(of: repo.id).map { record in
      Offer(
        quantization: record.quantization.description, file: record.path.description, evidence: record.evidence,
        fileBytes: record.bytes, layout: record.layout)
    }
    self.init(
      id: repo.id.description, shape: shape, isVerified: isPublished ? isKnown : facts?.basis?.isVerified ?? false,
      offers: offers)
    family = repo.family
    basis = facts?.basis
    if let basis {
      if !isPublished { self.offers += Self.published(facts, shape, basis) }
      self = addingPredictions(basis)
    }
    if self.offers.isEmpty { return nil }
  }

  /// The safetensors themselves, at their published size.
  private static func published(_ facts: ModelDescription?, _ shape: ModelShape, _ basis: WeightBasis) -> [Offer] {
    guard let form = facts?.forms.first(where: { $0.format == .safetensors }) else { return [] }
    let words = form.layout?.split(separator: " ") ?? []
    let method = words.first.flatMap { QuantizationScheme.Method(rawValue: String($0)) }
    let bits = words.last.flatMap { $0.hasSuffix("-bit") ? Int($0.dropLast(4)) : nil }
    guard
      let scheme = method.map({ PackedScheme(QuantizationScheme(method: $0, bits: bits)) }) ?? PackedScheme.half
    else { return [] }
    let layout = scheme.layout(of: basis.inventory, experts: shape.experts)
    // F32 checkpoints are loaded at two bytes an element, whatever the files have.
    let loaded = method == nil ? layout : WeightLayout(total: form.bytes, like: layout)
    return [
      Offer(
        quantization: scheme.name, file: "\(form.files) safetensors", evidence: .tree, fileBytes: form.bytes,
        layout: loaded, engine: scheme.engine)
    ]
  }
}
