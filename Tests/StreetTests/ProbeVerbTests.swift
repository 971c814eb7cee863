import Foundation
import HubServer
import TestSupport
import Testing

/// What a model can do, as a person asks for it.
@Suite("The verbs probes and compare")
struct ProbeVerbTests {
  private func json(_ outcome: HouseProgram.Outcome) throws -> [String: Any] {
    try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any], "\(outcome.errors)")
  }

  /// The folder with the configuration.
  private func folder(_ program: HouseProgram) throws -> String {
    let path = try #require(program.environment["HUBWATCH_CONFIG"])
    return (path as NSString).deletingLastPathComponent
  }

  private func write(_ text: String, _ name: String, _ program: HouseProgram) throws -> String {
    let path = "\(try folder(program))/\(name)"
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  /// A suite of one's own, with a probe that anything passes.
  private static let own = """
    [[probe]]
    name = "say anything"
    capability = "speech"
    tokens = 8
    [[probe.case]]
    question = "Once upon a time"
    prompt = "Once upon a time"
    excludes = "zebra crossing"
    """

  @Test func whatIsAskedForWrongly() async throws {
    let program = try HouseProgram(endpoint: "http://127.0.0.1:9")
    #expect(try await program.run("probes").code == 64)
    #expect(try await program.run("probes", "--suite", "x").code == 64)
    #expect(try await program.run("compare", "x").code == 64)
    let unknown = try await program.run("probes", "org/nothing")
    #expect(unknown.code == 1 && unknown.errors.contains("hubwatch pull org/nothing"), "\(unknown.errors)")
    #expect(try await program.run("probes", "nothing").code == 1)
    let broken = try await program.run("probes", try write("GGUF and nothing else", "broken.gguf", program))
    #expect(broken.code == 65, "\(broken)")
  }

  @Test func theSuiteIsPrintedAsItIsWritten() async throws {
    let program = try HouseProgram(endpoint: "http://127.0.0.1:9")
    let suite = try await program.run("probes", "--suite")
    #expect(suite.code == 0 && suite.output.contains("[[probe]]\nname = \"read a table\""))
    // What it prints is a file that may stand beside the configuration.
    let file = try write(suite.output, "again.toml", program)
    _ = try write("[probes]\nfile = \"\(file)\"\n", "config2.toml", program)
    var other = program
    other.environment["HUBWATCH_CONFIG"] = "\(try folder(program))/config2.toml"
    let outcome = try await other.run("probes", try tiny(program), "--json")
    #expect(outcome.code == 0, "\(outcome.errors)")
  }

  private func tiny(_ program: HouseProgram) throws -> String {
    let path = "\(try folder(program))/tiny.gguf"
    try Data(try TinyLlama.bytes()).write(to: URL(fileURLWithPath: path))
    return path
  }

  @Test func aFileIsAskedAndComparedNow() async throws {
    let program = try HouseProgram(endpoint: "http://127.0.0.1:9")
    let path = try tiny(program)
    let document = try json(try await program.run("probes", path, "--json"))
    #expect(document["schema"] as? String == "hubwatch.probes/1" && document["path"] as? String == path)
    #expect(document["model"] is NSNull && document["trouble"] is NSNull)
    let probes = try #require(document["probes"] as? [[String: Any]])
    let counts = ["passed", "failed", "notAsked"].compactMap { document[$0] as? Int }
    #expect(counts.count == 3 && counts.reduce(0, +) == probes.count && probes.count >= 20)
    // Its context has 512 positions.
    let far = try #require(probes.first { $0["name"] as? String == "find a needle far away" })
    #expect(far["outcome"] as? String == "notAsked" && (far["reason"] as? String)?.contains("do not fit") == true)
    for key in ["name", "capability", "outcome", "right", "cases", "reason", "answer", "at"] {
      #expect(far.keys.contains(key))
    }
    let comparison = try await program.run("compare", path, path, "--json")
    let both = try json(comparison)
    #expect(both["schema"] as? String == "hubwatch.compare/1")
    for side in ["a", "b"] {
      let model = try #require(both[side] as? [String: Any])
      #expect(model["architecture"] as? String == "llama" && model["layers"] as? Int == 2)
      #expect(model["verdict"] is String)
    }
    let measures = try #require(both["measures"] as? [[String: Any]])
    let size = try #require(measures.first { $0["name"] as? String == "fileBytes" })
    #expect(size["better"] as? String == "equal")
    for width in [60, 80] {
      var narrow = program
      narrow.environment["COLUMNS"] = "\(width)"
      for line in try await narrow.run("compare", path, path).output.split(separator: "\n") {
        #expect(line.count <= width, "\(line)")
      }
    }
  }

  @Test(.enabled(if: Shared.has("models/stories260K/gguf/stories260K-Q8_0.gguf"), "skipped: needs ../shared/models"))
  func whatPassesIsAskedInTheCycleAndToldInTheMorning() async throws {
    let house = try await PracticeHouse()
    let bytes = try Shared.bytes("models/stories260K/gguf/stories260K-Q8_0.gguf")
    try house.addRepo("tiny/stories-GGUF", ["stories260K.Q8_0.gguf": bytes])
    let program = house.program
    let folder = try folder(program)
    try Self.own.write(toFile: "\(folder)/probes.toml", atomically: true, encoding: .utf8)

    #expect(try await program.run("poll").code == 0)
    let pull = try await program.run("pull", "tiny/stories-GGUF")
    #expect(pull.code == 0, "\(pull.errors)")
    let before = try await program.run("probes", "tiny/stories-GGUF")
    #expect(before.code == 1 && before.errors.contains("--run"))
    let run = try await program.run("run")
    #expect(run.code == 0 && run.errors.contains("probes passed"), "\(run.errors)")
    #expect(run.errors.contains("first model within 8 GiB that passes"), "\(run.errors)")

    let stored = try json(try await program.run("probes", "tiny/stories-GGUF", "--json"))
    #expect(stored["model"] as? String == "tiny/stories-GGUF")
    let probes = try #require(stored["probes"] as? [[String: Any]])
    #expect(probes.last?["name"] as? String == "say anything" && probes.last?["outcome"] as? String == "passed")
    // The second cycle asks nothing again.
    #expect(try await program.run("run").errors.contains("probes passed") == false)

    let again = try await program.run("probes", "--run", "tiny/stories-GGUF", "--json")
    #expect(again.code == 0, "\(again.errors)")
    func outcomes(_ document: [String: Any]) -> [String] {
      (document["probes"] as? [[String: Any]] ?? []).compactMap { $0["outcome"] as? String }
    }
    #expect(outcomes(try json(again)) == outcomes(stored))

    let digest = try await program.run("digest")
    #expect(
      digest.output.contains("What models can do now") && digest.output.contains("“say anything”"), "\(digest.output)")
    let story = try json(try await program.run("digest", "--json"))
    let abilities = try #require(story["abilities"] as? [[String: Any]])
    #expect(abilities.count == 1 && abilities[0]["id"] as? String == "tiny/stories-GGUF")

    let compare = try await program.run("compare", "tiny/stories-GGUF", "tiny/stories-GGUF")
    #expect(
      compare.code == 0 && compare.output.contains("needs on the card") && compare.output.contains("say anything"))
    #expect(try json(try await program.run("status", "--json")).keys.contains("estimates"))
    await house.stop()
  }

  @Test func aWrongSuiteIsAWrongSetUp() async throws {
    let program = try HouseProgram(endpoint: "http://127.0.0.1:9")
    let folder = try folder(program)
    try "[[probe]]\nnam = \"x\"".write(toFile: "\(folder)/probes.toml", atomically: true, encoding: .utf8)
    let outcome = try await program.run("probes", try tiny(program))
    #expect(outcome.code == 78 && outcome.errors.contains("probes.toml, line 2"), "\(outcome.errors)")
  }
}
