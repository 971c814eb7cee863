import TestSupport
import Testing

@testable import Smoke

@Suite("Chat templates that mean harm")
struct ChatTemplateLimitTests {
  /// A template that shows only its beginning.
  struct Hostile: Sendable, CustomTestStringConvertible {
    let source: String
    var testDescription: String { "\(source.prefix(60))… (\(source.utf8.count) bytes)" }
  }

  @Test(
    arguments: [
      "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
      "{% set n = namespace(x='ab') %}{% for i in range(99) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
      "{% set n = namespace(x=['ab']) %}{% for i in range(99) %}{% set n.x = n.x + n.x %}{% endfor %}",
      "{% set n = namespace(x=1) %}{% for i in range(9999) %}{% set n.x = [n.x] %}{% endfor %}",
      "{% set n = namespace(x={}) %}{% for i in range(9999) %}{% set n.x = {'a': n.x, 'b': n.x} %}{% endfor %}{{ n.x }}",
      "{% set n = namespace(x=[1]) %}{% for i in range(60) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x|tojson }}",
      "{% set n = namespace(x=[1]) %}{% for i in range(60) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x == n.x }}",
      "{{ 'x' * 9999999999 }}", "{{ ('a' * 4000000).replace('a', 'aaaaaaaa') }}", "{{ range(999999999) }}",
      "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "{% macro f(x) %}{{ f(x) ~ f(x) }}{% endmacro %}{{ f(1) }}",
      "{% for i in range(99999) %}{{ 'x' * 1000 }}{% endfor %}",
      "{% set a = 'a' * 2000000 %}{% set b = 'a' * 1000000 ~ 'b' %}{{ b in a }}",
      "{% set a = 'a' * 4000000 %}{% for i in range(99999) %}{{ a|length }}{% endfor %}",
      "{{ [1]|tojson(indent=99999999) }}", "{{ 'a'|indent(99999999) }}", "{{ range(90000)|unique|list|length }}",
      String(repeating: "{% if 1 %}", count: 10_000),
      "{{ " + String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000) + "}}",
      "{{ " + String(repeating: "not ", count: 100_000) + "1 }}",
      "{{ 1" + String(repeating: " + 1", count: 100_000) + " }}",
      "{{ " + String(repeating: "-", count: 99_999) + "1 }}",
      "{{ a" + String(repeating: ".b", count: 100_000) + " }}",
      "{{ 1" + String(repeating: " if 1 else 1", count: 99_999) + "}}",
      "{{ 'a'" + String(repeating: "|upper", count: 100_000) + " }}",
      "{% set a" + String(repeating: ",(a", count: 9999) + String(repeating: ")", count: 9999) + "%}",
    ].map(Hostile.init))
  func isStopped(_ hostile: Hostile) throws {
    let source = hostile.source
    let error = #expect(throws: ChatTemplateError.self) { try ChatTemplate(source).render([:]) }
    #expect(
      error.map { [.limit, .unsupported].contains($0.kind) } == true,
      "\(source.prefix(100)): \(String(describing: error))")
  }

  /// Pieces of which templates are made, so that noise comes by more than the first error.
  private static let pieces = [
    "{{", "}}", "{%", "%}", "{#", "#}", "-", "+", " ", "\n", "if", "else", "elif", "endif", "for", "in", "endfor",
    "set",
    "endset", "macro", "endmacro", "generation", "endgeneration", "filter", "endfilter", "x", "messages", "loop", ".",
    "role", "content", "[", "]", "(", ")", "{", "}", ":", ",", "'a'", "\"b\"", "0", "1", "2.5", "not", "and", "or",
    "is",
    "defined", "none", "true", "|", "trim", "join", "tojson", "list", "length", "map", "range", "namespace", "==", "<",
    "~", "*", "**", "//", "%", "/", "=", "break", "items", "split", "strip", "é", "\\", "'", "{% if x %}",
    "{% endif %}",
    "{% for m in messages %}", "{% endfor %}", "{{ m.role }}", "{{ x }}",
  ]

  @Test(arguments: 0..<8) func noiseIsRenderedOrRefused(_ seed: UInt64) throws {
    var noise = Noise.Generator(seed: seed)
    var rendered = 0
    for _ in 0..<1500 {
      let source = (0..<Int.random(in: 1...24, using: &noise)).map { _ in
        Self.pieces.randomElement(using: &noise) ?? ""
      }.joined(separator: Bool.random(using: &noise) ? " " : "")
      do throws(ChatTemplateError) {
        let limits = TemplateLimits(steps: 20_000, size: 100_000)
        let text = try ChatTemplate(source, limits: limits).render([
          "messages": .sequence(TemplateSequence(kind: .list, elements: [.string("a"), .int(1)], depth: 1)),
          "x": .bool(true),
        ])
        #expect(text.utf8.count <= 100_000)
        rendered += 1
      } catch {
        #expect(!error.problem.isEmpty)
      }
    }
    #expect(rendered > 10)
  }

  @Test(
    .enabled(if: Shared.has("vocab/chat_templates"), "skipped: needs ../shared/vocab/chat_templates"), arguments: 0..<4)
  func damagedTemplatesAreRenderedOrRefused(_ seed: UInt64) throws {
    var noise = Noise.Generator(seed: seed)
    let names = [
      "openai-gpt-oss-120b", "meta-llama-Llama-3.1-8B-Instruct", "Qwen-Qwen3-0.6B", "meetkai-functionary-medium-v3.2",
    ]
    let original = Array(
      String(decoding: try Shared.bytes("vocab/chat_templates/\(names[Int(seed)]).jinja"), as: UTF8.self).unicodeScalars
    )
    for _ in 0..<60 {
      var scalars = original
      for _ in 0..<Int.random(in: 1...4, using: &noise) {
        let place = Int.random(in: 0..<scalars.count, using: &noise)
        switch Int.random(in: 0..<3, using: &noise) {
        case 0: scalars.remove(at: place)
        case 1: scalars[place] = original.randomElement(using: &noise) ?? "x"
        default: scalars.removeSubrange(place..<min(place + 20, scalars.count))
        }
      }
      var view = String.UnicodeScalarView()
      view.append(contentsOf: scalars)
      do throws(ChatTemplateError) {
        _ = try ChatTemplate(String(view)).render([.user("Hi")], addsGenerationPrompt: true, beginning: nil, end: nil)
      } catch {
        #expect(!error.problem.isEmpty)
      }
    }
  }
}
