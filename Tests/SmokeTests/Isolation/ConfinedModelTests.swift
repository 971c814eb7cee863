import Domain
import Foundation
import Smoke
import TestSupport
import Testing

/// The real program behind all walls, on every kind of model that lies on disk in its own way.
@Suite("Behind the walls models run as before", .enabled(if: Program.hubwatch != nil, "needs hubwatch"))
struct ConfinedModelTests {
  private func test(_ path: String, memory: ByteCount = ByteCount(8 << 30)) async throws -> SmokeReport {
    let runner = SmokeRunner(
      program: try #require(Program.hubwatch).path,
      options: .init(threads: 2, timeoutSeconds: 1000, memory: memory))
    return try await runner.test(path)
  }

  /// There is no room for a second copy of the weights: they are computed with where they lie.
  @Test(.enabled(if: SharedData.smolLM2 != nil, "needs the real model (make model)"))
  func aSmallBudgetTakesTheWeightsFromTheFile() async throws {
    let path = try #require(SharedData.smolLM2)
    let roomy = try await test(path)
    #expect(roomy.verdict == .pass, "\(roomy.reasons)")
    #expect(roomy.isolation == Confinement.available)
    let narrow = try await test(path, memory: ByteCount(192 << 20))
    #expect(narrow.verdict == .pass, "\(narrow.reasons)")
    #expect(narrow.text == roomy.text)
  }

  @Test(.enabled(if: SharedData.smolLM2 != nil, "needs the real model (make model)"))
  func aBudgetThatIsTooSmallSaysSo() async throws {
    let report = try await test(try #require(SharedData.smolLM2), memory: ByteCount(64 << 20))
    #expect(report.verdict == .unsupported)
    #expect(report.reasons.first?.contains("may be taken") == true, "\(report.reasons)")
  }

  @Test(
    .enabled(if: SharedData.path("models/stories260K") != nil, "needs ../shared/models"),
    arguments: [
      "stories260K/gguf-split/stories260K-F16-00001-of-00003.gguf", "stories260K/hf-float32-sharded",
      "stories260K/hf-float16/model.safetensors", "babyllama105/gptq-g32", "babyllama105-d256/awq-g128",
    ])
  func smallOnesPass(_ name: String) async throws {
    let report = try await test(try #require(SharedData.path("models/\(name)")))
    #expect(report.verdict == .pass, "\(report.reasons)")
    #expect(report.isolation == Confinement.available)
  }
}
