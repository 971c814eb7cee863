/// A model's own words around a conversation: a template in a subset of Jinja, as tokenizers and GGUF files carry it.
///
/// Rendering follows Jinja 3.1 as transformers sets it up: `trim_blocks` and `lstrip_blocks`, loop controls, the block
/// `generation`, `raise_exception`, `strftime_now`, and `tojson` that escapes nothing for HTML. What is not in the
/// subset is an error that names it, and only when rendering comes by. A template is a stranger's program: steps, sizes
/// and nesting are bounded.
///
/// ```swift
/// let template = try ChatTemplate(source)
/// let text = try template.render([.user("Hello")], addsGenerationPrompt: true, beginning: "<s>", end: "</s>")
/// ```
public struct ChatTemplate: Sendable {
  private let nodes: [TemplateNode]
  private let limits: TemplateLimits

  /// Reads a template.
  ///
  /// - Throws: `ChatTemplateError`: `malformed`, `unsupported`, `limit`.
  public init(_ source: String) throws(ChatTemplateError) { try self.init(source, limits: TemplateLimits()) }

  init(_ source: String, limits: TemplateLimits) throws(ChatTemplateError) {
    guard source.utf8.count <= limits.sourceBytes else {
      throw ChatTemplateError(.limit, "it has more than \(limits.sourceBytes) bytes")
    }
    var parser = TemplateParser(try TemplateLexer.tokens(source), limits: limits)
    nodes = try parser.template()
    self.limits = limits
  }

  /// Writes a conversation.
  ///
  /// The day that templates ask for with `strftime_now` is always the same, so that answers can be compared.
  ///
  /// - Parameters:
  ///   - messages: the turns.
  ///   - addsGenerationPrompt: whether to end with what opens the assistant's turn.
  ///   - beginning: text of the BOS token; nil when the model has none.
  ///   - end: text of the EOS token.
  /// - Throws: `ChatTemplateError`.
  public func render(
    _ messages: [ChatMessage], addsGenerationPrompt: Bool, beginning: String?, end: String?
  ) throws(ChatTemplateError) -> String {
    var variables: [String: TemplateValue] = [
      "add_generation_prompt": .bool(addsGenerationPrompt), "tools": .null, "documents": .null,
    ]
    variables["bos_token"] = beginning.map(TemplateValue.string)
    variables["eos_token"] = end.map(TemplateValue.string)
    var turns: [TemplateValue] = []
    for message in messages {
      turns.append(
        .map(
          TemplateMap(
            entries: [
              .init(key: .string("role"), value: .string(message.role)),
              .init(key: .string("content"), value: .string(message.content)),
            ], depth: 1)))
    }
    variables["messages"] = .sequence(TemplateSequence(kind: .list, elements: turns, depth: 2))
    return try render(variables)
  }

  func render(_ variables: [String: TemplateValue]) throws(ChatTemplateError) -> String {
    var run = TemplateRun(variables: variables, limits: limits)
    return try run.render(nodes)
  }
}
