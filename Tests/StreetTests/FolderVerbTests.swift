import Foundation
import TestSupport
import Testing

@Suite(
  "The workbench on folders",
  .enabled(if: Shared.has("models/stories260K/hf-float16"), "needs ../shared/models"))
struct FolderVerbTests {
  private func json(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  @Test func foldersAreGeneratedFromTokenizedAndInspected() async throws {
    let house = try await PracticeHouse()
    let folder = Shared.path("models/stories260K/hf-float16")
    let prompt = ["-p", "Once upon a time", "-n", "4", "--json"]
    let text = try json(try await house.program.run(["core", "generate"] + prompt + [folder]).output)
    #expect((text["ids"] as? [Int])?.count == 4)
    let packed = try json(
      try await house.program.run(
        ["core", "generate"] + prompt + ["--quantize", "q4_0", "\(folder)/model.safetensors"]
      )
      .output)
    #expect((packed["ids"] as? [Int])?.count == 4)
    #expect(try await house.program.run(["core", "generate"] + prompt + ["--quantize", "q9", folder]).code == 64)
    let tokens = try json(
      try await house.program.run("core", "tokenize", "--json", "\(folder)/model.safetensors", "Once").output)
    #expect(tokens["ids"] as? [Int] == text["promptIds"].flatMap { ($0 as? [Int])?.prefix(2) }.map(Array.init))
    let sheet = try json(try await house.program.run("core", "inspect", "--json", folder).output)
    #expect(sheet["format"] as? String == "safetensors" && (sheet["tensors"] as? [Any])?.count == 47)
    let bench = try await house.program.run("core", "bench", "-p", "4", "-n", "2", "-r", "1", folder)
    #expect(bench.code == 0 && bench.output.contains("tokens/s"))
    await house.stop()
  }

  @Test func theMixtureIsShown() async throws {
    let house = try await PracticeHouse()
    for (file, type, bits) in [
      ("babyllama105/gptq-g32", "GPTQ-4bit", 4.0...6.0), ("babyllama105-d256/awq-g128", "AWQ-4bit", 4.0...4.5),
      ("babyllama105/gguf/babyllama105-Q4_0.gguf", "Q4_0", 4.5...4.5), ("stories260K/hf-bfloat16", "BF16", 16.0...16.0),
    ] {
      let path = Shared.path("models/\(file)")
      let sheet = try json(try await house.program.run("core", "inspect", "--json", path).output)
      let types = try #require(sheet["types"] as? [[String: Any]])
      #expect(types.first?["type"] as? String == type)
      #expect(bits.contains(try #require(types.first?["bitsPerWeight"] as? Double)), "\(file)")
      let shares = types.compactMap { $0["share"] as? Double }
      #expect(abs(shares.reduce(0, +) - 1) < 1e-9)
      let text = try await house.program.run("core", "inspect", path)
      #expect(text.code == 0 && text.output.contains("SHARE") && text.output.contains(" layers of "))
    }
    await house.stop()
  }
}
