import Domain
import Foundation
import TestSupport
import Testing

@testable import ModelFiles

@Suite("Shapes out of GGUF headers")
struct ModelShapeTests {
  private func shape(_ writer: GGUFWriter) throws -> ModelShape {
    try ModelShape(gguf: try #require(try TinyModel.header(writer.bytes())))
  }

  @Test func aTinyLlama() throws {
    let shape = try shape(TinyModel.writer(layers: 2))
    #expect(shape.layers == 2 && shape.embedding == 32 && shape.feedForward == 64)
    #expect(shape.heads == 4 && shape.kvHeads == [2, 2] && shape.keyLength == 8 && shape.valueLength == 8)
    #expect(shape.vocabulary == 16 && shape.contextLength == 128 && !shape.tiedEmbeddings)
    let layer = 2 * 32 + 2 * 32 * 32 + 2 * 32 * 16 + 3 * 32 * 64
    #expect(shape.parameters == Int64(2 * 16 * 32 + 32 + 2 * layer))
    #expect(try self.shape(TinyModel.writer(tied: true)).tiedEmbeddings)
  }

  @Test(arguments: [
    "llama.context_length", "llama.block_count", "llama.embedding_length", "llama.feed_forward_length",
    "llama.attention.head_count", "llama.attention.layer_norm_rms_epsilon",
  ])
  func requiredKeys(_ key: String) throws {
    var writer = try TinyModel.writer()
    writer.set(key, .string("not a number"))
    #expect { try shape(writer) } throws: { ($0 as? ModelFileError)?.kind == .badMetadata }
    writer.set(key, .int64(-1))
    #expect(throws: ModelFileError.self) { try shape(writer) }
    writer.set(key, .uint64(.max))
    #expect(throws: ModelFileError.self) { try shape(writer) }
  }

  @Test(arguments: [
    ("llama.embedding_length", 64), ("llama.feed_forward_length", 65), ("llama.attention.head_count", 8),
    ("llama.attention.head_count_kv", 4), ("llama.attention.head_count_kv", 3), ("llama.block_count", 2),
    ("llama.attention.key_length", 16), ("llama.expert_count", 8),
  ])
  func contradictionsWithTheTensors(_ key: String, _ value: Int) throws {
    var writer = try TinyModel.writer()
    writer.set(key, .uint32(UInt32(value)))
    #expect(throws: ModelFileError.self) { try shape(writer) }
  }

  @Test func perLayerValuesMustBeAsManyAsLayers() throws {
    var writer = try TinyModel.writer(layers: 2)
    writer.set("llama.attention.head_count_kv", .array(GGUFArray(int32s: [2, 2])))
    #expect(try shape(writer).kvHeads == [2, 2])
    writer.set("llama.attention.head_count_kv", .array(GGUFArray(int32s: [2, 2, 2])))
    #expect(throws: ModelFileError.self) { try shape(writer) }
    writer.set("llama.attention.head_count_kv", .array(GGUFArray(floats: [2, 2])))
    #expect(throws: ModelFileError.self) { try shape(writer) }
  }

  @Test func otherArchitecturesGiveTheirShapeWithoutTensorRules() throws {
    var writer = GGUFWriter()
    writer.set("general.architecture", .string("gemma3"))
    for (key, value) in [
      ("context_length", 131_072), ("block_count", 3), ("embedding_length", 2560),
      ("feed_forward_length", 10240),
      ("attention.head_count", 8), ("attention.head_count_kv", 4), ("attention.key_length", 256),
      ("attention.value_length", 256), ("attention.sliding_window", 1024), ("vocab_size", 262_144),
    ] { writer.set("gemma3.\(key)", .uint32(UInt32(value))) }
    let shape = try shape(writer)
    #expect(shape.keyLength == 256 && shape.slidingWindow == 1024 && shape.vocabulary == 262_144)
    #expect(shape.kvHeads == [4, 4, 4])
  }

  @Test(.enabled(if: Shared.has("models/stories260K"), "needs ../shared/models"))
  func aSplitModelIsWholeWithItsParts() throws {
    func header(_ part: Int) throws -> GGUFHeader {
      try GGUFFile(
        path: Shared.path("models/stories260K/gguf-split/stories260K-F16-0000\(part)-of-00003.gguf")
      ).header
    }
    let whole = try ModelShape(
      gguf: try GGUFFile(path: Shared.path("models/stories260K/gguf/stories260K-F16.gguf")).header)
    let first = try header(1)
    #expect(try ModelShape(gguf: first).parameters < whole.parameters)
    #expect(try ModelShape(gguf: first, otherParts: [try header(2), try header(3)]) == whole)
    #expect { try ModelShape(gguf: try header(2)) } throws: { "\($0)".contains("part 2") }
  }

  @Test(.enabled(if: Shared.has("models/babyllama105"), "needs ../shared/models"))
  func realModels() throws {
    let tied = try ModelShape(
      gguf: try GGUFFile(path: Shared.path("models/babyllama105/gguf/babyllama105-F16-tied.gguf")).header)
    #expect(tied.tiedEmbeddings && tied.vocabulary == 105)
  }
}
