import CoreFuzzSupport
import Foundation
import TestSupport
import Testing

/// Inputs that a fuzzer found to fare in ways of their own: each is refused or runs, and none crashes.
@Suite("Damaged models")
struct CorpusTests {
  private static let folder = SharedData.packageRoot + "/Tests/InferenceTests/Corpus"

  private static func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).filter { !$0.hasPrefix(".") }.sorted()
  }

  private static func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(filePath: "\(folder)/\(name)")))
  }

  @Test(arguments: CoreTrial.allCases)
  func everyInputComesToAnEnd(_ trial: CoreTrial) throws {
    let temporary = try TemporaryFolder()
    var outcomes: Set<String> = []
    for name in try Self.names() where name.hasPrefix("\(trial.rawValue)-") {
      let bytes = try Self.bytes(name)
      let end = try #require(bytes.firstIndex(of: UInt8(ascii: "\n")))
      let set = try #require(FileSet(Array(bytes[(end + 1)...])), "\(name)")
      outcomes.insert(try trial.run(set, in: temporary.path))
    }
    // Some fare well and some do not, or the corpus would try nothing.
    #expect(outcomes.count >= 3, "\(outcomes)")
    #expect(outcomes.contains(where: CoreTrial.isGood), "\(outcomes)")
  }

  @Test func theCorpusStaysSmall() throws {
    #expect(try Self.names().reduce(0) { $0 + (try Self.bytes($1).count) } <= 300_000)
  }

  @Test func setsOfFilesComeBack() {
    let set = FileSet([("a.json", Array("{}\n".utf8)), ("b.gguf", []), ("c", [0, 10, 255])])
    #expect(FileSet(set.bytes) == set)
    for bytes in ["1 a", "5 a\n{}", "-1 a\n", "1 ../a\nx", "1 .a\nx", "x a\n", "1  \nx"] {
      #expect(FileSet(Array(bytes.utf8)) == nil, "\(bytes)")
    }
  }
}
