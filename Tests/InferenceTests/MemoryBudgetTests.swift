import Domain
import TestSupport
import Testing

@testable import Inference

/// A model within a budget of memory: slower without panels, and the same otherwise.
@Suite("A budget of memory")
struct MemoryBudgetTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = "\(folder.path)/m.gguf"
    try RandomLlama(.q4_0).write(to: path)
  }

  private func model(_ memory: Int64?) throws -> LanguageModel {
    var options = LanguageModel.Options(threads: 2, contextLength: 64)
    options.memory = memory.map { ByteCount($0) }
    return try LanguageModel(file: path, options: options)
  }

  /// What a session needs, panels left out.
  private func session(_ model: LanguageModel) -> Int64 {
    model.memory.cache.bytes + model.memory.compute.bytes + 128 << 20
  }

  @Test func panelsTakeTheRoomThatThereIs() throws {
    let free = try model(nil)
    let need = session(free)
    let whole = free.panelBytes
    #expect(whole > 0)
    #expect(try model(need + Int64(whole)).panelBytes == whole)
    let half = try model(need + Int64(whole) / 2)
    #expect(half.panelBytes > 0 && half.panelBytes <= whole / 2)
    let none = try model(need)
    #expect(none.panelBytes == 0)
    let prompt: [Int32] = [1, 5, 7, 9, 11]
    let logits = try [free, half, none].map { try $0.session().prefill(prompt) }
    for other in logits.dropFirst() {
      #expect(zip(logits[0], other).allSatisfy { abs($0 - $1) <= 1e-3 * max(1, abs($0)) })
    }
  }

  @Test func lessThanASessionNeedsIsRefused() throws {
    let need = session(try model(nil))
    #expect {
      try model(need - 1)
    } throws: { error in
      (error as? InferenceError)?.kind == .unsupported
    }
  }

  @Test func theContextHasALimit() throws {
    var options = LanguageModel.Options(threads: 1)
    options.contextLimit = 16
    #expect(try LanguageModel(file: path, options: options).contextLength == 16)
    options.contextLength = 32
    #expect(try LanguageModel(file: path, options: options).contextLength == 32)
  }
}
