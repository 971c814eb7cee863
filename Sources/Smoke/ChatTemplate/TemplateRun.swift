/// One rendering of a template.
struct TemplateRun {
  let limits: TemplateLimits
  /// Variables, from the template's own to those of the innermost block.
  var scopes: [[String: TemplateValue]]
  /// The first scope that is seen besides the template's own: a macro does not see its caller's.
  var visibleFrom = 1
  var namespaces: [[String: TemplateValue]] = []
  private var macros: [TemplateNode.Macro] = []
  private var output = ""
  private var line = 1
  private var steps = 0
  private var depth = 0

  init(variables: [String: TemplateValue], limits: TemplateLimits) {
    scopes = [variables]
    self.limits = limits
  }

  /// The text that statements write.
  ///
  /// - Throws: `ChatTemplateError`.
  mutating func render(_ nodes: [TemplateNode]) throws(ChatTemplateError) -> String {
    do throws(ChatTemplateError) {
      _ = try execute(nodes)
      return output
    } catch {
      var error = error
      error.line = error.line ?? line
      throw error
    }
  }

  // MARK: Bounds

  /// Counts a step, and one more for each 64 bytes or elements.
  mutating func spend(_ amount: Int = 0) throws(ChatTemplateError) {
    steps += 1 + amount / 64
    guard steps <= limits.steps else { throw ChatTemplateError(.limit, "more than \(limits.steps) steps") }
  }

  /// Asks whether a text of so many bytes, or a list of so many elements, may come up.
  mutating func make(_ size: Int) throws(ChatTemplateError) {
    guard size <= limits.size else { throw ChatTemplateError(.limit, "a value of more than \(limits.size) bytes") }
    try spend(size)
  }

  mutating func nested<Result>(
    _ body: (inout TemplateRun) throws(ChatTemplateError) -> Result
  ) throws(ChatTemplateError) -> Result {
    depth += 1
    defer { depth -= 1 }
    guard depth <= limits.recursion else {
      throw ChatTemplateError(.limit, "a recursion of more than \(limits.recursion)")
    }
    return try body(&self)
  }

  /// A list of values.
  mutating func list(
    _ elements: [TemplateValue], _ kind: TemplateSequence.Kind = .list
  ) throws(ChatTemplateError) -> TemplateValue {
    try make(elements.count)
    let depth = try nesting(elements.lazy.map(\.depth).max() ?? 0)
    return .sequence(TemplateSequence(kind: kind, elements: elements, depth: depth))
  }

  /// A mapping; of two entries with the same key the later one's value counts, at the earlier one's place.
  mutating func map(_ entries: [TemplateMap.Entry]) throws(ChatTemplateError) -> TemplateValue {
    try make(entries.count)
    var kept: [TemplateMap.Entry] = []
    for entry in entries {
      var place: Int?
      for (index, other) in kept.enumerated() where place == nil {
        if try equals(other.key, entry.key) { place = index }
      }
      if let place {
        kept[place] = TemplateMap.Entry(key: kept[place].key, value: entry.value)
      } else {
        kept.append(entry)
      }
    }
    let depth = try nesting(kept.lazy.map { max($0.key.depth, $0.value.depth) }.max() ?? 0)
    return .map(TemplateMap(entries: kept, depth: depth))
  }

  private func nesting(_ inner: Int) throws(ChatTemplateError) -> Int {
    guard inner < limits.nesting else {
      throw ChatTemplateError(.limit, "a value nested more than \(limits.nesting) deep")
    }
    return inner + 1
  }

  // MARK: Statements

  private enum Flow { case next, breakLoop, continueLoop }

  private mutating func execute(_ nodes: [TemplateNode]) throws(ChatTemplateError) -> Flow {
    try nested { (run: inout TemplateRun) throws(ChatTemplateError) in
      for node in nodes {
        let flow = try run.execute(node)
        guard case .next = flow else { return flow }
      }
      return .next
    }
  }

  private mutating func execute(_ node: TemplateNode) throws(ChatTemplateError) -> Flow {
    try spend()
    switch node {
    case .text(let text): try write(text)
    case .output(let expression, let line):
      self.line = line
      let value = try evaluate(expression)
      try write(try string(value))
    case .conditional(let branches, let line):
      self.line = line
      for branch in branches {
        if let condition = branch.condition, !(try evaluate(condition).isTrue) { continue }
        return try execute(branch.body)
      }
    case .loop(let loop, let line):
      self.line = line
      try execute(loop)
    case .set(let target, let expression, let line):
      self.line = line
      try assign(try evaluate(expression), to: target)
    case .setBlock(let target, let filters, let body, let line):
      self.line = line
      let text = try captured(body)
      try assign(try filtered(.string(text), filters), to: target)
    case .macro(let macro, let line):
      self.line = line
      guard visibleFrom == 1, scopes.count == 1 else {
        throw ChatTemplateError.unsupported("a macro inside of a block")
      }
      macros.append(macro)
      scopes[0][macro.name] = .macro(macros.count - 1)
    case .filterBlock(let filters, let body, let line):
      self.line = line
      let text = try captured(body)
      try write(try string(try filtered(.string(text), filters)))
    case .block(let body): try write(try captured(body))
    case .breakLoop: return .breakLoop
    case .continueLoop: return .continueLoop
    }
    return .next
  }

  private mutating func write(_ text: String) throws(ChatTemplateError) {
    guard output.utf8.count + text.utf8.count <= limits.size else {
      throw ChatTemplateError(.limit, "a text of more than \(limits.size) bytes")
    }
    try spend(text.utf8.count)
    output += text
  }

  /// What statements write in a scope of their own.
  private mutating func captured(
    _ body: [TemplateNode], _ scope: [String: TemplateValue] = [:]
  ) throws(ChatTemplateError) -> String {
    let outer = output
    output = ""
    scopes.append(scope)
    defer {
      scopes.removeLast()
      output = outer
    }
    _ = try execute(body)
    return output
  }

  private mutating func filtered(
    _ value: TemplateValue, _ filters: [TemplateCall]
  ) throws(ChatTemplateError) -> TemplateValue {
    var value = value
    for call in filters { value = try filter(value, call.name, try arguments(call, of: "filter")) }
    return value
  }

  private mutating func execute(_ loop: TemplateNode.Loop) throws(ChatTemplateError) {
    let all = try elements(try evaluate(loop.sequence))
    var kept = all
    if let condition = loop.condition {
      kept = []
      for element in all {
        scopes.append([:])
        defer { scopes.removeLast() }
        try assign(element, to: loop.target)
        if try evaluate(condition).isTrue { kept.append(element) }
      }
    }
    guard case .sequence(let sequence) = try list(kept) else { return }
    guard !kept.isEmpty else {
      scopes.append([:])
      defer { scopes.removeLast() }
      _ = try execute(loop.otherwise)
      return
    }
    for (index, element) in kept.enumerated() {
      try spend()
      scopes.append(["loop": .loop(TemplateLoop(sequence: sequence, index: index))])
      defer { scopes.removeLast() }
      try assign(element, to: loop.target)
      if case .breakLoop = try execute(loop.body) { return }
    }
  }

  private mutating func assign(_ value: TemplateValue, to target: TemplateTarget) throws(ChatTemplateError) {
    switch target {
    case .name(let name): scopes[scopes.count - 1][name] = value
    case .attribute(let of, let name):
      guard case .namespace(let number) = variable(of) else {
        throw ChatTemplateError(.failed, "'\(of)' is no namespace")
      }
      namespaces[number][name] = value
    case .parts(let targets):
      let parts = try elements(value)
      guard parts.count == targets.count else {
        throw ChatTemplateError(.failed, "\(parts.count) values for \(targets.count) names")
      }
      for (target, part) in zip(targets, parts) { try assign(part, to: target) }
    }
  }

  // MARK: Names and macros

  /// The value of a variable.
  func variable(_ name: String) -> TemplateValue {
    for scope in scopes[min(visibleFrom, scopes.count)...].reversed() {
      if let value = scope[name] { return value }
    }
    return scopes[0][name] ?? TemplateFunction(rawValue: name).map(TemplateValue.function) ?? .undefined(name)
  }

  /// What a macro writes.
  mutating func call(macro number: Int, _ arguments: TemplateArguments) throws(ChatTemplateError) -> TemplateValue {
    let macro = macros[number]
    let outer = visibleFrom
    visibleFrom = scopes.count
    defer { visibleFrom = outer }
    let given = try arguments.bound(macro.parameters.map(\.name))
    scopes.append([:])
    defer { scopes.removeLast() }
    for (parameter, value) in zip(macro.parameters, given) {
      let chosen: TemplateValue
      if let value {
        chosen = value
      } else if let standard = parameter.standard {
        chosen = try evaluate(standard)
      } else {
        chosen = .undefined(parameter.name)
      }
      scopes[scopes.count - 1][parameter.name] = chosen
    }
    return .string(try captured(macro.body))
  }
}

/// Arguments of a call, evaluated.
struct TemplateArguments {
  /// What is called: `filter 'join'`.
  let of: String
  var positional: [TemplateValue] = []
  var named: [(name: String, value: TemplateValue)] = []

  /// The arguments in the order of parameters; nil where none was given.
  ///
  /// - Throws: `unsupported` for too many and for names that are no parameter.
  func bound(_ parameters: [String]) throws(ChatTemplateError) -> [TemplateValue?] {
    guard positional.count <= parameters.count else {
      throw ChatTemplateError.unsupported("\(of) with \(positional.count) arguments")
    }
    var values: [TemplateValue?] = positional
    values += Array(repeating: nil, count: parameters.count - positional.count)
    for (name, value) in named {
      guard let place = parameters.firstIndex(of: name), values[place] == nil else {
        throw ChatTemplateError.unsupported("\(of) with the argument '\(name.prefix(40))'")
      }
      values[place] = value
    }
    return values
  }
}
