import Domain
import Foundation
import TestSupport
import Testing

@testable import ModelFiles

/// A crafted file and what the reference implementation says of it.
struct BadSafetensors: Decodable, Sendable, CustomTestStringConvertible {
  let file: String
  let why: String
  let official_verdict: String

  var testDescription: String { "\(file): \(why)" }

  static let all: [BadSafetensors] =
    (try? JSONDecoder().decode([BadSafetensors].self, from: Data(Shared.bytes("bad/INDEX-safetensors.json")))) ?? []
}

@Suite("Crafted safetensors files", .enabled(if: Shared.has("bad/safetensors"), "needs ../shared/bad"))
struct CraftedSafetensorsTests {
  @Test func theIndexIsThere() { #expect(BadSafetensors.all.count > 40) }

  @Test(arguments: BadSafetensors.all)
  func verdict(_ bad: BadSafetensors) async throws {
    let refusal: ModelFileError?
    do {
      let reader = try FileRangeReader(path: Shared.path("bad/" + bad.file))
      _ = try await SafetensorsHeader.read(from: reader, name: bad.file)
      refusal = nil
    } catch let error as ModelFileError {
      refusal = error
    }
    // Stricter than the reference implementation, for which the last of two equal names counts.
    let isAccepted = bad.official_verdict.hasPrefix("accept") && !bad.file.contains("j12-dup-key")
    #expect((refusal == nil) == isAccepted, "\(bad.official_verdict); here: \(refusal?.detail ?? "accepted")")
    if let refusal { #expect(refusal.exitCode == .badInput) }
  }

  /// Files whose tensors are sound; what their metadata says is nothing to a reader that runs nothing.
  @Test func suspiciousMetadataIsOnlyText() async throws {
    let folder = Shared.path("bad/safetensors")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasPrefix("modelaudit-") }
    #expect(files.count >= 7)
    for file in files {
      let header = try await SafetensorsHeader.read(
        from: FileRangeReader(path: "\(folder)/\(file)"), name: file)
      #expect(!header.tensors.isEmpty)
    }
  }
}

@Suite("Real safetensors headers", .enabled(if: Shared.has("headers/reconstructed"), "needs ../shared/headers"))
struct RealSafetensorsTests {
  private static let rebuilt = [
    "codellama-7b", "gemma2-2b-riseup", "llama-1-7b-pygmalion", "llama-2-13b-ruter", "llama-2-7b", "llama-2-7b-merged",
    "llama-2-7b-merlinite", "llama-3-8b-modelstock", "llama-3.1-70b-reflection-162shards", "llama-3.2-3b-255shards",
    "llama-34b-cobolpro", "llama-triangulum", "llama-yi-1.5-6b", "mistral-24b-dolphin3", "mistral-7b-v0.3",
    "qwen2.5-14b-sakura", "qwen2.5-3b",
  ]

  private struct Shard: Decodable {
    let file_size: Int64
    let header: String
  }

  /// The headers of all shards of a large model; only their first bytes exist.
  private func headers(_ model: String) async throws -> [SafetensorsHeader] {
    let gzip = Program(path: "/bin/gzip")
    let outcome = try await gzip.run(
      ["-dc", Shared.path("headers/reconstructed/\(model).headers.json.gz")], environment: [:])
    let shards = try JSONDecoder().decode([String: Shard].self, from: Data(outcome.output.utf8))
    return try shards.map { name, shard in
      try SafetensorsHeader.parse(TinySafetensors.file(shard.header), fileSize: shard.file_size, name: name)
    }
  }

  @Test(arguments: rebuilt)
  func headersIndexAndConfigurationAgree(_ model: String) async throws {
    let headers = try await headers(model)
    let index = try SafetensorsIndex(
      Shared.bytes("headers/\(model)/model.safetensors.index.json"), name: model)
    #expect(Set(headers.map(\.name)) == Set(index.files.map(\.description)))
    #expect(headers.reduce(0) { $0 + $1.totalBytes } == index.statedBytes)
    let isWhereTheIndexSays = headers.allSatisfy { header in
      header.tensors.allSatisfy { index.shards[$0.name]?.description == header.name }
    }
    #expect(isWhereTheIndexSays)
    let configuration = try ModelConfiguration(Shared.bytes("headers/\(model)/config.json"), name: model)
    let shape = try configuration.shape()
    let counted = try ModelShape(configuration: configuration, tensors: headers)
    #expect(counted.parameters > 0)
    // The formula and the tensors come to the same number; for gemma2 there is no formula.
    if shape.architecture != "gemma2" { #expect(shape.parameters == counted.parameters) }
    let isPacked = try StoredParameters(of: headers).isPacked
    #expect(!isPacked)
  }

  /// Names, metadata and shapes of real folders make a header that GGUF's own checks take.
  @Test(arguments: rebuilt)
  func foldersAreToldInWordsOfGGUF(_ model: String) async throws {
    let headers = try await headers(model)
    let configuration = try ModelConfiguration(Shared.bytes("headers/\(model)/config.json"), name: model)
    var infos: [GGUFTensorInfo] = []
    for tensor in headers.flatMap(\.tensors) {
      switch configuration.ggufName(of: tensor.name) {
      case .named(let name):
        infos.append(
          try #require(GGUFTensorInfo(name: name, type: .f16, dimensions: tensor.shape.reversed()), "\(tensor.name)"))
      case .ignored: #expect(tensor.name.hasSuffix("inv_freq") || tensor.name == "lm_head.weight", "\(tensor.name)")
      case .unknown: Issue.record("no name for \(tensor.name)")
      }
    }
    #expect(Set(infos.map(\.name)).count == infos.count)
    #expect(configuration.foreignClass == nil && configuration.foreignActivation == nil)
    let header = GGUFHeader(name: model, metadata: try configuration.ggufMetadata(), tensors: infos)
    let (told, own) = (try ModelShape(gguf: header), try configuration.shape())
    #expect(told.layers == own.layers && told.kvHeads == own.kvHeads && told.keyLength == own.keyLength)
    #expect(told.feedForward == own.feedForward && told.contextLength == own.contextLength)
    #expect(told.vocabulary == own.vocabulary && told.tiedEmbeddings == own.tiedEmbeddings)
    let hasFactors = try configuration.rotationFactors(own).contains { $0.name == "rope_freqs.weight" }
    let text = String(decoding: try Shared.bytes("headers/\(model)/config.json"), as: UTF8.self)
    #expect(hasFactors == text.contains("\"llama3\""))
  }

  /// The index tells whether there is an output matrix of its own.
  @Test func tiedEmbeddings() throws {
    let folder = Shared.path("headers")
    var checked = 0
    for model in try FileManager.default.contentsOfDirectory(atPath: folder).sorted() {
      let path = "headers/\(model)/model.safetensors.index.json"
      guard Shared.has(path), Shared.has("headers/\(model)/config.json") else { continue }
      let index = try SafetensorsIndex(Shared.bytes(path), name: path)
      let configuration = try ModelConfiguration(Shared.bytes("headers/\(model)/config.json"), name: model)
      let hasOutput = index.shards.keys.contains { $0.hasSuffix("lm_head.weight") }
      #expect(configuration.tiedEmbeddings == !hasOutput, "\(model)")
      checked += 1
    }
    #expect(checked >= 35)
  }

  @Test(arguments: [
    "candle-jfk-codes", "coffeevampir-model", "kohaku-tiny",
    "llama-3.2-3b--model-00001-model.layers.0.input_layernorm.weight", "swift-transformers-tensor-1d-int32",
  ])
  func smallRealFiles(_ name: String) async throws {
    let reader = try FileRangeReader(path: Shared.path("headers/real-small-files/\(name).safetensors"))
    let header = try await SafetensorsHeader.read(from: reader, name: name)
    #expect(!header.tensors.isEmpty && header.dominantType != nil)
  }

  /// A committed file with five bytes after its data; the reference implementation refuses such.
  @Test func trailingBytes() async throws {
    let reader = try FileRangeReader(path: Shared.path("headers/real-small-files/las7-tiny.safetensors"))
    await #expect {
      try await SafetensorsHeader.read(from: reader, name: "las7-tiny")
    } throws: { ($0 as? ModelFileError)?.detail.hasPrefix("has 5 bytes after its last tensor") == true }
  }
}
