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

  @Test(.enabled(if: SharedData.path("bad/INDEX-gguf.json") != nil, "needs ../shared/bad"))
  func everyFileThatHasToBeRefusedIs() throws {
    struct Entry: Decodable {
      let file: String
      let expect: String
      let why: String
    }
    let index = try #require(SharedData.path("bad/INDEX-gguf.json"))
    let entries = try JSONDecoder().decode([Entry].self, from: Data(contentsOf: URL(fileURLWithPath: index)))
    #expect(entries.count > 100)
    for entry in entries {
      let path = try #require(SharedData.path("bad/\(entry.file)"))
      let report = SmokeTest.run(path, SmokeTest.Options(threads: 1))
      if entry.expect == "reject" {
        #expect(report.verdict != .pass, "\(entry.file): \(entry.why)")
        #expect(!report.reasons.isEmpty)
        #expect(report.exitCode == .badInput || report.exitCode == .failed)
      }
    }
  }

  @Test func aFileThatIsNotThereFails() {
    let report = SmokeTest.run("/nonexistent/model.gguf", SmokeTest.Options(threads: 1))
    #expect(report.verdict == .fail && report.exitCode == .failed)
  }
}
