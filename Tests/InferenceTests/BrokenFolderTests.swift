import Domain
import Foundation
import ModelFiles
import TestSupport
import Testing

@testable import Inference

/// Folders that contradict themselves, or hold what the core does not run.
@Suite("Broken folders")
struct BrokenFolderTests {
  private static let options = LanguageModel.Options(threads: 1, contextLength: 16)

  /// A sound folder, to be broken.
  private func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try ReferenceFolder(model: try #require(ReferenceModel.named("llama"))).write(to: folder.path)
    return folder
  }

  private func expect(
    _ folder: TemporaryFolder, file: String = "", says words: String, unsupported: Bool = false,
    _ location: SourceLocation = #_sourceLocation
  ) {
    #expect(sourceLocation: location) {
      try LanguageModel(file: folder.path + file, options: Self.options)
    } throws: { error in
      guard let error = error as? any ReportableError else { return false }
      return error.problem.contains(words) && ((error as? InferenceError)?.kind == .unsupported) == unsupported
    }
  }

  private func change(_ folder: TemporaryFolder, _ old: String, _ new: String) throws {
    let url = URL(filePath: "\(folder.path)/config.json")
    let text = try String(contentsOf: url, encoding: .utf8)
    #expect(text.contains(old))
    try Data(text.replacingOccurrences(of: old, with: new).utf8).write(to: url)
  }

  /// Writes the tensors of the reference with other ones among them.
  private func write(_ folder: TemporaryFolder, _ change: (inout [String: (String, [Int], [UInt8])]) -> Void) throws {
    let file = try SafetensorsFile(path: "\(folder.path)/model.safetensors")
    var tensors = Dictionary(
      uniqueKeysWithValues: file.header.tensors.map {
        ($0.name, ($0.type.rawValue, $0.shape.map { Int($0) }, Array(file.data(of: $0))))
      })
    change(&tensors)
    var writer = SafetensorsWriter()
    for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) { writer.add(name, tensor.0, tensor.1, tensor.2) }
    try Data(writer.bytes).write(to: URL(filePath: "\(folder.path)/model.safetensors"))
  }

  @Test func theSoundFolderOpens() throws {
    let folder = try folder()
    let model = try LanguageModel(file: folder.path, options: Self.options)
    #expect(try model.session().prefill([1, 2, 3]).allSatisfy(\.isFinite))
    try write(folder) { _ in }
    #expect(try LanguageModel(file: folder.path, options: Self.options).session().prefill([1, 2, 3]).count == 200)
  }

  @Test func missingFiles() throws {
    let empty = try TemporaryFolder()
    expect(empty, says: "config.json")
    expect(empty, file: "/nothing", says: "could not be opened")
    let folder = try folder()
    try FileManager.default.removeItem(atPath: "\(folder.path)/tokenizer.json")
    expect(folder, says: "holds no tokenizer.json")
    try FileManager.default.removeItem(atPath: "\(folder.path)/model.safetensors")
    expect(folder, says: "holds no safetensors file")
    for name in ["a", "b"] { try Data().write(to: URL(filePath: "\(folder.path)/\(name).safetensors")) }
    expect(folder, says: "several models")
    let index = #"{"weight_map":{"model.norm.weight":"model-00001-of-00001.safetensors"}}"#
    try Data(index.utf8).write(to: URL(filePath: "\(folder.path)/model.safetensors.index.json"))
    expect(folder, says: "'model-00001-of-00001.safetensors', which is missing")
  }

  @Test func tensorsThatAreMissingOrDifferent() throws {
    for name in ["lm_head.weight", "model.norm.weight", "model.layers.1.mlp.up_proj.weight"] {
      let folder = try folder()
      try write(folder) { $0[name] = nil }
      expect(folder, says: "missing")
    }
    var folder = try folder()
    try write(folder) { $0["model.layers.0.self_attn.k_proj.weight"]?.1 = [64, 32] }
    expect(folder, says: "attn_k.weight")
    folder = try self.folder()
    try write(folder) { $0["model.layers.0.self_attn.q_proj.weight"]?.0 = "I32" }
    expect(folder, says: "tensor type I32", unsupported: true)
    folder = try self.folder()
    try write(folder) { $0["model.layers.0.mystery.weight"] = ("F32", [1], [0, 0, 0, 0]) }
    expect(folder, says: "mystery", unsupported: true)
    folder = try self.folder()
    try write(folder) { $0["norm.weight"] = $0["model.norm.weight"] }
    expect(folder, says: "two tensors that mean 'output_norm.weight'")
    folder = try self.folder()
    try write(folder) { $0["model.norm.weight"] = ("F32", [0], []) }
    expect(folder, says: "is empty")
    // Packed integers without a word on how they are packed.
    folder = try self.folder()
    try write(folder) { $0["model.layers.0.mlp.up_proj.qweight"] = ("I32", [1], [0, 0, 0, 0]) }
    expect(folder, says: "qweight", unsupported: true)
  }

  @Test func aTensorInTwoShards() throws {
    let folder = try folder()
    let whole = "\(folder.path)/model.safetensors"
    for shard in 1...2 {
      try FileManager.default.copyItem(atPath: whole, toPath: "\(folder.path)/model-0000\(shard)-of-00002.safetensors")
    }
    try FileManager.default.removeItem(atPath: whole)
    let index = """
      {"weight_map":{"model.norm.weight":"model-00001-of-00002.safetensors",
      "lm_head.weight":"model-00002-of-00002.safetensors"}}
      """
    let path = "\(folder.path)/model.safetensors.index.json"
    try Data(index.utf8).write(to: URL(filePath: path))
    expect(folder, says: "another shard holds too")
    try Data(index.replacingOccurrences(of: "lm_head", with: "other").utf8).write(to: URL(filePath: path))
    expect(folder, file: "/model-00002-of-00002.safetensors", says: "another shard holds too")
    let one = #"{"weight_map":{"other.weight":"model-00001-of-00002.safetensors"},"metadata":{"total_size":1}}"#
    try Data(one.utf8).write(to: URL(filePath: path))
    expect(folder, says: "'other.weight', which no shard holds")
  }

  @Test func biasesOfZerosAreLeftOut() throws {
    let folder = try folder()
    let expected = try LanguageModel(file: folder.path, options: Self.options).session().prefill([5, 6])
    try write(folder) { tensors in
      for name in ["self_attn.o_proj", "mlp.down_proj"] {
        tensors["model.layers.0.\(name).bias"] = ("F32", [64], [UInt8](repeating: 0, count: 256))
      }
    }
    let model = try LanguageModel(file: folder.path, options: Self.options)
    #expect(try model.session().prefill([5, 6]) == expected)
  }

  @Test func whatTheConfigurationSays() throws {
    for (member, words, isUnsupported) in [
      (#""hidden_act":"relu""#, "activation \"relu\"", true),
      (#""architectures":["LlamaForSequenceClassification"]"#, "LlamaForSequenceClassification", true),
      (#""architectures":["EvilForCausalLM"]"#, "EvilForCausalLM", true),
      (#""model_type":"evil","vocab_size":200"#, "architecture evil", true),
      (#""rope_scaling":{"type":"evil","factor":2}"#, "rope scaling \"evil\"", true),
      (#""rope_scaling":{"type":"linear","factor":-2}"#, "factor", false),
      (#""rope_scaling":{"type":"linear"}"#, "factor", false),
      (#""rope_scaling":{"type":"yarn","factor":2,"truncate":false}"#, "truncate", false),
      (#""rope_scaling":{"rope_type":"llama3","low_freq_factor":4,"high_freq_factor":4}"#, "rope_scaling", false),
      (#""rope_scaling":{"type":"su","long_factor":[0],"original_max_position_embeddings":8}"#, "long_factor", false),
      (#""rope_theta":0"#, "rope_theta", false), (#""rope_theta":"10000""#, "rope_theta", false),
      (#""partial_rotary_factor":1.5"#, "partial_rotary_factor", false),
      (#""quantization_config":{"quant_method":"fp8"}"#, "fp8", true),
      (#""quantization":{"bits":4}"#, "mlx", true),
      (#""quantization_config":{"quant_method":"gptq","bits":4,"group_size":0}"#, "group_size", false),
    ] {
      let folder = try folder()
      try change(folder, #""model_type":"llama","torch_dtype":"float64""#, #""model_type":"llama",\#(member)"#)
      if member.contains("model_type") { try change(folder, #""model_type":"llama","#, "") }
      if member.contains("vocab_size") { try change(folder, #""vocab_size":200,"tie"#, #""tie"#) }
      expect(folder, says: words, unsupported: isUnsupported)
    }
  }

  @Test func damagedFoldersOpenOrAreRefused() throws {
    var generator = Noise.Generator(seed: 5)
    let folder = try folder()
    var opened = 0
    for name in ["model.safetensors", "config.json"] {
      let url = URL(filePath: "\(folder.path)/\(name)")
      let sound = Array(try Data(contentsOf: url))
      // Headers begin with their length.
      let length = name == "config.json" ? sound.count : 8 + Int(sound[0]) + Int(sound[1]) << 8
      let digits = sound[..<length].indices.filter { (48...57).contains(sound[$0]) }
      for round in 0..<150 {
        var bytes = sound
        if round % 3 == 0 {
          bytes[Int.random(in: 0..<length, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
        } else if round % 3 == 1 {
          bytes[digits.randomElement(using: &generator) ?? 0] = UInt8.random(in: 48...57, using: &generator)
        } else {
          bytes.removeLast(Int.random(in: 1..<bytes.count, using: &generator))
        }
        try Data(bytes).write(to: url)
        do {
          let model = try LanguageModel(file: folder.path, options: Self.options)
          opened += 1
          _ = try model.session().prefill([1, 2])
        } catch { #expect(error is any ReportableError) }
      }
      try Data(sound).write(to: url)
    }
    #expect(opened > 0 && opened < 300)
  }
}

@Suite("Crafted folders", .enabled(if: Shared.has("bad/json") && Shared.has("models"), "needs ../shared/bad"))
struct CraftedFolderTests {
  struct Bad: Decodable, Sendable, CustomTestStringConvertible {
    let file: String
    let why: String
    var testDescription: String { "\(file): \(why)" }

    static func all(_ index: String) -> [Bad] {
      (try? JSONDecoder().decode([Bad].self, from: Data(Shared.bytes("bad/\(index).json")))) ?? []
    }
  }

  /// The folder of a real model, in which one file is another.
  private func folder(_ name: String, _ source: String, without left: String = "") throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let model = Shared.path("models/stories260K/hf-float16")
    for file in ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"] where file != left {
      try FileManager.default.createSymbolicLink(
        atPath: "\(folder.path)/\(file)", withDestinationPath: "\(model)/\(file)")
    }
    let place = URL(filePath: "\(folder.path)/\(name)")
    try? FileManager.default.removeItem(at: place)
    try Data(Shared.bytes("bad/\(source)")).write(to: place)
    return folder
  }

  private func open(_ folder: TemporaryFolder) throws {
    let model = try LanguageModel(file: folder.path, options: .init(threads: 1, contextLength: 16))
    #expect(try model.session().prefill([1, 403]).allSatisfy(\.isFinite))
  }

  @Test(arguments: Bad.all("INDEX-json").filter { $0.file.contains("config-") })
  func configurations(_ bad: Bad) throws {
    let sound = ["ok", "auto_map", "eos-list", "scaling-linear"].map { "json/config-\($0).json" }
    let folder = try folder("config.json", bad.file)
    if sound.contains(bad.file) {
      try open(folder)
    } else {
      #expect { try open(folder) } throws: { $0 is any ReportableError }
    }
  }

  @Test(arguments: Bad.all("INDEX-json").filter { $0.file.contains("index-") })
  func indexes(_ bad: Bad) throws {
    let folder = try folder("model.safetensors.index.json", bad.file, without: "model.safetensors")
    #expect { try open(folder) } throws: { $0 is any ReportableError }
  }

  @Test(arguments: Bad.all("INDEX-json").filter { $0.file.contains("tokenizer-") })
  func tokenizers(_ bad: Bad) throws {
    let folder = try folder("tokenizer.json", bad.file)
    do { try open(folder) } catch { #expect(error is any ReportableError) }
  }

  @Test(arguments: Bad.all("INDEX-safetensors"))
  func weights(_ bad: Bad) throws {
    let folder = try folder("model.safetensors", bad.file)
    #expect { try open(folder) } throws: { $0 is any ReportableError }
  }
}
