import Domain
import Foundation
import Smoke
import TestSupport
import Testing

@Suite("The test on real files")
struct SmokeTestTests {
  @Test(.enabled(if: SharedData.smolLM2 != nil, "needs the real model (make model)"))
  func theRealModelPasses() throws {
    let report = SmokeTest.run(try #require(SharedData.smolLM2), SmokeTest.Options(threads: 2))
    #expect(report.verdict == .pass, "\(report.reasons)")
    #expect(report.architecture == "llama" && report.quantization == "Q4_1")
    #expect(report.parameters == 134_515_008)
    let perplexity = try #require(report.perplexity)
    #expect((10...40).contains(perplexity))
    #expect(report.text?.isEmpty == false)
    #expect(report.exitCode == .done)
  }

  @Test(.enabled(if: SharedData.path("models/stories260K") != nil, "needs ../shared/models"))
  func toysPass() throws {
    let folder = try #require(SharedData.path("models/stories260K"))
    let files = try FileManager.default.subpathsOfDirectory(atPath: folder).filter {
      $0.hasSuffix("f32.gguf") || $0.hasSuffix("F32.gguf") || $0.hasSuffix("q8_0.gguf")
    }
    #expect(!files.isEmpty)
    for file in files {
      let report = SmokeTest.run("\(folder)/\(file)", SmokeTest.Options(threads: 1))
      #expect(report.verdict == .pass, "\(file): \(report.reasons)")
    }
  }

  @Test func aFileThatIsNotThereFails() {
    let report = SmokeTest.run("/nonexistent/model.gguf", SmokeTest.Options(threads: 1))
    #expect(report.verdict == .fail && report.exitCode == .failed)
  }
}
