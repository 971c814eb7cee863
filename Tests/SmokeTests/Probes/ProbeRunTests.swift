import Domain
import Foundation
import Settings
import TestSupport
import Testing

@testable import Smoke

@Suite("Probes on real models", .serialized)
struct ProbeRunTests {
  private static func run(_ path: String, _ suite: [Probe], seconds: Double = 600) -> ProbeReport {
    ProbeRun.run(path, suite, .init(threads: 2, budgetSeconds: seconds))
  }

  @Test(.enabled(if: SharedData.smolLM2 != nil, "skipped: needs SmolLM2, which `make test` fetches"))
  func aSmallModelPassesSomeAndFailsSome() throws {
    let report = Self.run(try #require(SharedData.smolLM2), try ProbeSuiteFile.builtIn())
    #expect(report.trouble == nil && report.note == nil)
    for result in report.results {
      print(
        "SmolLM2-135M: \(result.outcome.rawValue) \(result.right)/\(result.cases) \(result.name)"
          + (result.reason.map { ": \($0)" } ?? ""), "“\((result.answer ?? "").replacing("\n", with: "⏎").prefix(80))”")
    }
    #expect(report.results.allSatisfy { $0.outcome != .notAsked })
    let passed = report.results.filter { $0.outcome == .passed }
    #expect((4...report.results.count - 4).contains(passed.count))
    // What any model that was trained to answer can do, and what one of this size cannot.
    #expect(passed.contains { $0.name == "name a capital" })
    #expect(!passed.contains { $0.name == "calculate with large numbers" })
  }

  @Test(.enabled(if: SharedData.smolLM2 != nil, "skipped: needs SmolLM2, which `make test` fetches"))
  func twoRunsGiveTheSameResults() throws {
    let path = try #require(SharedData.smolLM2)
    let suite = Array(
      try ProbeSuiteFile.builtIn().filter { ["extract JSON", "find a needle nearby", "sort words"].contains($0.name) })
    #expect(suite.count == 3)
    let first = Self.run(path, suite)
    #expect(first.results == Self.run(path, suite).results)
    #expect(first.results.allSatisfy { $0.answer?.isEmpty == false })
  }

  @Test(.enabled(if: Shared.has("models/stories260K"), "skipped: needs ../shared/models"))
  func aModelWithoutATemplateContinuesAndWhatDoesNotFitIsSaid() throws {
    let folder = Shared.path("models/stories260K/gguf")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
    let file = try #require(names.sorted().first { $0.hasSuffix(".gguf") && !$0.contains("-of-") })
    let report = Self.run("\(folder)/\(file)", try ProbeSuiteFile.builtIn())
    #expect(report.note?.contains("no chat template") == true)
    let far = try #require(report.results.first { $0.name == "find a needle far away" })
    #expect(far.outcome == .notAsked && far.reason?.contains("do not fit") == true)
    #expect(report.results.contains { $0.outcome == .failed })
  }

  @Test func withoutTimeNothingIsAskedAndNothingFails() throws {
    let path = try #require(SharedData.path("models")).appending("/none.gguf")
    let suite = try ProbeSuiteFile.builtIn()
    let report = Self.run(path, suite)
    #expect(report.trouble != nil && report.results.allSatisfy { $0.outcome == .notAsked })
    #expect(report.results.map(\.name) == suite.map(\.name))
  }

  @Test(.enabled(if: SharedData.smolLM2 != nil, "skipped: needs SmolLM2, which `make test` fetches"))
  func theBudgetEndsTheAsking() throws {
    let report = Self.run(try #require(SharedData.smolLM2), try ProbeSuiteFile.builtIn(), seconds: 0)
    #expect(report.results.allSatisfy { $0.outcome == .notAsked && $0.reason == "there was no time left" })
  }

  @Test func aReportIsHeldToItsSuite() throws {
    let suite = try ProbeSuiteFile.builtIn()
    var report = ProbeReport(suite, trouble: "x")
    report.results = [
      ProbeResult(
        name: suite[0].name, capability: "forged", version: "forged", outcome: .passed, right: 99, cases: 99,
        reason: nil,
        answer: String(repeating: "x", count: 100_000)),
      ProbeResult(
        name: "not asked for", capability: "x", version: "x", outcome: .passed, right: 1, cases: 1, reason: nil,
        answer: nil),
    ]
    let held = report.within(suite)
    #expect(held.results.count == suite.count)
    #expect(held.results[0].capability == suite[0].capability && held.results[0].version == suite[0].version)
    #expect(held.results[0].right == suite[0].cases.count)
    #expect(held.results[0].answer?.count == ProbeResult.textLimit)
    #expect(held.results[1].outcome == .notAsked)
  }
}
