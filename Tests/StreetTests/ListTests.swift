import Foundation
import HubServer
import TestSupport
import Testing

@Suite("The verbs that look into the catalog")
struct ListTests {
  private func json(_ outcome: HouseProgram.Outcome) throws -> [String: Any] {
    try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any], "\(outcome.errors)")
  }

  /// A base with two quantizations, a muted author, and another architecture.
  private func house() async throws -> PracticeHouse {
    let house = try await PracticeHouse(
      configuration: "\(HouseProgram.card)\n[watch]\nmin_parameters = \"0\"\nmute = [\"loud\"]\n")
    let bytes = try TinyLlama.bytes()
    try house.addRepo("maker/Tiny-1B-GGUF", ["tiny.F16.gguf": bytes, "README.md": Array("A model for poems.".utf8)])
    let other = try TinyLlama.bytes(seed: 2)
    try house.addRepo("other/Tiny-1B-Q-GGUF", ["tiny.Q.F16.gguf": other]) {
      $0.tags = ["gguf", "base_model:quantized:maker/Tiny-1B-GGUF"]
    }
    try house.addRepo("loud/Noise-GGUF", ["noise.F16.gguf": try TinyLlama.bytes(seed: 3)])
    let poll = try await house.program.run("poll")
    #expect(poll.code == 0, "\(poll.errors)")
    return house
  }

  @Test func aFamilyIsOneLine() async throws {
    let house = try await house()
    let list = try json(try await house.program.run("list", "--json"))
    #expect(list["schema"] as? String == "hubwatch.list/1")
    let families = try #require(list["families"] as? [[String: Any]])
    #expect(families.count == 1, "\(families)")
    #expect(families[0]["repositories"] as? Int == 2 && families[0]["publishers"] as? Int == 2)
    let models = try #require(
      try json(try await house.program.run("list", "--all", "--json"))["models"] as? [[String: Any]])
    #expect(Set(models.compactMap { $0["id"] as? String }).count == 3)
    let muted =
      try json(try await house.program.run("list", "--state", "leftOut", "--json"))["models"] as? [[String: Any]]
    #expect(muted?.map { $0["id"] as? String } == ["loud/Noise-GGUF"])
    let head = try await house.shell("set -o pipefail; \"$0\" list --models | head -1")
    #expect(head.errors.isEmpty && head.output.contains("MODEL"))
    await house.stop()
  }

  @Test func showSaysWhichRuleAndWhichFamily() async throws {
    let house = try await house()
    let kept = try await house.program.run("show", "loud/Noise-GGUF")
    #expect(kept.code == 0 && kept.output.contains("kept out: watch.mute names loud"), "\(kept.output)")
    let shown = try json(try await house.program.run("show", "maker/Tiny-1B-GGUF", "--json"))
    #expect((shown["members"] as? [[String: Any]])?.count == 2)
    #expect(shown["repositories"] as? Int == 2 && shown["publishers"] as? Int == 2)
    #expect((shown["bestSources"] as? [String: String])?["F16"] == "maker/Tiny-1B-GGUF")
    #expect((shown["card"] as? String) == "A model for poems.")
    #expect(try await house.program.run("show", "no/body").code == 1)
    #expect(try await house.program.run("show", "../x").code == 64)
    await house.stop()
  }

  @Test func wordsAreFound() async throws {
    let house = try await house()
    let found = try json(try await house.program.run("search", "poems", "--json"))["models"] as? [[String: Any]]
    #expect(found?.map { $0["id"] as? String } == ["maker/Tiny-1B-GGUF"])
    let nothing = try await house.program.run("search", "zebra")
    #expect(nothing.code == 0 && nothing.output.isEmpty && !nothing.errors.isEmpty)
    #expect(try await house.program.run("search", "\"\"").code == 64)
    #expect(try await house.program.run("list", "--state", "nonsense").code == 64)
    #expect(try await house.program.run("list", "--limit", "0").code == 64)
    await house.stop()
  }
}
