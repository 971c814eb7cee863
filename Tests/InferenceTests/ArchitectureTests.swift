import ModelFiles
import TestSupport
import Testing

@testable import Inference

/// Every architecture against transformers, on small models that both sides make from the same seeds.
@Suite("Architectures")
struct ArchitectureTests {
  @Test func everyFamilyHasAReference() {
    #expect(Set(Family.table.map(\.name)) == Set(ReferenceModel.all.map(\.architecture)))
    #expect(Set(Family.table.map(\.name)).count == Family.table.count)
  }

  @Test(arguments: ReferenceModel.all)
  func logitsAreThoseOfTransformers(_ reference: ReferenceModel) throws {
    try check(reference, reference.open())
  }

  @Test(arguments: ReferenceModel.all)
  func plainCAndOneThreadComputeTheSame(_ reference: ReferenceModel) throws {
    try check(
      reference,
      reference.open(.init(threads: 1, contextLength: reference.context, exact: true, batch: 5, kernels: .portable)))
  }

  @Test(arguments: ReferenceModel.all.filter { !ReferenceFolder.unsupported.contains($0.name) })
  func foldersComputeTheSame(_ reference: ReferenceModel) throws {
    let folder = try TemporaryFolder()
    try #require(ReferenceFolder.configurations[reference.name] != nil)
    try ReferenceFolder(model: reference).write(to: folder.path)
    let model = try LanguageModel(
      file: folder.path, options: .init(threads: 2, contextLength: reference.context, exact: true, batch: 16))
    try check(reference, model)
  }

  /// The pieces of the prompt end where the reference has logits: prompts, single tokens, and pieces after a cache.
  ///
  /// A key or value that lies in the middle of two halves may be rounded the other way because of its last bit, which
  /// moves single logits by some 1e-4 of their size; their mean error stays far below. A wrong sign, base or window moves
  /// them by 1e-2 and more.
  private func check(_ reference: ReferenceModel, _ model: LanguageModel) throws {
    let session = try model.session()
    var start = 0
    var errors: [Float] = []
    for point in reference.points {
      let logits = try session.prefill(Array(reference.tokens[start..<point.end]))
      start = point.end
      let rms = (logits.reduce(0) { $0 + $1 * $1 } / Float(logits.count)).squareRoot()
      #expect(abs(rms - point.rms) <= 1e-4 * point.rms, "after \(point.end)")
      errors += point.logits.map { abs(logits[$0.id] - $0.value) / point.rms }
    }
    #expect(errors.count >= 48)
    #expect(errors.reduce(0, +) / Float(errors.count) <= 5e-5, "mean")
    #expect(errors.max() ?? 1 <= 5e-4, "largest, number \(errors.firstIndex(of: errors.max() ?? 0) ?? -1)")
  }

  @Test(
    arguments: [
      "llama, biases", "mixtral", "mixtral of early 2024", "qwen2moe", "qwen3moe", "gemma2", "gemma3", "phi3, window",
      "granite", "olmo3",
    ])
  func integersComputeNearlyTheSame(_ name: String) throws {
    let reference = try #require(ReferenceModel.named(name))
    func logits(exact: Bool, batch: Int, threads: Int) throws -> [Float] {
      let options = LanguageModel.Options(
        threads: threads, contextLength: reference.context, exact: exact, batch: batch)
      return try reference.open(options, isQuantized: true).session().prefill(reference.tokens)
    }
    let exact = try logits(exact: true, batch: 16, threads: 2)
    let whole = try logits(exact: false, batch: 64, threads: 2)
    #expect(Comparison(whole, exact).cosine > 0.99999)
    // Prompts gather the tokens of an expert, single tokens do not.
    for (batch, threads) in [(1, 1), (7, 3)] {
      let pieces = try logits(exact: false, batch: batch, threads: threads)
      #expect(Comparison(pieces, whole).cosine > 0.999999)
    }
    let again = try logits(exact: false, batch: 64, threads: 2)
    #expect(again == whole)
  }

  @Test(arguments: ["llama", "mixtral", "qwen2moe", "gemma3", "phi3, window"])
  func theArenaIsUsedToTheLastByte(_ name: String) throws {
    let model = try #require(ReferenceModel.named(name)).open()
    let session = try model.session()
    #expect(session.graph.arena.used == session.graph.arena.size)
    #expect(Int(model.memory.compute.bytes) == session.graph.arena.size)
  }

  @Test func expertsAreChosenByTheirLogits() {
    func choose(_ logits: [Float], used: Int, normalises: Bool, scale: Float = 1) -> [ExpertChoice] {
      let numbers = Hyperparameters.Experts(
        count: logits.count, used: used, width: 1, sharedWidth: 0, gatesShared: false, normalises: normalises,
        scale: scale)
      return logits.withUnsafeBufferPointer { ExpertChoice.choose($0, numbers) }
    }
    let one = choose([0, 2, 1, 2], used: 1, normalises: false)
    #expect(one.map(\.expert) == [1] && abs(one[0].share - 0.3994) < 1e-4)
    let two = choose([3, 0, 3, -1], used: 2, normalises: true, scale: 2)
    #expect(two == [ExpertChoice(expert: 0, share: 1), ExpertChoice(expert: 2, share: 1)])
    let all = choose([-100, 100, 0], used: 3, normalises: true)
    #expect(all.map(\.expert) == [0, 1, 2] && all[1].share == 1)
    for broken in [[Float.nan, 1, 2], [.infinity, .infinity, 0], [.nan, .nan, .nan]] {
      let chosen = choose(broken, used: 2, normalises: true)
      #expect(Set(chosen.map(\.expert)).count == 2 && chosen.contains { !$0.share.isFinite })
    }
  }
}
