import Foundation
import FuzzSupport
import TestSupport
import Testing

/// Inputs that a fuzzer found to fare in ways of their own: each is refused or judged, and none crashes.
@Suite("Damaged headers")
struct CorpusTests {
  private static let folder = URL(filePath: SharedData.packageRoot).appending(path: "Tests/FitTests/Corpus")

  private static func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { !$0.hasPrefix(".") }.sorted()
  }

  @Test(arguments: HeaderTrial.allCases)
  func everyInputComesToAnEnd(_ trial: HeaderTrial) throws {
    var outcomes: Set<String> = []
    for name in try Self.names() where name.hasPrefix("\(trial.rawValue)-") {
      outcomes.insert(trial.run(Array(try Data(contentsOf: Self.folder.appending(path: name)))))
    }
    // Some fare well and some do not, or the corpus would try nothing.
    #expect(outcomes.count >= 3, "\(outcomes)")
  }

  @Test func theCorpusStaysSmall() throws {
    let bytes = try Self.names().reduce(0) { $0 + (try Data(contentsOf: Self.folder.appending(path: $1)).count) }
    #expect(bytes <= 200_000)
  }
}
