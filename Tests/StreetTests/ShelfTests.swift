import Checksums
import Foundation
import Glibc
import HubServer
import TestSupport
import Testing

/// keep, drop, gc, scrub and path, as a person uses them.
@Suite("What is on disk")
struct ShelfTests {
  private static let model = "tiny/llama-GGUF"

  private func withPulled(_ configuration: String? = nil, _ body: (PracticeHouse) async throws -> Void) async throws {
    let house =
      if let configuration { try await PracticeHouse(configuration: configuration) } else { try await PracticeHouse() }
    try house.addRepo(Self.model, ["tiny.F16.gguf": try TinyLlama.bytes()])
    let pull = try await house.program.run("pull", Self.model)
    #expect(pull.code == 0, "\(pull.errors)")
    do { try await body(house) } catch {
      await house.stop()
      throw error
    }
    await house.stop()
  }

  private func path(_ house: PracticeHouse) async throws -> String {
    let outcome = try await house.program.run("path", Self.model)
    #expect(outcome.code == 0, "\(outcome.errors)")
    return outcome.output.trimmingCharacters(in: .newlines)
  }

  @Test func aPathForScripts() async throws {
    try await withPulled { house in
      let (file, content) = (try await path(house), try TinyLlama.bytes())
      #expect(FileManager.default.contents(atPath: file).map { Array($0) } == content)
      #expect(try await house.program.run("path", "nobody/nothing").code == 1)
      #expect(try await house.program.run("path", "no id").code == 64)
    }
  }

  @Test func droppedAndNotFetchedAgainByItself() async throws {
    try await withPulled { house in
      let file = try await path(house)
      let dry = try await house.program.run("drop", Self.model, "--dry-run")
      #expect(dry.code == 0 && dry.output.contains("would free") && dry.output.contains(file))
      #expect(FileManager.default.fileExists(atPath: file))
      let drop = try await house.program.run("drop", Self.model)
      #expect(drop.code == 0 && drop.output.contains("freed"), "\(drop.errors)")
      let cache = house.program.home.cache
      #expect(!FileManager.default.fileExists(atPath: "\(cache)/models--tiny--llama-GGUF"))
      #expect(try await house.program.run("run").code == 0)
      #expect(try await house.program.run("path", Self.model).code == 1)
      // By hand it comes back.
      #expect(try await house.program.run("pull", Self.model).code == 0)
      let again = try await path(house)
      #expect(FileManager.default.fileExists(atPath: again))
    }
  }

  @Test func whatAnotherProgramFetchedStays() async throws {
    let house = try await PracticeHouse()
    let content = try TinyLlama.bytes()
    try house.addRepo(Self.model, ["tiny.F16.gguf": content])
    let blobs = "\(house.program.home.cache)/models--tiny--llama-GGUF/blobs"
    try FileManager.default.createDirectory(atPath: blobs, withIntermediateDirectories: true)
    let blob = "\(blobs)/\(Checksums.sha256(content))"
    try Data(content).write(to: URL(fileURLWithPath: blob))
    #expect(try await house.program.run("pull", Self.model).code == 0)
    let drop = try await house.program.run("drop", Self.model)
    #expect(drop.code == 0 && drop.errors.contains("hubwatch did not fetch it"), "\(drop.errors)")
    #expect(FileManager.default.contents(atPath: blob).map { Array($0) } == content)
    await house.stop()
  }

  @Test("D13 bit rot, and a file that is gone")
  func scrubFindsAFlippedBitAndALostFile() async throws {
    try await withPulled { house in
      let sound = try await house.program.run("scrub", "--all")
      #expect(sound.code == 0 && sound.output.contains("all sound"), "\(sound.output)\(sound.errors)")
      #expect(try await house.program.run("digest").output.contains("read again: 1 file"))
      #expect(try await house.program.run("scrub").output.contains("last six days"))
      let link = try await path(house)
      let blob = URL(fileURLWithPath: link).resolvingSymlinksInPath().path
      let handle = try FileHandle(forUpdating: URL(fileURLWithPath: blob))
      try handle.seek(toOffset: 5000)
      try handle.write(contentsOf: Data([255, 254, 253]))
      try handle.close()
      let found = try await house.program.run("scrub", "--all", "--json")
      #expect(found.code == 1 && found.output.contains("\"damaged\""), "\(found.output)")
      #expect(!FileManager.default.fileExists(atPath: link))
      let digest = try await house.program.run("digest").output
      #expect(digest.contains("has changed on the disk") && digest.contains("1 was damaged or gone"), "\(digest)")
      // It is fetched again, and gc takes away what was set aside.
      #expect(try await house.program.run("pull", Self.model).code == 0)
      let dry = try await house.program.run("gc", "--dry-run")
      #expect(
        dry.code == 0 && dry.output.contains(".damaged") && dry.output.contains("would be freed"), "\(dry.output)")
      #expect(try await house.program.run("gc").output.contains("freed"))
      #expect(try await house.program.run("gc", "--dry-run").output.contains("nothing to clear"))
      try FileManager.default.removeItem(atPath: URL(fileURLWithPath: link).resolvingSymlinksInPath().path)
      let lost = try await house.program.run("scrub", "--all")
      #expect(lost.code == 1 && lost.output.contains("lost"), "\(lost.output)")
    }
  }

  @Test func aFolderOfOnesOwn() async throws {
    try await withPulled { house in
      let folder = "\(house.folder.path)/mine"
      let pull = try await house.program.run("pull", Self.model, "--to", folder)
      #expect(pull.code == 0, "\(pull.errors)")
      let file = "\(folder)/tiny.F16.gguf"
      #expect(pull.output.trimmingCharacters(in: .newlines) == file)
      let content = try TinyLlama.bytes()
      #expect(FileManager.default.contents(atPath: file).map { Array($0) } == content)
      let metadata = try String(
        contentsOfFile: "\(folder)/.cache/huggingface/download/tiny.F16.gguf.metadata", encoding: .utf8)
      #expect(metadata.split(separator: "\n").count == 3)
      #expect(metadata.split(separator: "\n")[1] == Checksums.sha256(content)[...])
      // Both are there; the one in the cache is its own file.
      #expect(try await house.program.run("path", Self.model, "--all").output.split(separator: "\n").count == 2)
    }
  }

  @Test func room() async throws {
    let bytes = max(try TinyLlama.bytes().count, try TinyLlama.bytes(seed: 5).count)
    let house = try await PracticeHouse(
      configuration: "[device]\nvram = 12\n[downloads]\nquota = \"\(bytes + 1000)\"\nper_cycle = 1\nreserve = \"0\"")
    try house.addRepo(Self.model, ["tiny.F16.gguf": try TinyLlama.bytes()])
    #expect(try await house.program.run("run").code == 0)
    #expect(try await house.program.run("path", Self.model).code == 0)
    try house.addRepo("tiny/newer-GGUF", ["newer.F16.gguf": try TinyLlama.bytes(seed: 5)])
    // Said before it is done.
    let first = try await house.program.run("pull", "tiny/newer-GGUF")
    #expect(first.code == 1 && first.errors.contains(Self.model), "\(first.errors)")
    #expect(try await house.program.run("path", Self.model).code == 0)
    #expect(try await house.program.run("keep", Self.model).code == 0)
    let kept = try await house.program.run("pull", "tiny/newer-GGUF")
    #expect(kept.code == 1 && kept.errors.contains("quota"), "\(kept.errors)")
    #expect(try await house.program.run("keep", Self.model, "--undo").code == 0)
    let second = try await house.program.run("pull", "tiny/newer-GGUF")
    #expect(second.code == 0, "\(second.errors)")
    #expect(try await house.program.run("path", Self.model).code == 1)
    await house.stop()
  }

  @Test func aPickleIsScannedAndNeverLoaded() async throws {
    let house = try await PracticeHouse()
    let evil = Array("cos\nsystem\n(S'true'\ntR.".utf8)
    try house.addRepo("tiny/pickle", ["pytorch_model.bin": evil])
    let refused = try await house.program.run("pull", "tiny/pickle", "--file", "pytorch_model.bin")
    #expect(refused.code == 1 && refused.errors.contains("--allow-pickle"), "\(refused.errors)")
    let pulled = try await house.program.run("pull", "tiny/pickle", "--file", "pytorch_model.bin", "--allow-pickle")
    #expect(pulled.code == 1 && pulled.errors.contains("os.system"), "\(pulled.errors)")
    await house.stop()
  }

  @Test func aModelWithoutGGUFComesFromItsFamily() async throws {
    let house = try await PracticeHouse()
    try house.addRepo("maker/original", ["model.safetensors": Array(repeating: 0, count: 64)])
    try house.addRepo(Self.model, ["tiny.F16.gguf": try TinyLlama.bytes()]) {
      $0.tags = ["gguf", "base_model:maker/original", "base_model:quantized:maker/original"]
    }
    let pull = try await house.program.run("pull", "maker/original", "--dry-run")
    #expect(pull.code == 0 && pull.errors.contains("is best taken from \(Self.model)"), "\(pull.errors)\(pull.output)")
    await house.stop()
  }
}
