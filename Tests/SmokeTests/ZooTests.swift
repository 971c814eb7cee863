import Domain
import Foundation
import Smoke
import TestSupport
import Testing

/// Sound models pass, broken ones do not.
@Suite("The broken zoo")
struct ZooTests {
  @Test(.enabled(if: SharedData.smolLM2 != nil, "needs the real model (make model)"))
  func theRealModelBrokenInEveryWay() async throws {
    let folder = try TemporaryFolder()
    let (model, place) = (try #require(SharedData.smolLM2), folder.path)
    let zoo = try await OwnThread.run {
      try Zoo(model, folder: place, test: { SmokeTest.run($0, SmokeTest.Options(threads: 2)) })
    }
    print("\nThe zoo: SmolLM2-135M-Instruct Q4_1, and how its perplexity grew")
    for animal in zoo.animals { print(Zoo.line(animal)) }
    print(
      "detected: \(zoo.score.detected) of \(zoo.score.visible) whose damage shows, of \(zoo.animals.count) in all\n")
    #expect(zoo.sound.verdict == .pass, "\(zoo.sound.reasons)")
    #expect(zoo.animals.count >= 24)
    #expect(zoo.score.detected * 100 >= zoo.score.visible * 95)
  }

  /// Every model that was made for these tests, in every format, and the one that talks gibberish.
  @Test(.enabled(if: SharedData.path("models/stories260K") != nil, "needs ../shared/models"))
  func soundModelsPass() async throws {
    let root = try #require(SharedData.path("models"))
    let all = try FileManager.default.subpathsOfDirectory(atPath: root)
    let later = all.filter { $0.contains("-of-0") && !$0.contains("-00001-of-") }
    let files = all.filter { $0.hasSuffix(".gguf") && !later.contains($0) }
    let folders = all.filter { $0.hasSuffix("/config.json") }.map { String($0.dropLast("/config.json".count)) }
    #expect(files.count > 10 && folders.count > 5)
    for name in (files + folders).sorted() {
      let report = try await OwnThread.run { SmokeTest.run("\(root)/\(name)", SmokeTest.Options(threads: 2)) }
      let isGibberish = name.contains("d256") && name.lowercased().contains("q2_k")
      #expect(report.verdict == (isGibberish ? .suspect : .pass), "\(name): \(report.reasons)")
    }
  }
}
