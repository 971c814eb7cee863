import ModelFiles
import TestSupport
import Testing

@testable import Inference

/// Every architecture against transformers, on small models that both sides make from the same seeds.
@Suite("Architectures")
struct ArchitectureTests {
  @Test func everyFamilyHasAReference() {
    #expect(Set(Family.table.map(\.name)) == Set(ReferenceModel.all.map(\.architecture)))
  }

  @Test(arguments: ReferenceModel.all)
  func logitsAreThoseOfTransformers(_ reference: ReferenceModel) throws {
    try check(reference, reference.open(), within: 1e-4)
  }

  @Test(arguments: ReferenceModel.all)
  func plainCAndOneThreadComputeTheSame(_ reference: ReferenceModel) throws {
    let model = try reference.open(
      .init(threads: 1, contextLength: reference.context, exact: true, batch: 5, kernels: .portable))
    try check(reference, model, within: 1e-4)
  }

  @Test(arguments: ReferenceModel.all)
  func foldersComputeTheSame(_ reference: ReferenceModel) throws {
    let folder = try TemporaryFolder()
    try #require(ReferenceFolder.configurations[reference.name] != nil)
    try ReferenceFolder(model: reference).write(to: folder.path)
    let model = try LanguageModel(
      file: folder.path, options: .init(threads: 2, contextLength: reference.context, exact: true, batch: 16))
    try check(reference, model, within: 1e-4)
  }

  private func check(_ reference: ReferenceModel, _ model: LanguageModel, within bound: Float) throws {
    let session = try model.session()
    var start = 0
    for point in reference.points {
      let logits = try session.prefill(Array(reference.tokens[start..<point.end]))
      start = point.end
      let rms = (logits.reduce(0) { $0 + $1 * $1 } / Float(logits.count)).squareRoot()
      #expect(abs(rms - point.rms) <= bound * point.rms, "\(reference.name) after \(point.end)")
      for (id, value) in point.logits {
        #expect(
          abs(logits[id] - value) <= bound * point.rms,
          "\(reference.name) after \(point.end): token \(id) has \(logits[id]), expected \(value)")
      }
    }
  }
}
