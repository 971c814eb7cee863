import Checksums
import Foundation
import JSONText
import ModelFiles
import TestSupport
import Testing

@testable import Smoke

/// What Jinja makes of templates; written by scripts/chat-template-references.
private struct ChatTemplateReferences {
  let document: JSONValue

  init() throws {
    let path = "\(SharedData.packageRoot)/Tests/SmokeTests/References/chat-templates.json"
    document = try JSONValue.parse([UInt8](Data(contentsOf: URL(fileURLWithPath: path))))
  }

  func variables(_ messages: JSONValue?, prompts: Bool, tools: Bool) throws -> [String: TemplateValue] {
    let tool = try #require(document["tool"])
    return [
      "messages": TemplateValue(try #require(messages)), "add_generation_prompt": .bool(prompts),
      "tools": tools ? TemplateValue(.array([tool])) : .null, "documents": .null, "bos_token": .string("<s>"),
      "eos_token": .string("</s>"),
    ]
  }
}

extension TemplateValue {
  /// A value out of JSON.
  fileprivate init(_ json: JSONValue) {
    switch json {
    case .null: self = .null
    case .bool(let value): self = .bool(value)
    case .int(let value): self = .int(Int(value))
    case .number(let value): self = .float(value)
    case .string(let text): self = .string(text)
    case .array(let elements):
      let values = elements.map(TemplateValue.init)
      self = .sequence(
        TemplateSequence(kind: .list, elements: values, depth: 1 + (values.map(\.depth).max() ?? 0)))
    case .object(let object):
      let entries = object.members.map { TemplateMap.Entry(key: .string($0.key), value: TemplateValue($0.value)) }
      self = .map(TemplateMap(entries: entries, depth: 1 + (entries.map(\.value.depth).max() ?? 0)))
    }
  }
}

@Suite("Chat templates, against Jinja itself")
struct ChatTemplateTests {
  @Test func everySnippetIsRenderedAsJinjaDoes() throws {
    let references = try ChatTemplateReferences()
    let messages = references.document["conversations"]?["system+user+assistant+user"]
    let variables = try references.variables(messages, prompts: true, tools: false)
    let snippets = try #require(references.document["snippets"]?.array)
    #expect(snippets.count > 100)
    for snippet in snippets {
      let source = try #require(snippet["source"]?.string)
      let expected = snippet["text"]?.string
      do {
        let text = try ChatTemplate(source).render(variables)
        #expect(expected.map { text.isSame(as: $0) } == true, "\(source)\n  → \(text)\n  ≠ \(expected ?? "an error")")
      } catch {
        #expect(expected == nil, "\(source)\n  → \(error)\n  ≠ \(expected ?? "")")
      }
    }
  }

  @Test(.enabled(if: Shared.has("vocab/chat_templates"), "skipped: needs ../shared/vocab/chat_templates"))
  func everyRealTemplateIsRenderedAsJinjaDoes() throws {
    let references = try ChatTemplateReferences()
    let rendered = try #require(references.document["rendered"]?.array)
    var templates: [String: ChatTemplate] = [:]
    for row in rendered {
      let name = try #require(row["template"]?.string)
      let conversation = try #require(row["conversation"]?.string)
      let template = try templates[name] ?? ChatTemplate(try Self.source(name))
      templates[name] = template
      let variables = try references.variables(
        references.document["conversations"]?[conversation], prompts: row["prompts"]?.bool == true,
        tools: row["tools"]?.bool == true)
      let place = "\(name), \(conversation), tools: \(row["tools"]?.bool == true)"
      do throws(ChatTemplateError) {
        let text = try template.render(variables)
        #expect(
          Checksums.sha256(text.utf8) == row["sha256"]?.string,
          "\(place): \(text.utf8.count) bytes, not \(row["bytes"]?.int ?? -1)\n\(text)")
      } catch {
        // What Jinja refuses is refused here for the same cause: nothing is unknown.
        #expect(row["fails"]?.bool == true && [.failed, .refused].contains(error.kind), "\(place): \(error)")
      }
    }
    #expect(templates.count >= 29)
  }

  private static func source(_ name: String) throws -> String {
    let bytes = try Shared.bytes(name)
    guard name.hasSuffix(".json") else { return String(decoding: bytes, as: UTF8.self) }
    let folder = Shared.path(name).dropLast("/tokenizer_config.json".count)
    return try #require(try ChatTemplateSource.template(inFolder: String(folder)))
  }

  @Test func aConversationIsRendered() throws {
    let template = try ChatTemplate(
      "{{ bos_token }}{% for m in messages %}<{{ m.role }}>{{ m['content'] }}{{ eos_token }}\n{% endfor %}"
        + "{% if add_generation_prompt %}<assistant>{% endif %}")
    let messages = [ChatMessage(role: "system", content: "Be brief."), .user("Hi")]
    #expect(
      try template.render(messages, addsGenerationPrompt: true, beginning: "<s>", end: "</s>")
        == "<s><system>Be brief.</s>\n<user>Hi</s>\n<assistant>")
    #expect(
      try template.render([.user("Hi")], addsGenerationPrompt: false, beginning: nil, end: nil) == "<user>Hi\n")
  }

  @Test(arguments: [
    ("{{ 'a' | wordwrap }}", "filter 'wordwrap'"), ("{{ 1 is filter }}", "test 'filter'"),
    ("{% include 'x' %}", "tag 'include'"), ("{{ cycler(1) }}", "function 'cycler'"),
    ("{{ 'a'.zfill(3) }}", "method 'zfill'"), ("{{ '%s' % 1 }}", "%"), ("{{ 9223372036854775807 + 1 }}", "64 bits"),
    ("{% raw %}x{% endraw %}", "tag 'raw'"), ("{{ strftime_now('%999999999d') }}", "date in the format"),
    ("{% for x in [1] %}{% macro f() %}{% endmacro %}{% endfor %}", "macro inside"),
  ])
  func whatIsNotKnownIsSaid(_ source: String, _ words: String) throws {
    let error = #expect(throws: ChatTemplateError.self) { try ChatTemplate(source).render([:]) }
    #expect(error?.kind == .unsupported)
    #expect(error?.problem.contains(words) == true, "\(String(describing: error))")
    #expect(error?.line == 1)
  }

  @Test func whatIsNotReachedIsNotHeldAgainstATemplate() throws {
    #expect(try ChatTemplate("{% if tools %}{{ 'a' | wordwrap }}{% endif %}x").render([:]) == "x")
  }

  @Test func errorsNameTheLine() throws {
    let error = #expect(throws: ChatTemplateError.self) { try ChatTemplate("a\nb\n{% if x ~ %}").render([:]) }
    #expect(error?.line == 3)
    let refusal = #expect(throws: ChatTemplateError.self) {
      try ChatTemplate("\n\n{{ raise_exception('only users') }}").render([:])
    }
    #expect(refusal?.kind == .refused && refusal?.problem.contains("only users") == true)
  }
}
