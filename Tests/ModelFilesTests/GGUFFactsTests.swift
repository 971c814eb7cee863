import Domain
import TestSupport
import Testing

@testable import ModelFiles

@Suite("Facts of GGUF headers")
struct GGUFFactsTests {
  private func facts(_ change: (inout GGUFWriter) -> Void) throws -> GGUFFacts {
    var writer = GGUFWriter()
    change(&writer)
    return GGUFFacts(try #require(try TinyModel.header(writer.bytes())))
  }

  /// As a published file has them.
  @Test func aPublishedModel() throws {
    let facts = try facts { writer in
      for (key, value) in [
        ("general.architecture", "deepseek2"), ("general.type", "model"), ("general.name", "Kimi-K2-Instruct"),
        ("general.finetune", "Instruct"), ("general.basename", "Kimi-K2"), ("general.size_label", "384x15B"),
        ("general.license", "other"), ("general.license.name", "modified-mit"), ("general.quantized_by", "Unsloth"),
        ("general.base_model.0.name", "Kimi K2 Instruct"), ("general.base_model.0.organization", "Moonshotai"),
        ("general.base_model.0.repo_url", "https://huggingface.co/moonshotai/Kimi-K2-Instruct"),
        ("tokenizer.chat_template", "{{ messages }}"),
      ] { writer.set(key, .string(value)) }
      writer.set("general.base_model.count", .uint32(1))
      writer.set("general.file_type", .uint32(7))
      writer.set("general.tags", .array(GGUFArray(strings: ["unsloth", ""])))
      writer.set("general.languages", .array(GGUFArray(strings: ["en", "zh"])))
    }
    #expect(facts.name == "Kimi-K2-Instruct" && facts.baseName == "Kimi-K2" && facts.sizeLabel == "384x15B")
    #expect(facts.licence == "other" && facts.licenceName == "modified-mit" && facts.quantizedBy == "Unsloth")
    #expect(facts.baseModels.map(\.organization) == ["Moonshotai"])
    #expect(facts.baseModels[0].address == "https://huggingface.co/moonshotai/Kimi-K2-Instruct")
    #expect(facts.tags == ["unsloth"] && facts.languages == ["en", "zh"] && facts.fileType == 7)
    #expect(facts.hasChatTemplate && facts.role == .generation && facts.modalities == [.text] && !facts.isProjector)
  }

  @Test func embeddingModelsAndRerankers() throws {
    func role(_ architecture: String, pooling: UInt32?) throws -> ModelRole? {
      try facts { writer in
        writer.set("general.architecture", .string(architecture))
        if let pooling { writer.set("\(architecture).pooling_type", .uint32(pooling)) }
      }.role
    }
    #expect(try role("qwen3", pooling: 3) == .embedding)
    #expect(try role("qwen3", pooling: 4) == .classification)
    #expect(try role("llama", pooling: 0) == .generation)
    #expect(try role("llama", pooling: 99) == .generation)
    #expect(try role("nomic-bert", pooling: nil) == .embedding)
    #expect(try role("gemma-embedding", pooling: nil) == .embedding)
    #expect(try role("wavtokenizer-dec", pooling: nil) == .other)
  }

  @Test func projectors() throws {
    let facts = try facts { writer in
      writer.set("general.architecture", .string("clip"))
      writer.set("clip.has_vision_encoder", .bool(true))
      writer.set("clip.audio.block_count", .uint32(4))
    }
    #expect(facts.isProjector && facts.role == nil && facts.modalities == [.vision, .audio])
  }

  @Test func hostileTextIsCut() throws {
    let facts = try facts { writer in
      writer.set("general.architecture", .string("llama"))
      writer.set("general.name", .string(String(repeating: "e\u{301}", count: 5000)))
      writer.set("general.license", .string(" \n\t"))
      writer.set("general.basename", .uint32(5))
      writer.set("general.tags", .array(GGUFArray(strings: (0..<1000).map { "tag\($0)" })))
      writer.set("general.languages", .array(GGUFArray(int32s: [1])))
      writer.set("general.base_model.count", .uint64(.max))
      writer.set("general.base_model.15.name", .string("last"))
      writer.set("general.base_model.16.name", .string("beyond"))
      writer.set("tokenizer.chat_template", .string(""))
    }
    #expect(facts.name?.unicodeScalars.count == 201 && facts.licence == nil && facts.baseName == nil)
    #expect(facts.tags.count == 64 && facts.languages.isEmpty && !facts.hasChatTemplate)
    // A count beyond 63 bits is none.
    #expect(facts.baseModels.isEmpty)
    let many = try self.facts { writer in
      writer.set("general.base_model.count", .uint32(.max))
      writer.set("general.base_model.15.name", .string("last"))
      writer.set("general.base_model.16.name", .string("beyond"))
    }
    #expect(many.baseModels.map(\.name) == ["last"])
  }

  @Test(.enabled(if: Shared.has("models/babyllama105"), "needs ../shared/models"))
  func aRealFile() throws {
    let header = try GGUFFile(path: Shared.path("models/babyllama105/gguf/babyllama105-F16-tied.gguf")).header
    let facts = GGUFFacts(header)
    #expect(facts.architecture == "llama" && facts.role == .generation && facts.modalities == [.text])
  }
}
