import Catalog
import Domain
import Foundation
import HubServer
import ModelFiles
import TestSupport
import Testing

/// What once went wrong, and must not again.
@Suite("Mishaps on the street")
struct MishapTests {
  private func digest(_ house: PracticeHouse) async throws -> [String: Any] {
    let outcome = try await house.program.run("digest", "--json")
    return try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
  }

  private func places(_ house: PracticeHouse) async throws -> [String: Int] {
    try #require(try await digest(house)["places"] as? [String: Int])
  }

  @Test func oneRefusedRepositoryDoesNotKeepTheOthersWaiting() async throws {
    let house = try await PracticeHouse()
    try house.addRepo("tiny/llama-GGUF", ["tiny.F16.gguf": try TinyLlama.bytes()])
    // The newest one is looked at first.
    try house.addRepo("tiny/refused-GGUF", ["refused.F16.gguf": try TinyLlama.bytes(seed: 2)]) {
      $0.createdAt = Date(timeIntervalSinceNow: -60)
      $0.disabled = true
    }
    try house.addRepo("tiny/failing-GGUF", ["failing.F16.gguf": try TinyLlama.bytes(seed: 3)]) {
      $0.createdAt = Date(timeIntervalSinceNow: -30)
    }
    let tree = "/api/models/tiny/failing-GGUF/tree/"
    let commits = try await house.commit(of: "tiny/failing-GGUF")
    await house.server.add(Fault(path: tree + commits, action: .status(403, retryAfter: nil), times: 100))
    let run = try await house.program.run("run")
    #expect(run.code == 0, "\(run.errors)")
    let counts = try #require(try await digest(house)["counts"] as? [String: Int])
    #expect(counts["downloaded"] == 1, "\(run.errors)")
    let places = try await places(house)
    #expect(places["broken"] == 1 && places["gone"] == 1, "\(places) \(run.errors)")
    await house.stop()
  }

  @Test func aShapeWhoseProductsOverflowIsRefused() async throws {
    let house = try await PracticeHouse()
    var writer = GGUFWriter()
    writer.set("general.architecture", .string("foo"))
    for (key, value) in [
      ("block_count", 2048), ("head_count", 64), ("context_length", 1 << 26), ("embedding_length", 1 << 20),
      ("feed_forward_length", 1 << 20),
    ] as [(String, UInt32)] {
      writer.set(key == "head_count" ? "foo.attention.\(key)" : "foo.\(key)", .uint32(value))
    }
    for key in ["head_count_kv", "key_length", "value_length"] { writer.set("foo.attention.\(key)", .uint32(16384)) }
    try writer.add("token_embd.weight", dimensions: [32, 4], floats: Array(repeating: 0, count: 128))
    let file = "\(house.folder.path)/evil.gguf"
    try writer.write(to: file)
    let fit = try await house.program.run("fit", file, "--vram", "12", "--ctx", "16777216")
    #expect(fit.code == 65, "\(fit)")
    await house.stop()
  }

  @Test func theGreatestRequestsHaveAnAnswer() async throws {
    let house = try await PracticeHouse()
    let file = "\(house.folder.path)/tiny.gguf"
    try Data(try TinyLlama.bytes()).write(to: URL(fileURLWithPath: file))
    for attention in ["--flash-attention", "--no-flash-attention"] {
      let fit = try await house.program.run(
        "fit", file, "--vram", "100000", "--ctx", "16777216", "--batch", "65536", attention)
      #expect(fit.code == 0, "\(fit)")
    }
    await house.stop()
  }

  @Test func aRuleThatChangesIsAppliedToWhatIsKnown() async throws {
    let house = try await PracticeHouse()
    var writer = GGUFWriter()
    let bytes = try TinyLlama.bytes()
    guard case .complete(let header) = try GGUFHeader.parse(bytes, fileSize: Int64(bytes.count), name: "tiny") else {
      Issue.record("the header is not complete")
      return
    }
    for entry in header.metadata {
      let key = entry.key.hasPrefix("llama.") ? "stablelm." + entry.key.dropFirst(6) : entry.key
      writer.set(key, key == "general.architecture" ? .string("stablelm") : entry.value)
    }
    for tensor in header.tensors {
      let range = Int(tensor.offset)..<Int(tensor.offset + tensor.byteCount)
      try writer.add(tensor.name, type: tensor.type, dimensions: tensor.dimensions, data: Array(bytes[range]))
    }
    try house.addRepo("tiny/stable-GGUF", ["stable.F16.gguf": writer.bytes()])
    #expect(try await house.program.run("run").code == 0)
    #expect(try await places(house) == ["leftOut": 1])
    // A question about it does not make it wanted.
    #expect(try await house.program.run("fit", "tiny/stable-GGUF", "--vram", "12").code == 0)
    #expect(try await house.program.run("run").code == 0)
    #expect(await house.server.requests.allSatisfy { $0.range != nil || $0.port == .hub })

    try house.program.home.write(
      configuration:
        "\(HouseProgram.card)\n[watch]\nmin_parameters = \"0\"\narchitectures = [\"llama\", \"stablelm\"]\n")
    #expect(try await house.program.run("run").code == 0)
    #expect(try await places(house)["unsupported"] == 1)
    await house.stop()
  }

  @Test func aModelThatWasDeletedIsLostAndTheQuotaIsFreeAgain() async throws {
    let model = try TinyLlama.bytes()
    let house = try await PracticeHouse(
      configuration: "\(HouseProgram.card)\nquota = \"\(model.count + 1000) B\"\n")
    try house.addRepo("tiny/llama-GGUF", ["tiny.F16.gguf": model])
    #expect(try await house.program.run("run").code == 0)
    try house.addRepo("tiny/second-GGUF", ["second.F16.gguf": try TinyLlama.bytes(seed: 5)])
    let full = try await house.program.run("pull", "tiny/second-GGUF")
    #expect(full.code == 1 && full.errors.contains("quota"), "\(full.errors)")
    try FileManager.default.removeItem(atPath: "\(house.program.home.cache)/models--tiny--llama-GGUF")
    #expect(try await house.program.run("run").code == 0)
    let digest = try await house.program.run("digest")
    #expect(try await house.program.run("pull", "tiny/second-GGUF").code == 0, "\(digest.output)")
    await house.stop()
  }

  @Test func aDigestThatNobodyCouldReadIsNotMarkedAsRead() async throws {
    let house = try await PracticeHouse()
    try house.addRepo("tiny/empty", ["README.md": [35]]) { $0.tags = ["llama"] }
    #expect(try await house.program.run("poll").code == 0)
    let full = try await house.shell("\"$0\" digest --mark-read >/dev/full")
    #expect(full.code == 1 && full.errors.contains("cannot be written"), "\(full)")
    #expect(try await house.program.run("digest").output.contains("1 model polled"))
    // A reader that has seen enough is no failure.
    #expect(try await house.shell("set -o pipefail; \"$0\" config init | head -1 >/dev/null").code == 0)
    await house.stop()
  }

  @Test func closedDescriptorsDoNotWriteIntoTheLock() async throws {
    let house = try await PracticeHouse()
    try house.addRepo("tiny/empty", ["README.md": [35]]) { $0.tags = ["llama"] }
    _ = try await house.shell("\"$0\" poll <&- >&- 2>&-")
    let lock = try String(contentsOfFile: "\(house.program.home.state)/lock", encoding: .utf8)
    #expect(lock.wholeMatch(of: /[0-9]+\n[-0-9T:]+Z\n/) != nil, "\(lock)")
    await house.stop()
  }

  @Test func severalModelsInOneRepositoryAreNotMixedUp() async throws {
    let house = try await PracticeHouse()
    try house.addRepo(
      "tiny/two-GGUF",
      ["a.F16.gguf": try TinyLlama.bytes(embedding: 64), "b.F16.gguf": try TinyLlama.bytes(embedding: 256)])
    #expect(try await house.program.run("poll").code == 0)
    let fit = try await house.program.run("fit", "--vram", "12", "--all", "--csv")
    #expect(fit.output.split(separator: "\n").count == 2, "\(fit.output)")
    await house.stop()
  }

  @Test func aNewCommitIsANewCopyWithoutTheOldVerdict() async throws {
    let house = try await PracticeHouse()
    try house.addRepo("tiny/llama-GGUF", ["tiny.F16.gguf": try TinyLlama.bytes()])
    #expect(try await house.program.run("run").code == 0)
    try house.addRepo("tiny/llama-GGUF", ["tiny.F16.gguf": try TinyLlama.bytes(seed: 9)]) { $0.lastModified = Date() }
    #expect(try await house.program.run("poll").code == 0)
    #expect(try await places(house) == ["fits": 1])
    #expect(try await house.program.run("run").code == 0)
    let catalog = try Catalog(folder: house.program.home.state, readOnly: true)
    let id = try #require(RepoID("tiny/llama-GGUF"))
    #expect(try catalog.copies(of: id).map(\.state) == [.tested, .tested])
    await house.stop()
  }
}
