import Foundation
import HubServer
import TestSupport
import Testing

/// Every verb, as its user runs it: the built program against the practice hub.
@Suite("The verbs")
struct VerbTests {
  /// A hub with one model that runs, one that is gated, and one without weights.
  private func house(configuration: String = HouseProgram.card) async throws -> PracticeHouse {
    let house = try await PracticeHouse(configuration: configuration)
    try house.addRepo("tiny/llama-GGUF", ["tiny.F16.gguf": try TinyLlama.bytes(), "README.md": Array("# Tiny".utf8)])
    try house.addRepo("tiny/gated-GGUF", ["gated.F16.gguf": try TinyLlama.bytes(seed: 2)]) { $0.gated = .manual }
    try house.addRepo("tiny/empty", ["README.md": Array("# Soon".utf8)]) { $0.tags = ["llama"] }
    return house
  }

  private func json(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  @Test func pollThenFitThenPullThenSmokeThenDigest() async throws {
    let house = try await house()
    let poll = try await house.program.run("poll")
    #expect(poll.code == 0, "\(poll.errors)")
    #expect(poll.output == "3 models known, 3 of them new.\n")
    #expect(try await house.program.run("poll").output == "3 models known, 0 of them new.\n")
    // Not one byte of weights beyond the header has been asked for.
    let size = try TinyLlama.bytes().count
    #expect(await house.bytesSent("tiny.F16.gguf") <= Int64(size))

    let fit = try await house.program.run("fit", "--vram", "12", "--json")
    #expect(fit.code == 0)
    let document = try json(fit.output)
    #expect(document["schema"] as? String == "hubwatch.fit/1")
    let models = try #require(document["models"] as? [[String: Any]])
    #expect(models.count == 1 && models[0]["id"] as? String == "tiny/llama-GGUF")
    let candidate = try #require((models[0]["candidates"] as? [[String: Any]])?.first)
    #expect(candidate["fits"] as? Bool == true && candidate["source"] as? String == "header")
    let parts = ["weightsBytes", "kvBytes", "stateBytes", "computeBytes", "overheadBytes"]
    #expect(parts.compactMap { candidate[$0] as? Int }.reduce(0, +) == candidate["totalBytes"] as? Int)

    let pull = try await house.program.run("pull", "tiny/llama-GGUF")
    #expect(pull.code == 0, "\(pull.errors)")
    let path = pull.output.trimmingCharacters(in: .newlines)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data(try TinyLlama.bytes()))
    let sent = await house.bytesSent("tiny.F16.gguf")
    #expect(try await house.program.run("pull", "tiny/llama-GGUF").output == pull.output)
    #expect(await house.bytesSent("tiny.F16.gguf") == sent)

    let smoke = try await house.program.run("smoke", "--json", "tiny/llama-GGUF")
    let report = try json(smoke.output)
    #expect(report["schema"] as? String == "hubwatch.smoke/1")
    #expect(report["architecture"] as? String == "llama")
    #expect(report["path"] as? String == path)
    #expect(smoke.code == (report["verdict"] as? String == "pass" ? 0 : 1))
    // Pulling it again is no reason to forget the verdict.
    _ = try await house.program.run("pull", "tiny/llama-GGUF")

    let digest = try await house.program.run("digest", "--json")
    let story = try json(digest.output)
    let places = try #require(story["places"] as? [String: Int])
    #expect(places["gated"] == 1 && places["noWeights"] == 1)
    #expect(places.values.reduce(0, +) == 3)
    #expect((story["counts"] as? [String: Int])?["polled"] == 3)
    let text = try await house.program.run("digest")
    #expect(text.output.contains("tiny/llama-GGUF") && text.output.contains("Behind terms"))
    #expect(text.code == 0)

    #expect(try await house.program.run("digest", "--mark-read").code == 0)
    #expect(try await house.program.run("digest").output.contains("Nothing new since"))
    await house.stop()
  }

  @Test func runDoesOneCycle() async throws {
    let house = try await house()
    let run = try await house.program.run("run")
    #expect(run.code == 0, "\(run.errors)")
    let digest = try json(try await house.program.run("digest", "--json").output)
    let counts = try #require(digest["counts"] as? [String: Int])
    #expect(counts["downloaded"] == 1)
    #expect((counts["passed"] ?? 0) + (counts["suspect"] ?? 0) + (counts["failed"] ?? 0) == 1)
    await house.stop()
  }

  @Test func whatComesLaterIsFoundAlsoBehindARowFromTheFuture() async throws {
    let house = try await house()
    try house.addRepo("tiny/from-the-future", ["README.md": [35]]) {
      $0.tags = ["llama"]
      $0.createdAt = Date(timeIntervalSinceNow: 1e9)
      $0.lastModified = $0.createdAt
    }
    #expect(try await house.program.run("poll").output == "4 models known, 4 of them new.\n")
    try house.addRepo("tiny/late-GGUF", ["late.F16.gguf": try TinyLlama.bytes(seed: 3)])
    // The empty one has been filled meanwhile.
    try house.addRepo("tiny/empty", ["filled.F16.gguf": try TinyLlama.bytes(seed: 4)]) {
      $0.tags = ["llama"]
      $0.lastModified = Date()
    }
    #expect(try await house.program.run("poll").output == "5 models known, 1 of them new.\n")
    let fit = try await house.program.run("fit")
    #expect(fit.output.contains("tiny/late-GGUF") && fit.output.contains("tiny/empty"))
    await house.stop()
  }

  @Test func withoutACardTheCommonSizesStandSideBySide() async throws {
    let house = try await house(configuration: "")
    _ = try await house.program.run("poll")
    let fit = try await house.program.run("fit")
    for size in ["8 GiB card", "12 GiB card", "24 GiB card", "48 GiB card"] { #expect(fit.output.contains(size)) }
    await house.stop()
  }

  @Test func aFileNeedsNoState() async throws {
    let house = try await house()
    let file = "\(house.folder.path)/hub/tiny/llama-GGUF/tiny.F16.gguf"
    let fit = try await house.program.run("fit", file, "--vram", "12", "--csv")
    #expect(fit.code == 0 && fit.output.contains(",F16,true,header,"))
    #expect(try await house.program.run("core", "inspect", "--json", file).code == 0)
    let tokens = try await house.program.run("core", "tokenize", "--json", file, "ab")
    #expect(try json(tokens.output)["ids"] as? [Int] != nil)
    let generated = try json(
      try await house.program.run("core", "generate", "-p", "ab", "-n", "4", "--exact", "--json", file).output)
    #expect((generated["ids"] as? [Int])?.count == 4)
    #expect((generated["topLogits"] as? [Any])?.count == 10)
    let bench = try json(
      try await house.program.run("core", "bench", "-p", "8", "-n", "2", "-r", "1", "--json", file).output)
    #expect((bench["tests"] as? [[String: Any]])?.map { $0["name"] as? String } == ["pp8", "tg2"])
    let text = "\(house.folder.path)/text"
    try String(repeating: "ab cd ", count: 100).write(toFile: text, atomically: true, encoding: .utf8)
    let perplexity = try json(
      try await house.program.run("core", "perplexity", "--ctx", "64", "--text", text, "--json", file).output)
    #expect(perplexity["perplexity"] as? Double != nil && (perplexity["chunks"] as? Int ?? 0) > 0)
    #expect(!FileManager.default.fileExists(atPath: house.program.home.state))
    await house.stop()
  }

  @Test func configurationIsPrintedCheckedAndShown() async throws {
    let house = try await house()
    let printed = try await house.program.run("config", "init")
    #expect(printed.code == 0 && printed.output.contains("#endpoint = "))
    #expect(try await house.program.run("config", "check").code == 0)
    let shown = try await house.program.run("config", "show")
    #expect(
      shown.output.contains("device.vram = 12.0") && shown.output.contains("hub.endpoint = \"\(house.endpoint)\""))
    #expect(try await house.program.run("config", "init", "--write").code == 78)
    await house.stop()
  }
}
