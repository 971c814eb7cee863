import Foundation
import TestSupport
import Testing

/// `hubwatch fit` as a person runs it.
@Suite("fit, from the command line")
struct FitVerbTests {
  private struct Document: Decodable {
    struct Model: Decodable {
      let id: String
      let verified: Bool
      let candidates: [Candidate]
    }
    struct Candidate: Decodable {
      let quantization: String
      let published: Bool
      let source: String
      let fileBytes, weightsBytes, kvBytes, stateBytes, computeBytes, overheadBytes, totalBytes, marginBytes: Int64
      let verdict: String
      let fits: Bool
      let maxContext: Int
      let device: String?
    }
    struct Device: Decodable {
      let name: String
    }
    let schema: String
    let devices: [Device]?
    let models: [Model]
  }

  private static let llama = """
    {"model_type": "llama", "num_hidden_layers": 32, "hidden_size": 4096, "intermediate_size": 14336,
     "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 128256, "max_position_embeddings": 131072,
     "rope_scaling": {"rope_type": "llama3", "factor": 8.0}}
    """

  private func program(_ configuration: String = "") throws -> HouseProgram {
    try HouseProgram(endpoint: "http://127.0.0.1:9", configuration: configuration)
  }

  private func write(_ text: String, _ name: String, _ program: HouseProgram) throws -> String {
    let path = "\(program.environment["HOME"] ?? "")/\(name)"
    try Data(text.utf8).write(to: URL(filePath: path))
    return path
  }

  private func document(_ outcome: HouseProgram.Outcome) throws -> Document {
    try #require(outcome.code == 0, "\(outcome.errors)")
    return try JSONDecoder().decode(Document.self, from: Data(outcome.output.utf8))
  }

  @Test func aQuantizationThatNobodyHasPublishedToTheByte() async throws {
    let program = try program()
    let path = try write(Self.llama, "config.json", program)
    let document = try document(
      try await program.run("fit", path, "--gpu", "RTX 3080 12GB", "--ctx", "8192", "--quant", "Q4_K_M", "--json"))
    let candidate = try #require(document.models.first?.candidates.first)
    // The published Meta-Llama-3.1-8B-Instruct-Q4_K_M.gguf has this and a header of 7,840,928 bytes.
    #expect(candidate.fileBytes == 4_912_898_304 && !candidate.published && candidate.source == "config")
    #expect(candidate.kvBytes == 1 << 30 && candidate.overheadBytes == 300 << 20 && candidate.fits)
    let parts =
      candidate.weightsBytes + candidate.kvBytes + candidate.stateBytes + candidate.computeBytes
      + candidate.overheadBytes
    #expect(candidate.totalBytes == parts && document.models[0].verified)
  }

  @Test func beforeAnythingIsKnownCommonSizesAreShown() async throws {
    let program = try program()
    let text = try await program.run("fit", "--vram", "12")
    #expect(text.code == 0 && text.output.contains("8B, as Llama 3.1 8B") && text.output.contains("fits"))
    let document = try document(try await program.run("fit", "--vram", "12", "--json"))
    #expect(document.models.count >= 10 && document.models.allSatisfy { !$0.candidates.isEmpty })
    #expect(document.models.allSatisfy { $0.candidates.allSatisfy { $0.source == "reference" } })
    for form in ["--csv", "--markdown"] {
      let outcome = try await program.run("fit", "--vram", "12", form)
      #expect(outcome.code == 0 && outcome.output.split(separator: "\n").count >= 12)
    }
  }

  @Test func namedDevicesStandSideBySideTheCheapestFirst() async throws {
    let program = try program(
      """
      [[devices]]
      name = "big"
      gpu = "RTX A6000"
      price = 0.8
      [[devices]]
      name = "own"
      gpu = "RTX 3080 12GB"
      [[devices]]
      name = "phone"
      vram = 3
      """)
    let path = try write(Self.llama, "config.json", program)
    let fit = try await program.run("fit", path, "--quant", "F16")
    #expect(fit.code == 0)
    let lines = fit.output.split(separator: "\n")
    let heads = try #require(lines.first { $0.hasPrefix("MODEL") })
    let places = ["phone", "own", "big", "RUNS ON"].map { heads.range(of: $0)?.lowerBound }
    #expect(!places.contains(nil) && places.compactMap { $0 } == places.compactMap { $0 }.sorted())
    #expect(lines.contains { $0.hasPrefix("config.json") || $0.contains("/config.json") })
    #expect(try #require(lines.first { $0.contains("config.json") }).hasSuffix("big"))
    let document = try document(try await program.run("fit", path, "--quant", "Q4_K_M", "--json"))
    #expect(document.devices?.map(\.name) == ["phone", "own", "big"])
  }

  @Test func verdictsNameTheOptionsThatHelp() async throws {
    let program = try program()
    let path = try write(Self.llama, "config.json", program)
    for (vram, words) in [
      ("12", "fits"), ("5.9", "fits with --batch 128"), ("5.5", "fits with --kv q8_0"), ("5.1", "fits with --ctx"),
      ("4", "layers on the card"), ("0.5", "no"),
    ] {
      let fit = try await program.run("fit", path, "--ctx", "8192", "--quant", "Q4_K_M", "--vram", vram)
      #expect(fit.output.contains(words), "\(vram): \(fit.output)")
    }
    // What it advises is true.
    let advised = try await program.run(
      "fit", path, "--ctx", "8192", "--quant", "Q4_K_M", "--vram", "5.5", "--kv", "q8_0", "--batch", "128", "--json")
    #expect(try document(advised).models[0].candidates[0].fits)
  }

  @Test(.enabled(if: Shared.has("hub/recorded/configs"), "needs ../shared/hub"))
  func everyRecordedConfigurationIsAnEstimateOrANamedReason() async throws {
    let program = try program()
    let folder = Shared.path("hub/recorded/configs")
    let files = try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0.hasSuffix(".json") }.sorted()
    #expect(files.count >= 238)
    var estimates = 0
    // Those that can be estimated in a single run, the others one by one for their reasons.
    for file in files {
      let outcome = try await program.run("fit", "\(folder)/\(file)", "--vram", "12", "--csv")
      if outcome.code == 0 {
        estimates += 1
        #expect(outcome.output.split(separator: "\n").count >= 2, "\(file)")
      } else {
        #expect(outcome.code == 65, "\(file)")
        let words = ["has no", "is no decoder", "recurrent", "impossible", "'"]
        #expect(words.contains { outcome.errors.contains($0) }, "\(file): \(outcome.errors)")
      }
    }
    #expect(estimates >= 230)
  }

  @Test(.enabled(if: Shared.has("bad/gguf"), "needs ../shared/bad"))
  func hostileFilesAreRefusedWithTheReason() async throws {
    let program = try program()
    struct Entry: Decodable {
      let file: String
      let expect: String
    }
    let entries = try JSONDecoder().decode([Entry].self, from: Data(try Shared.bytes("bad/INDEX-gguf.json")))
    var refused = 0
    for entry in entries where entry.expect == "reject" {
      let outcome = try await program.run("fit", Shared.path("bad/\(entry.file)"), "--vram", "12")
      #expect(outcome.code == 65, "\(entry.file): \(outcome.output)")
      #expect(outcome.errors.hasPrefix("hubwatch: "), "\(entry.file)")
      refused += 1
    }
    #expect(refused > 60)
  }

  @Test(.enabled(if: Shared.has("models/babyllama105/hf-bfloat16"), "needs ../shared/models"))
  func foldersOfSafetensors() async throws {
    let program = try program()
    let document = try document(
      try await program.run("fit", Shared.path("models/babyllama105/hf-bfloat16"), "--vram", "1", "--json"))
    #expect(document.models[0].verified && document.models[0].candidates.count > 30)
    #expect(document.models[0].candidates.allSatisfy { $0.source == "safetensors" })
  }

  @Test func whatIsAskedWrongly() async throws {
    let program = try program()
    let unknown = try await program.run("fit", "--gpu", "RTX 4091")
    #expect(unknown.code == 64 && unknown.errors.contains("GeForce RTX 4090"))
    for arguments in [
      ["--vram", "-1"], ["--vram", "1", "--gpu", "L4"], ["--kv", "q9"], ["--ctx", "0"], ["--parallel", "0"],
      ["--json", "--csv"], ["--quant", "Q99"], ["--limit", "0"],
    ] {
      #expect(try await program.run(["fit"] + arguments).code == 64, "\(arguments)")
    }
    let path = try write("{\"model_type\": \"llama\"}", "config.json", program)
    let empty = try await program.run("fit", path)
    #expect(empty.code == 65 && empty.errors.contains("has no hidden size"))
    let here = try write("[[devices]]\nname = \"x\"\n", "wrong.toml", program)
    var other = program
    other.environment["HUBWATCH_CONFIG"] = here
    #expect(try await other.run("fit").code == 78)
  }

  @Test(.enabled(if: Shared.has("models/babyllama105/hf-bfloat16"), "needs ../shared/models"))
  func whatAPollFoundInSafetensorsIsPredicted() async throws {
    let house = try await PracticeHouse()
    let folder = "models/babyllama105/hf-bfloat16"
    try house.addRepo(
      "tiny/soft",
      [
        "config.json": try Shared.bytes("\(folder)/config.json"),
        "model.safetensors": try Shared.bytes("\(folder)/model.safetensors"),
      ]
    ) { $0.tags = ["llama", "safetensors"] }
    try house.addRepo("tiny/hard-GGUF", ["hard.Q8_0.gguf": try TinyLlama.bytes(seed: 3)])
    #expect(try await house.program.run("poll").code == 0)
    let document = try document(try await house.program.run("fit", "--vram", "12", "--json"))
    let soft = try #require(document.models.first { $0.id == "tiny/soft" })
    #expect(soft.verified && soft.candidates.contains { $0.quantization == "Q4_K_M" && !$0.published })
    #expect(soft.candidates.contains { $0.published && $0.source == "tree" })
    let hard = try #require(document.models.first { $0.id == "tiny/hard-GGUF" })
    #expect(hard.candidates.allSatisfy { $0.published && $0.source == "header" })
    // A quantization that it does not have is computed from the tensors of the one that it has.
    let asked = try self.document(
      try await house.program.run("fit", "tiny/hard-GGUF", "--quant", "Q4_0", "--vram", "12", "--json"))
    #expect(asked.models[0].candidates.map(\.quantization) == ["Q4_0"])
    #expect(asked.models[0].candidates[0].source == "header" && !asked.models[0].candidates[0].published)
    let table = try await house.program.run("fit", "--vram", "12")
    #expect(table.output.contains("tiny/soft") && table.output.contains("tiny/hard-GGUF"))
    await house.stop()
  }

  @Test(.enabled(if: Shared.has("models/babyllama105/hf-bfloat16"), "needs ../shared/models"))
  func modelsOfUnknownDimensionsDoNotCrowdOutTheOthers() async throws {
    let house = try await PracticeHouse()
    let weights = try Shared.bytes("models/babyllama105/hf-bfloat16/model.safetensors")
    for number in 0..<4 {
      try house.addRepo("tiny/bare-\(number)", ["model.safetensors": weights]) {
        $0.tags = ["llama", "safetensors"]
        $0.likes = 1000
      }
    }
    try house.addRepo("tiny/hard-GGUF", ["hard.Q8_0.gguf": try TinyLlama.bytes(seed: 5)])
    #expect(try await house.program.run("poll").code == 0)
    let document = try document(try await house.program.run("fit", "--vram", "12", "--limit", "1", "--json"))
    #expect(document.models.map(\.id) == ["tiny/hard-GGUF"])
    await house.stop()
  }
}
