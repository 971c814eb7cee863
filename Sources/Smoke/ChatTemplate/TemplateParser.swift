/// Makes statements out of words.
struct TemplateParser {
  let limits: TemplateLimits
  private let words: [TemplateLexer.Placed]
  private var position = 0
  private var depth = 0
  /// Loops around the statement that is read; `break` and `continue` belong to the innermost.
  private var loops = 0

  init(_ words: [TemplateLexer.Placed], limits: TemplateLimits) {
    self.words = words
    self.limits = limits
  }

  /// The statements of a whole template.
  ///
  /// - Throws: `ChatTemplateError`.
  mutating func template() throws(ChatTemplateError) -> [TemplateNode] {
    do throws(ChatTemplateError) {
      return try body(until: []).nodes
    } catch {
      var error = error
      error.line = error.line ?? line
      throw error
    }
  }

  // MARK: Words

  var token: TemplateToken { words[min(position, words.count - 1)].token }
  var line: Int { words[min(position, words.count - 1)].line }
  func peek() -> TemplateToken { words[min(position + 1, words.count - 1)].token }

  mutating func advance() { position += 1 }

  mutating func skip(_ sign: String) -> Bool {
    guard token == .sign(sign) else { return false }
    advance()
    return true
  }

  mutating func skip(name: String) -> Bool {
    guard token == .name(name) else { return false }
    advance()
    return true
  }

  mutating func expect(_ sign: String) throws(ChatTemplateError) {
    guard skip(sign) else { throw unexpected(wanted: "'\(sign)'") }
  }

  mutating func name() throws(ChatTemplateError) -> String {
    guard case .name(let name) = token else { throw unexpected(wanted: "a name") }
    advance()
    return name
  }

  func unexpected(wanted: String) -> ChatTemplateError {
    let found =
      switch token {
      case .name(let text), .sign(let text): "'\(text.prefix(40))'"
      case .string, .text: "a text"
      case .integer, .float: "a number"
      case .outputBegin, .outputEnd, .blockBegin, .blockEnd: "the end of a tag"
      case .end: "the end of the template"
      }
    return ChatTemplateError(.malformed, "\(wanted) was expected, not \(found)", line: line)
  }

  /// Reads something that may contain itself.
  mutating func nested<Result>(
    _ read: (inout TemplateParser) throws(ChatTemplateError) -> Result
  ) throws(ChatTemplateError) -> Result {
    depth += 1
    defer { depth -= 1 }
    guard depth <= limits.nesting else {
      throw ChatTemplateError(.limit, "it is nested more than \(limits.nesting) deep", line: line)
    }
    return try read(&self)
  }

  // MARK: Statements

  /// Statements up to a tag with one of the names, which is read, too, as far as its name.
  private mutating func body(
    until ends: Set<String>
  ) throws(ChatTemplateError) -> (nodes: [TemplateNode], end: String) {
    try nested { (parser: inout TemplateParser) throws(ChatTemplateError) in
      var nodes: [TemplateNode] = []
      while true {
        let line = parser.line
        switch parser.token {
        case .text(let text):
          nodes.append(.text(text))
          parser.advance()
        case .outputBegin:
          parser.advance()
          let value = try parser.tuple()
          guard parser.token == .outputEnd else { throw parser.unexpected(wanted: "'}}'") }
          parser.advance()
          nodes.append(.output(value, line: line))
        case .blockBegin:
          parser.advance()
          let name = try parser.name()
          if ends.contains(name) { return (nodes, name) }
          nodes.append(try parser.statement(name, line: line))
        default:
          guard parser.token == .end, ends.isEmpty else {
            throw parser.unexpected(wanted: ends.sorted().joined(separator: " or "))
          }
          return (nodes, "")
        }
      }
    }
  }

  private mutating func endTag() throws(ChatTemplateError) {
    guard token == .blockEnd else { throw unexpected(wanted: "'%}'") }
    advance()
  }

  private mutating func statement(_ name: String, line: Int) throws(ChatTemplateError) -> TemplateNode {
    switch name {
    case "if": return try condition(line)
    case "for": return try loop(line)
    case "set": return try assignment(line)
    case "macro": return try macro(line)
    case "filter":
      let filters = try filterChain(isFirst: true)
      try endTag()
      let nodes = try inOwnScope("endfilter")
      return .filterBlock(filters, nodes, line: line)
    case "generation":
      try endTag()
      return .block(try inOwnScope("endgeneration"))
    case "break", "continue":
      guard loops > 0 else { throw ChatTemplateError(.malformed, "'\(name)' outside of a loop", line: line) }
      try endTag()
      return name == "break" ? .breakLoop : .continueLoop
    case "endif", "endfor", "else", "elif", "endset", "endmacro", "endfilter", "endgeneration":
      throw ChatTemplateError(.malformed, "unexpected '\(name)'", line: line)
    default:
      throw ChatTemplateError(.unsupported, "tag '\(name.prefix(40))'", line: line)
    }
  }

  /// The body of a block that a loop around it does not reach into.
  private mutating func inOwnScope(_ end: String) throws(ChatTemplateError) -> [TemplateNode] {
    let outer = loops
    loops = 0
    defer { loops = outer }
    let nodes = try body(until: [end]).nodes
    try endTag()
    return nodes
  }

  private mutating func condition(_ line: Int) throws(ChatTemplateError) -> TemplateNode {
    var branches: [TemplateNode.Branch] = []
    var condition: TemplateExpression? = try tuple(allowsCondition: false)
    while true {
      try endTag()
      let (nodes, end) = try body(until: condition == nil ? ["endif"] : ["elif", "else", "endif"])
      branches.append(TemplateNode.Branch(condition: condition, body: nodes))
      if end == "endif" { break }
      condition = end == "elif" ? try tuple(allowsCondition: false) : nil
    }
    try endTag()
    return .conditional(branches, line: line)
  }

  private mutating func loop(_ line: Int) throws(ChatTemplateError) -> TemplateNode {
    let target = try target(allowsAttribute: false)
    guard skip(name: "in") else { throw unexpected(wanted: "'in'") }
    let sequence = try tuple(allowsCondition: false)
    let condition: TemplateExpression? = skip(name: "if") ? try expression() : nil
    if token == .name("recursive") { throw ChatTemplateError(.unsupported, "a recursive loop", line: line) }
    try endTag()
    loops += 1
    let inner = try body(until: ["else", "endfor"])
    loops -= 1
    var otherwise: [TemplateNode] = []
    if inner.end == "else" {
      try endTag()
      otherwise = try body(until: ["endfor"]).nodes
    }
    try endTag()
    return .loop(
      TemplateNode.Loop(
        target: target, sequence: sequence, condition: condition, body: inner.nodes, otherwise: otherwise),
      line: line)
  }

  private mutating func assignment(_ line: Int) throws(ChatTemplateError) -> TemplateNode {
    let target = try target(allowsAttribute: true)
    if skip("=") {
      let value = try tuple()
      try endTag()
      return .set(target, value, line: line)
    }
    let filters = try filterChain(isFirst: false)
    try endTag()
    return .setBlock(target, filters, try inOwnScope("endset"), line: line)
  }

  private mutating func macro(_ line: Int) throws(ChatTemplateError) -> TemplateNode {
    let title = try name()
    var parameters: [TemplateNode.Macro.Parameter] = []
    try expect("(")
    while !skip(")") {
      if !parameters.isEmpty { try expect(",") }
      let parameter = try name()
      let standard: TemplateExpression? = skip("=") ? try expression() : nil
      if standard == nil, parameters.last?.standard != nil {
        throw ChatTemplateError(.malformed, "a parameter without a default behind one with it", line: line)
      }
      parameters.append(TemplateNode.Macro.Parameter(name: parameter, standard: standard))
    }
    try endTag()
    let nodes = try inOwnScope("endmacro")
    return .macro(TemplateNode.Macro(name: title, parameters: parameters, body: nodes), line: line)
  }

  private mutating func target(allowsAttribute: Bool) throws(ChatTemplateError) -> TemplateTarget {
    let first = try partOfTarget(allowsAttribute: allowsAttribute)
    guard token == .sign(",") else { return first }
    var parts = [first]
    while skip(",") {
      guard case .name = token, token != .name("in") else {
        guard token == .sign("(") else { break }
        parts.append(try partOfTarget(allowsAttribute: allowsAttribute))
        continue
      }
      parts.append(try partOfTarget(allowsAttribute: allowsAttribute))
    }
    return .parts(parts)
  }

  private mutating func partOfTarget(allowsAttribute: Bool) throws(ChatTemplateError) -> TemplateTarget {
    if skip("(") {
      let inner = try nested { (parser: inout TemplateParser) throws(ChatTemplateError) in
        try parser.target(allowsAttribute: allowsAttribute)
      }
      try expect(")")
      return inner
    }
    let first = try name()
    guard !["true", "false", "none", "True", "False", "None", "loop", "not", "in", "if"].contains(first) else {
      throw ChatTemplateError(.malformed, "nothing can be assigned to '\(first)'", line: line)
    }
    if allowsAttribute, skip(".") { return .attribute(of: first, try name()) }
    return .name(first)
  }
}
