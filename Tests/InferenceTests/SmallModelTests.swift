import Domain
import Foundation
import ModelFiles
import TestSupport
import Testing

@testable import Inference

/// Small real models in many tensor types, against recorded outputs of other implementations.
@Suite("Small models", .enabled(if: Shared.has("models/GOLDEN.json"), "needs ../shared/models"))
struct SmallModelTests {
  private func model(_ file: String, exact: Bool = true, threads: Int = 2, batch: Int = 128) throws
    -> LanguageModel
  {
    try LanguageModel(
      file: Shared.path("models/\(file).gguf"), options: .init(threads: threads, exact: exact, batch: batch))
  }

  @Test(arguments: [
    ("stories260K", "F32"), ("stories260K", "F16"), ("stories260K", "BF16"), ("stories260K", "Q8_0"),
    ("stories260K", "Q4_0"), ("stories260K", "Q4_1"), ("stories260K", "Q5_0"), ("stories260K", "Q5_1"),
    ("babyllama105", "F32"), ("babyllama105", "F16"), ("babyllama105", "Q4_0"), ("babyllama105", "Q4_1"),
    ("babyllama105", "Q5_0"), ("babyllama105", "Q8_0"),
  ])
  func greedyTextIsTheRecordedOne(_ name: String, _ type: String) throws {
    let golden = try #require(Golden.all[name]?[type])
    let model = try model("\(name)/gguf/\(name)-\(type)")
    #expect(model.quantizationName == type)
    // The first 24 tokens: later on, a difference in the last bit may choose the other of two equal tokens.
    let new = try model.generate(
      promptIDs: [golden.ids[0]], options: .init(maxTokens: 24, ignoresEnd: true))
    #expect(new.ids == Array(golden.ids[1...24]))
  }

  @Test(arguments: ["Q4_0", "Q4_K_M", "Q5_K_M", "Q6_K", "IQ4_NL", "Q2_K"])
  func bothPathsAgreeOnBlocksOf256(_ type: String) throws {
    let file = "babyllama105-d256/gguf-llamacpp/babyllama105-d256-\(type)"
    let prompt = try model(file).tokenizer.encode("Once upon a time, there was a")
    let exact = try model(file).session().prefill(prompt)
    let fast = try model(file, exact: false).session().prefill(prompt)
    let comparison = Comparison(fast, exact)
    #expect(comparison.divergence < 1e-4 && comparison.cosine > 0.9999)
  }

  @Test func piecesOfAPromptAndThreadsChangeNothing() throws {
    let file = "stories260K/gguf/stories260K-Q4_0"
    let tokens = try model(file).tokenizer.encode(
      "Once upon a time, there was a little girl named Lily. She loved to play outside in the park.")
    let whole = try model(file, exact: false).session().prefill(tokens)
    for (threads, batch) in [(1, 1), (1, 7), (3, 5), (2, 64)] {
      let logits = try model(file, exact: false, threads: threads, batch: batch).session().prefill(tokens)
      #expect(Comparison(logits, whole).rms < 1e-3, "\(threads) threads, batches of \(batch)")
    }
    let session = try model(file, exact: false).session()
    var last: [Float] = []
    for token in tokens { last = try session.decode(token) }
    #expect(Comparison(last, whole).rms < 1e-3)
    session.reset()
    #expect(try session.prefill(tokens) == whole)
  }

  @Test func aSplitModelRunsLikeTheWhole() throws {
    let parts = try model("stories260K/gguf-split/stories260K-F16-00001-of-00003")
    let whole = try model("stories260K/gguf/stories260K-F16")
    #expect(try parts.session().prefill([1, 403]) == whole.session().prefill([1, 403]))
  }

  @Test func plainCRunsToo() throws {
    let model = try LanguageModel(
      file: Shared.path("models/stories260K/gguf/stories260K-Q4_0.gguf"),
      options: .init(threads: 1, kernels: .portable))
    #expect(model.kernelName == "portable")
    let best = try self.model("stories260K/gguf/stories260K-Q4_0", exact: false)
    #expect(
      Comparison(try model.session().prefill([1, 403]), try best.session().prefill([1, 403])).rms < 1e-3)
  }

  @Test func theArenaIsWhatItSays() throws {
    let model = try model("stories260K/gguf/stories260K-Q4_0", exact: false)
    let memory = CoreMemory(threads: 2)
    #expect(model.memory.compute == memory.computeBytes(shape: model.shape, context: 512, batch: 128))
    #expect(model.memory.cache.bytes == 5 * 2 * 32 * 512 * 2)
    var huge = model.shape
    huge.embedding = 1 << 20
    #expect(memory.computeBytes(shape: huge, context: 1 << 26, batch: .max).bytes == .max)
  }

  @Test func samplingFollowsItsSeed() throws {
    let model = try model("stories260K/gguf/stories260K-Q8_0", exact: false)
    func text(_ seed: UInt64) throws -> [Int32] {
      try model.generate(
        prompt: "Once", options: .init(maxTokens: 30, sampling: drawing(seed: seed), ignoresEnd: true)
      ).ids
    }
    #expect(try text(1) == text(1))
    #expect(try text(1) != text(2))
  }

  @Test func textArrivesInPiecesAndTheContextEnds() throws {
    let model = try LanguageModel(
      file: Shared.path("models/stories260K/gguf/stories260K-Q8_0.gguf"), options: .init(contextLength: 16))
    var pieces = ""
    let result = try model.generate(prompt: "Once", options: .init(maxTokens: 100, ignoresEnd: true)) {
      pieces += $0
    }
    #expect(pieces == result.text && !pieces.isEmpty)
    #expect(result.promptIDs.count + result.ids.count == 17)
    #expect(result.topLogits.count == 10 && result.topLogits[0].id == result.ids[0])
    #expect { try model.session().prefill([Int32](repeating: 1, count: 17)) } throws: {
      ($0 as? InferenceError)?.kind == .limit
    }
    #expect(throws: InferenceError.self) { try model.session().prefill([512]) }
    #expect(throws: InferenceError.self) { try model.session().prefill([]) }
  }

  @Test func cancellationIsHeardBetweenTokens() async throws {
    let model = try model("stories260K/gguf/stories260K-Q8_0", exact: false)
    let task = Task {
      try model.generate(prompt: "Once", options: .init(maxTokens: 400, ignoresEnd: true)) { _ in
        withUnsafeCurrentTask { $0?.cancel() }
      }
    }
    await #expect { try await task.value } throws: { ($0 as? InferenceError)?.kind == .cancelled }
  }

  @Test func perplexityIsTheRecordedOne() throws {
    let text = String(decoding: try Shared.bytes("text/tinystories_sample.txt"), as: UTF8.self)
    for exact in [true, false] {
      let result = try model("stories260K/gguf/stories260K-F32", exact: exact).perplexity(text, context: 128)
      #expect(result.tokens == 1883 && result.chunks == 14)
      #expect(abs(result.perplexity / 6.845286734314561 - 1) < 0.001)
    }
    #expect(throws: InferenceError.self) {
      try model("stories260K/gguf/stories260K-F32").perplexity("short", context: 128)
    }
  }

  @Test func benchmarksNameTheirTests() throws {
    let speeds = try model("stories260K/gguf/stories260K-F16").benchmark(
      prompt: 16, generation: 4, repetitions: 2)
    #expect(speeds.map(\.name) == ["pp16", "tg4"] && speeds.allSatisfy { $0.tokensPerSecond > 0 })
  }
}

@Suite("Models that cannot be run")
struct UnusableModelTests {
  @Test(.enabled(if: Shared.has("bad/gguf"), "needs ../shared/bad/gguf"), arguments: BadModel.all)
  func craftedFiles(_ bad: BadModel) {
    let refusal: (any Error)?
    do {
      let model = try LanguageModel(
        file: Shared.path("bad/" + bad.file), options: .init(threads: 1, contextLength: 32))
      refusal = nil
      // Broken weights are noticed when they are used; whatever opens must not crash.
      let result = Result {
        try model.generate(prompt: "e t", options: .init(maxTokens: 4, ignoresEnd: true))
      }
      switch result {
      case .success(let generation): #expect(generation.topLogits.allSatisfy { $0.logit.isFinite })
      case .failure(let error): #expect((error as? InferenceError)?.kind == .notFinite)
      }
    } catch { refusal = error }
    switch bad.expect {
    case "reject": #expect(refusal is any ReportableError, "\(bad.why)")
    case "accept" where bad.isModel: #expect(refusal == nil, "\(bad.why)")
    default: break
    }
  }

  @Test(
    .enabled(if: Shared.has("bad/gguf/n10-nan-weights.gguf"), "needs ../shared/bad/gguf"),
    arguments: [
      "n10-nan-weights", "n11-inf-embd", "n15-q4_0-nan-scale",
    ])
  func brokenWeightsAreReported(_ name: String) throws {
    for exact in [false, true] {
      let model = try LanguageModel(
        file: Shared.path("bad/gguf/\(name).gguf"), options: .init(threads: 1, exact: exact))
      let all = (0..<Int32(model.shape.vocabulary)).map { $0 }
      #expect {
        for token in all { _ = try model.session().prefill([token]) }
      } throws: { ($0 as? InferenceError)?.kind == .notFinite }
    }
  }

  @Test(.enabled(if: Shared.has("vocab"), "needs ../shared/vocab"))
  func otherArchitecturesAreUnsupported() {
    #expect { try LanguageModel(file: Shared.path("vocab/ggml-vocab-gpt-2.gguf")) } throws: { error in
      guard let error = error as? InferenceError else { return false }
      return error.kind == .unsupported && error.exitCode == .failed
        && error.problem.contains("architecture gpt2")
    }
  }

  @Test func aMissingFileIsReported() {
    #expect { try LanguageModel(file: "/nonexistent.gguf") } throws: {
      ($0 as? ModelFileError)?.kind == .unreadable
    }
  }
}

/// A crafted file and what must become of it.
struct BadModel: Decodable, Sendable, CustomTestStringConvertible {
  let file: String
  let expect: String
  let why: String
  let loads: String?

  enum CodingKeys: String, CodingKey {
    case file, expect, why
    case loads = "llama_cpp_model_load"
  }

  /// Whether the file is a whole model, not only a container.
  var isModel: Bool { loads != nil }
  var testDescription: String { "\(file): \(why)" }

  static let all: [BadModel] =
    (try? JSONDecoder().decode([BadModel].self, from: Data(try Shared.bytes("bad/INDEX-gguf.json")))) ?? []
}
