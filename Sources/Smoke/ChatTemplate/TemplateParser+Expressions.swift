/// Expressions, with Jinja's precedence: from the weakest to the tightest binding one function each.
extension TemplateParser {
  /// An expression around others; counts how deep they are nested, since evaluation follows it down.
  private func node(
    _ kind: TemplateExpression.Kind, _ inner: [TemplateExpression]
  ) throws(ChatTemplateError) -> TemplateExpression {
    let depth = 1 + (inner.lazy.map(\.depth).max() ?? 0)
    guard depth <= limits.nesting else {
      throw ChatTemplateError(.limit, "an expression is nested more than \(limits.nesting) deep", line: line)
    }
    return TemplateExpression(kind: kind, depth: depth)
  }

  /// One expression, or several with commas between them, which are a tuple.
  ///
  /// - Parameter allowsCondition: whether `a if b else c` may stand without brackets.
  mutating func tuple(allowsCondition: Bool = true) throws(ChatTemplateError) -> TemplateExpression {
    let first = try allowsCondition ? expression() : nestedOr()
    guard token == .sign(",") else { return first }
    var parts = [first]
    while skip(",") {
      switch token {
      case .outputEnd, .blockEnd, .sign(")"), .name("if"): break
      default:
        parts.append(try allowsCondition ? expression() : nestedOr())
        continue
      }
      break
    }
    return try node(.tuple(parts), parts)
  }

  /// An expression with or without a condition behind it.
  mutating func expression() throws(ChatTemplateError) -> TemplateExpression {
    try nested { (parser: inout TemplateParser) throws(ChatTemplateError) in
      var value = try parser.or()
      while parser.skip(name: "if") {
        let condition = try parser.or()
        let otherwise: TemplateExpression? = parser.skip(name: "else") ? try parser.expression() : nil
        value = try parser.node(
          .conditional(if: condition, then: value, else: otherwise), [condition, value] + [otherwise].compactMap { $0 })
      }
      return value
    }
  }

  private mutating func nestedOr() throws(ChatTemplateError) -> TemplateExpression {
    try nested { (parser: inout TemplateParser) throws(ChatTemplateError) in try parser.or() }
  }

  private mutating func or() throws(ChatTemplateError) -> TemplateExpression {
    var left = try and()
    while skip(name: "or") {
      let right = try and()
      left = try node(.or(left, right), [left, right])
    }
    return left
  }

  private mutating func and() throws(ChatTemplateError) -> TemplateExpression {
    var left = try not()
    while skip(name: "and") {
      let right = try not()
      left = try node(.and(left, right), [left, right])
    }
    return left
  }

  private mutating func not() throws(ChatTemplateError) -> TemplateExpression {
    guard token == .name("not"), peek() != .name("in") else { return try comparison() }
    advance()
    let inner = try nested { (parser: inout TemplateParser) throws(ChatTemplateError) in try parser.not() }
    return try node(.not(inner), [inner])
  }

  private mutating func relation() -> TemplateRelation? {
    switch token {
    case .sign(let text):
      guard let relation = TemplateRelation(rawValue: text) else { return nil }
      advance()
      return relation
    case .name("in"):
      advance()
      return .inside
    case .name("not") where peek() == .name("in"):
      advance()
      advance()
      return .outside
    default: return nil
    }
  }

  private mutating func comparison() throws(ChatTemplateError) -> TemplateExpression {
    let left = try sum()
    var others: [TemplateExpression.Comparison] = []
    while let relation = relation() {
      others.append(TemplateExpression.Comparison(relation: relation, right: try sum()))
    }
    return others.isEmpty ? left : try node(.comparison(left, others), [left] + others.map(\.right))
  }

  private mutating func sum() throws(ChatTemplateError) -> TemplateExpression {
    var left = try joined()
    while token == .sign("+") || token == .sign("-") {
      let operation: TemplateOperator = token == .sign("+") ? .plus : .minus
      advance()
      let right = try joined()
      left = try node(.binary(operation, left, right), [left, right])
    }
    return left
  }

  private mutating func joined() throws(ChatTemplateError) -> TemplateExpression {
    var parts = [try product()]
    while skip("~") { parts.append(try product()) }
    return parts.count == 1 ? parts[0] : try node(.joined(parts), parts)
  }

  private mutating func product() throws(ChatTemplateError) -> TemplateExpression {
    var left = try power()
    while case .sign(let text) = token, ["*", "/", "//", "%"].contains(text),
      let operation = TemplateOperator(rawValue: text)
    {
      advance()
      let right = try power()
      left = try node(.binary(operation, left, right), [left, right])
    }
    return left
  }

  private mutating func power() throws(ChatTemplateError) -> TemplateExpression {
    var left = try unary()
    while skip("**") {
      let right = try unary()
      left = try node(.binary(.power, left, right), [left, right])
    }
    return left
  }

  private mutating func unary(takesFilters: Bool = true) throws(ChatTemplateError) -> TemplateExpression {
    var value: TemplateExpression
    if token == .sign("-") || token == .sign("+") {
      let isNegative = token == .sign("-")
      advance()
      let inner = try nested { (parser: inout TemplateParser) throws(ChatTemplateError) in
        try parser.unary(takesFilters: false)
      }
      value = try node(isNegative ? .negative(inner) : .positive(inner), [inner])
    } else {
      value = try primary()
    }
    value = try postfix(value)
    return takesFilters ? try filters(value) : value
  }

  private mutating func primary() throws(ChatTemplateError) -> TemplateExpression {
    switch token {
    case .name(let name):
      advance()
      switch name {
      case "true", "True": return try node(.constant(.bool(true)), [])
      case "false", "False": return try node(.constant(.bool(false)), [])
      case "none", "None": return try node(.constant(.null), [])
      default: return try node(.name(name), [])
      }
    case .string(var text):
      advance()
      // Strings that stand side by side are one.
      while case .string(let more) = token {
        text += more
        advance()
      }
      return try node(.constant(.string(text)), [])
    case .integer(let value):
      advance()
      return try node(.constant(.int(value)), [])
    case .float(let value):
      advance()
      return try node(.constant(.float(value)), [])
    case .sign("("):
      advance()
      if skip(")") { return try node(.tuple([]), []) }
      let inner = try tuple()
      try expect(")")
      return inner
    case .sign("["):
      advance()
      let elements = try list(closing: "]")
      return try node(.list(elements), elements)
    case .sign("{"): return try map()
    default: throw unexpected(wanted: "a value")
    }
  }

  private mutating func list(closing: String) throws(ChatTemplateError) -> [TemplateExpression] {
    var elements: [TemplateExpression] = []
    while !skip(closing) {
      if !elements.isEmpty {
        try expect(",")
        if skip(closing) { break }
      }
      elements.append(try expression())
    }
    return elements
  }

  private mutating func map() throws(ChatTemplateError) -> TemplateExpression {
    advance()
    var entries: [TemplateExpression.Entry] = []
    while !skip("}") {
      if !entries.isEmpty {
        try expect(",")
        if skip("}") { break }
      }
      let key = try expression()
      try expect(":")
      entries.append(TemplateExpression.Entry(key: key, value: try expression()))
    }
    return try node(.map(entries), entries.flatMap { [$0.key, $0.value] })
  }

  private mutating func postfix(_ value: TemplateExpression) throws(ChatTemplateError) -> TemplateExpression {
    var value = value
    while true {
      if skip(".") {
        if case .integer(let index) = token {
          advance()
          value = try node(.item(value, try node(.constant(.int(index)), [])), [value])
        } else {
          value = try node(.attribute(value, try name()), [value])
        }
      } else if skip("[") {
        value = try subscripted(value)
      } else if token == .sign("(") {
        value = try called(value)
      } else {
        return value
      }
    }
  }

  private mutating func called(_ value: TemplateExpression) throws(ChatTemplateError) -> TemplateExpression {
    let call = try arguments(TemplateCall(name: ""))
    return try node(.call(value, call), [value] + call.expressions)
  }

  private mutating func subscripted(_ value: TemplateExpression) throws(ChatTemplateError) -> TemplateExpression {
    var bounds: [TemplateExpression?] = [nil]
    while !skip("]") {
      if skip(":") {
        bounds.append(nil)
      } else {
        guard bounds[bounds.count - 1] == nil else { throw unexpected(wanted: "']'") }
        bounds[bounds.count - 1] = try expression()
        if token == .sign(",") { throw ChatTemplateError(.unsupported, "an index of several parts", line: line) }
      }
    }
    guard bounds.count <= 3 else { throw ChatTemplateError(.malformed, "a slice of four parts", line: line) }
    if bounds.count == 1 {
      guard let index = bounds[0] else { throw ChatTemplateError(.malformed, "an index is missing", line: line) }
      return try node(.item(value, index), [value, index])
    }
    return try node(
      .slice(value, from: bounds[0], to: bounds[1], by: bounds.count == 3 ? bounds[2] : nil),
      [value] + bounds.compactMap { $0 })
  }

  /// Filters, tests and calls behind a value.
  private mutating func filters(_ value: TemplateExpression) throws(ChatTemplateError) -> TemplateExpression {
    var value = value
    while true {
      if token == .sign("|") {
        for call in try filterChain(isFirst: false) {
          value = try node(.filter(value, call), [value] + call.expressions)
        }
      } else if skip(name: "is") {
        value = try test(value)
      } else if token == .sign("(") {
        value = try called(value)
      } else {
        return value
      }
    }
  }

  /// Filters one behind the other.
  ///
  /// - Parameter isFirst: whether the first stands without a `|`.
  mutating func filterChain(isFirst: Bool) throws(ChatTemplateError) -> [TemplateCall] {
    var calls: [TemplateCall] = []
    while (isFirst && calls.isEmpty) || skip("|") {
      var call = TemplateCall(name: try dottedName())
      if token == .sign("(") { call = try arguments(call) }
      calls.append(call)
      guard calls.count <= limits.nesting else {
        throw ChatTemplateError(.limit, "more than \(limits.nesting) filters in a row", line: line)
      }
    }
    return calls
  }

  private mutating func dottedName() throws(ChatTemplateError) -> String {
    var text = try name()
    while skip(".") { text += "." + (try name()) }
    return text
  }

  private mutating func test(_ value: TemplateExpression) throws(ChatTemplateError) -> TemplateExpression {
    let isNegated = skip(name: "not")
    var call = TemplateCall(name: try dottedName())
    if token == .sign("(") {
      call = try arguments(call)
    } else {
      let takesArgument =
        switch token {
        case .name(let name): !["else", "or", "and", "is", "if", "in", "not"].contains(name)
        case .string, .integer, .float, .sign("["), .sign("{"): true
        default: false
        }
      if takesArgument { call.positional = [try postfix(primary())] }
    }
    if token == .name("is") { throw unexpected(wanted: "only one test") }
    let result = try node(.test(value, call), [value] + call.expressions)
    return isNegated ? try node(.not(result), [result]) : result
  }

  /// Arguments in brackets.
  private mutating func arguments(_ call: TemplateCall) throws(ChatTemplateError) -> TemplateCall {
    var call = call
    try expect("(")
    while !skip(")") {
      if !(call.positional.isEmpty && call.named.isEmpty) {
        try expect(",")
        if skip(")") { break }
      }
      if token == .sign("*") || token == .sign("**") {
        throw ChatTemplateError(.unsupported, "arguments out of a list", line: line)
      }
      if case .name(let name) = token, peek() == .sign("=") {
        advance()
        advance()
        call.named.append(TemplateCall.Named(name: name, value: try expression()))
      } else {
        guard call.named.isEmpty else {
          throw ChatTemplateError(.malformed, "an argument without a name behind one with it", line: line)
        }
        call.positional.append(try expression())
      }
    }
    return call
  }
}

extension TemplateCall {
  /// The expressions of all arguments.
  fileprivate var expressions: [TemplateExpression] { positional + named.map(\.value) }
}
