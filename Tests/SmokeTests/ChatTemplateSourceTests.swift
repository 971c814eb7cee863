import Foundation
import Inference
import ModelFiles
import TestSupport
import Testing

@Suite("Where chat templates come from")
struct ChatTemplateSourceTests {
  private func model(_ change: (inout GGUFWriter) -> Void) throws -> LanguageModel {
    let folder = try TemporaryFolder()
    var tiny = TinyLlama()
    tiny.embedding = 64
    var writer = try tiny.writer()
    change(&writer)
    try writer.write(to: "\(folder.path)/m.gguf")
    return try LanguageModel(file: "\(folder.path)/m.gguf", options: .init(threads: 1))
  }

  @Test func aFileHasOneOrSeveralOrNone() throws {
    #expect(try model { _ in }.chatTemplate == nil)
    #expect(try model { $0.set("tokenizer.chat_template", .string("plain")) }.chatTemplate == "plain")
    #expect(try model { $0.set("tokenizer.chat_template", .string("")) }.chatTemplate == nil)
    let named = try model {
      $0.set("tokenizer.chat_templates", .array(GGUFArray(strings: ["missing", "rag", "tool_use"])))
      $0.set("tokenizer.chat_template.tool_use", .string("tools"))
      $0.set("tokenizer.chat_template.rag", .string("rag"))
    }
    #expect(named.chatTemplate == "rag")
    let both = try model {
      $0.set("tokenizer.chat_template", .string("plain"))
      $0.set("tokenizer.chat_templates", .array(GGUFArray(strings: ["rag"])))
      $0.set("tokenizer.chat_template.rag", .string("rag"))
    }
    #expect(both.chatTemplate == "plain")
  }

  @Test func aFolderHasFilesOfDifferentRank() throws {
    let folder = try TemporaryFolder()
    func write(_ text: String, _ name: String) throws {
      try text.write(toFile: "\(folder.path)/\(name)", atomically: true, encoding: .utf8)
    }
    func template() throws -> String? { try ChatTemplateSource.template(inFolder: folder.path) }
    #expect(try template() == nil)
    try write(#"{"bos_token": "<s>"}"#, "tokenizer_config.json")
    #expect(try template() == nil)
    try write(
      #"{"chat_template": [{"name": "tool_use", "template": "t"}, {"name": "default", "template": "d"}]}"#,
      "tokenizer_config.json")
    #expect(try template() == "d")
    try write(#"{"chat_template": "from the configuration"}"#, "tokenizer_config.json")
    #expect(try template() == "from the configuration")
    try write(#"{"chat_template": "from a file of its own"}"#, "chat_template.json")
    #expect(try template() == "from a file of its own")
    try write("{{ messages }}\n", "chat_template.jinja")
    #expect(try template() == "{{ messages }}\n")
    try FileManager.default.removeItem(atPath: "\(folder.path)/chat_template.jinja")
    try write("{ no JSON", "chat_template.json")
    #expect(throws: ModelFileError.self) { try template() }
  }

  @Test func theBeginningIsNeverDoubled() throws {
    let model = try model { $0.set("tokenizer.ggml.bos_token_id", .uint32(1)) }
    #expect(model.beginningText == "<s>" && model.tokenizer.addsBeginning)
    let plain = model.conversationTokens("then the")
    #expect(plain.first == 1 && plain.count { $0 == 1 } == 1)
    let written = model.conversationTokens("<s>then the")
    #expect(written.first == 1 && written.count { $0 == 1 } == 1)
    #expect(model.conversationTokens("<s>a<s>").count { $0 == 1 } == 2)
    let without = try self.model { $0.set("tokenizer.ggml.add_bos_token", .bool(false)) }
    #expect(!without.conversationTokens("then").contains(1))
  }
}
