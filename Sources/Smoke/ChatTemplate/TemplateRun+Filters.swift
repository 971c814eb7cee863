extension TemplateRun {
  /// `value | name(arguments)`.
  mutating func filter(
    _ value: TemplateValue, _ name: String, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    switch name {
    case "trim":
      let given = try arguments.bound(["chars"])
      return .string(try stripped(try string(value), given[0], left: true, right: true))
    case "upper", "lower", "title", "capitalize":
      _ = try arguments.bound([])
      return .string(try changedCase(try string(value), name))
    case "replace":
      let given = try arguments.bound(["old", "new", "count"])
      guard let old = given[0], let new = given[1] else { throw missing(arguments) }
      return .string(
        try replaced(try string(value), try string(old), by: try string(new), count: given[2]?.wholeNumber))
    case "string":
      _ = try arguments.bound([])
      if case .markup = value { return value }
      return .string(try string(value))
    case "safe":
      _ = try arguments.bound([])
      return .markup(try string(value))
    case "indent": return .string(try indented(try string(value), arguments))
    case "tojson": return .string(try json(value, arguments))
    case "int": return try integer(value, arguments)
    case "float": return try floating(value, arguments)
    case "abs":
      _ = try arguments.bound([])
      guard let number = value.number else { throw ChatTemplateError(.failed, "abs of \(value.kindName)") }
      return number < 0 ? try negated(value) : value
    case "default", "d":
      let given = try arguments.bound(["default_value", "boolean"])
      let standard = given[0] ?? .string("")
      if case .undefined = value { return standard }
      return given[1]?.isTrue == true && !value.isTrue ? standard : value
    case "length", "count":
      _ = try arguments.bound([])
      return .int(try length(value))
    default: return try listFilter(value, name, arguments)
    }
  }

  private mutating func listFilter(
    _ value: TemplateValue, _ name: String, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    switch name {
    case "list":
      _ = try arguments.bound([])
      return try list(try elements(value))
    case "first":
      _ = try arguments.bound([])
      return try elements(value).first ?? .undefined("the first of nothing")
    case "last":
      _ = try arguments.bound([])
      if case .sequence(let sequence) = value, sequence.kind == .generator {
        throw ChatTemplateError(.failed, "the last of a generator")
      }
      return try elements(value).last ?? .undefined("the last of nothing")
    case "reverse":
      _ = try arguments.bound([])
      if let text = value.text { return .string(String(String.UnicodeScalarView(text.unicodeScalars.reversed()))) }
      return try list(try elements(value).reversed(), .generator)
    case "items":
      _ = try arguments.bound([])
      switch value {
      case .undefined: return try list([], .generator)
      case .map(let map): return try pairs(map, .generator)
      default: throw ChatTemplateError(.failed, "items of \(value.kindName)")
      }
    case "join":
      let given = try arguments.bound(["d", "attribute"])
      var parts: [String] = []
      for element in try elements(value) {
        let part = try given[1].map { (path) throws(ChatTemplateError) in try follow(path, from: element) } ?? element
        if case .markup = part { throw ChatTemplateError.unsupported("join of safe texts") }
        parts.append(try string(part))
      }
      return .string(try joined(parts, try string(given[0] ?? .string(""))))
    case "unique":
      let given = try arguments.bound(["case_sensitive", "attribute"])
      guard given[1] == nil else { throw ChatTemplateError.unsupported("\(arguments.of) with an attribute") }
      return try unique(try elements(value), ignoresCase: given[0]?.isTrue != true)
    case "select", "reject", "selectattr", "rejectattr": return try selected(value, name, arguments)
    case "map": return try mapped(value, arguments)
    default: throw ChatTemplateError.unsupported("filter '\(name.prefix(40))'")
    }
  }

  private func missing(_ arguments: TemplateArguments) -> ChatTemplateError {
    ChatTemplateError(.failed, "\(arguments.of) lacks an argument")
  }

  /// Python's `len`.
  private mutating func length(_ value: TemplateValue) throws(ChatTemplateError) -> Int {
    switch value {
    case .undefined: return 0
    case .string(let text), .markup(let text):
      try spend(text.utf8.count)
      return text.unicodeScalars.count
    case .sequence(let sequence) where sequence.kind != .generator: return sequence.elements.count
    case .map(let map): return map.entries.count
    case .loop(let loop): return loop.sequence.elements.count
    default: throw ChatTemplateError(.failed, "the length of \(value.kindName)")
    }
  }

  func pairs(_ map: TemplateMap, _ kind: TemplateSequence.Kind) throws(ChatTemplateError) -> TemplateValue {
    guard map.depth + 1 < limits.nesting else { throw ChatTemplateError(.limit, "values nested too deep") }
    let pairs = map.entries.map {
      TemplateValue.sequence(TemplateSequence(kind: .tuple, elements: [$0.key, $0.value], depth: map.depth))
    }
    return .sequence(TemplateSequence(kind: kind, elements: pairs, depth: map.depth + 1))
  }

  /// The value at the end of a path such as `function.name`.
  private mutating func follow(
    _ path: TemplateValue, from value: TemplateValue
  ) throws(ChatTemplateError) -> TemplateValue {
    guard let path = path.text else { return try item(path, of: value) }
    var value = value
    for part in path.split(separator: ".", omittingEmptySubsequences: false) {
      value = try item(Int(part).map(TemplateValue.int) ?? .string(String(part)), of: value)
    }
    return value
  }

  private mutating func unique(
    _ elements: [TemplateValue], ignoresCase: Bool
  ) throws(ChatTemplateError) -> TemplateValue {
    var kept: [TemplateValue] = []
    var keys: [TemplateValue] = []
    for element in elements {
      let key =
        try ignoresCase
        ? element.text.map { (text) throws(ChatTemplateError) in
          TemplateValue.string(try changedCase(text, "lower"))
        } ?? element : element
      var isKnown = false
      for other in keys where !isKnown { isKnown = try equals(other, key) }
      guard !isKnown else { continue }
      keys.append(key)
      kept.append(element)
    }
    return try list(kept, .generator)
  }

  /// The elements for filters that take whatever is false for nothing.
  private mutating func elementsOfSome(_ value: TemplateValue) throws(ChatTemplateError) -> [TemplateValue] {
    value.isTrue ? try elements(value) : []
  }

  /// `select` and its like: the elements, or those with an attribute, for which a test holds or does not.
  private mutating func selected(
    _ value: TemplateValue, _ name: String, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    var rest = arguments.positional[...]
    let path = name.hasSuffix("attr") ? rest.popFirst() : nil
    guard arguments.named.isEmpty, path != nil || !name.hasSuffix("attr") else { throw missing(arguments) }
    let wanted = name.hasPrefix("select")
    let test = rest.popFirst()
    if let test, test.text == nil { throw ChatTemplateError(.failed, "\(arguments.of) with a test without a name") }
    var kept: [TemplateValue] = []
    for element in try elementsOfSome(value) {
      let subject = try path.map { (path) throws(ChatTemplateError) in try follow(path, from: element) } ?? element
      let holds: Bool
      if let name = test?.text {
        holds = try self.test(subject, name, TemplateArguments(of: "test '\(name)'", positional: Array(rest)))
      } else {
        holds = subject.isTrue
      }
      if holds == wanted { kept.append(element) }
    }
    return try list(kept, .generator)
  }

  private mutating func mapped(
    _ value: TemplateValue, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    var made: [TemplateValue] = []
    if let name = arguments.positional.first?.text {
      var rest = TemplateArguments(of: "filter '\(name)'", named: arguments.named)
      rest.positional = Array(arguments.positional.dropFirst())
      for element in try elementsOfSome(value) {
        made.append(
          try nested { (run: inout TemplateRun) throws(ChatTemplateError) in
            try run.filter(element, name, rest)
          })
      }
    } else {
      var names = arguments
      names.positional = []
      let given = try names.bound(["attribute", "default"])
      guard let path = given[0], arguments.positional.isEmpty else { throw missing(arguments) }
      for element in try elementsOfSome(value) {
        let part = try follow(path, from: element)
        if case .undefined = part, let standard = given[1] { made.append(standard) } else { made.append(part) }
      }
    }
    return try list(made, .generator)
  }

  private mutating func indented(
    _ text: String, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> String {
    let given = try arguments.bound(["width", "first", "blank"])
    var indent = "    "
    if let width = given[0] {
      if let count = width.wholeNumber {
        try make(max(0, count))
        indent = String(repeating: " ", count: max(0, count))
      } else {
        indent = try string(width)
      }
    }
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    try make(lines.count)
    // Jinja looks at the lines of the text with a line end more, so that a last empty line stays.
    for index in lines.indices where index > 0 && (given[2]?.isTrue == true || !lines[index].isEmpty) {
      lines[index] = indent + lines[index]
    }
    if given[1]?.isTrue == true, let first = lines.first { lines[0] = indent + first }
    return try joined(lines, "\n")
  }

  private mutating func json(
    _ value: TemplateValue, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> String {
    let given = try arguments.bound(["ensure_ascii", "indent", "separators", "sort_keys"])
    var style = JSONStyle(
      indent: nil, itemSeparator: ", ", keySeparator: ": ", sortsKeys: given[3]?.isTrue == true,
      escapesBeyondASCII: given[0]?.isTrue == true)
    if let indent = given[1]?.wholeNumber {
      guard (0...64).contains(indent) else { throw ChatTemplateError.unsupported("JSON indented by \(indent)") }
      style.indent = indent
      style.itemSeparator = ","
    } else if let indent = given[1], case .null = indent {
    } else if given[1] != nil {
      throw ChatTemplateError.unsupported("JSON indented by a text")
    }
    if let separators = given[2] {
      if case .sequence(let pair) = separators, pair.elements.count == 2, let item = pair.elements[0].text,
        let key = pair.elements[1].text
      {
        style.itemSeparator = item
        style.keySeparator = key
      } else if case .null = separators {
      } else {
        throw ChatTemplateError.unsupported("JSON with such separators")
      }
    }
    return try json(value, style)
  }

  private mutating func integer(
    _ value: TemplateValue, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    let given = try arguments.bound(["default"])
    let standard = given[0] ?? .int(0)
    if let number = value.wholeNumber { return .int(number) }
    guard let number = value.number ?? value.text.flatMap({ Self.number($0) }) else { return standard }
    if let text = value.text, let exact = Int(String(text.trimmed)) { return .int(exact) }
    guard let whole = Int(exactly: number.rounded(.towardZero)) else {
      throw ChatTemplateError.unsupported("a whole number beyond 64 bits")
    }
    return .int(whole)
  }

  private mutating func floating(
    _ value: TemplateValue, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    let given = try arguments.bound(["default"])
    let number = value.number ?? value.text.flatMap { Self.number($0) }
    return number.map(TemplateValue.float) ?? given[0] ?? .float(0)
  }

  /// The number that a text is; nil for others, and for what is not finite.
  private static func number(_ text: String) -> Double? {
    let text = String(text.trimmed)
    guard text.utf8.count <= 400, text.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }) else { return nil }
    return Double(text).flatMap { $0.isFinite ? $0 : nil }
  }
}

extension String {
  /// The text without whitespace around it.
  fileprivate var trimmed: Substring.UnicodeScalarView {
    var view = Substring(self).unicodeScalars
    while let first = view.first, first.isPythonSpace { view.removeFirst() }
    while let last = view.last, last.isPythonSpace { view.removeLast() }
    return view
  }
}
