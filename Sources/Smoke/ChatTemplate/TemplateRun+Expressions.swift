extension TemplateRun {
  /// The value of an expression.
  mutating func evaluate(_ expression: TemplateExpression) throws(ChatTemplateError) -> TemplateValue {
    try nested { (run: inout TemplateRun) throws(ChatTemplateError) in
      try run.spend()
      return try run.value(expression.kind)
    }
  }

  private mutating func value(_ kind: TemplateExpression.Kind) throws(ChatTemplateError) -> TemplateValue {
    switch kind {
    case .constant(let value): return value
    case .name(let name): return variable(name)
    case .list(let parts): return try list(try values(parts))
    case .tuple(let parts): return try list(try values(parts), .tuple)
    case .map(let entries):
      var made: [TemplateMap.Entry] = []
      for entry in entries {
        made.append(TemplateMap.Entry(key: try hashable(try evaluate(entry.key)), value: try evaluate(entry.value)))
      }
      return try map(made)
    case .attribute(let base, let name): return try attribute(name, of: try evaluate(base))
    case .item(let base, let index): return try item(try evaluate(index), of: try evaluate(base))
    case .slice(let base, let from, let to, let by):
      let value = try evaluate(base)
      return try slice(value, from: try bound(from), to: try bound(to), by: try bound(by))
    case .call(let function, let call): return try self.call(function, call)
    case .filter(let base, let call):
      let value = try evaluate(base)
      return try filter(value, call.name, try arguments(call, of: "filter"))
    case .test(let base, let call):
      let value = try evaluate(base)
      return .bool(try test(value, call.name, try arguments(call, of: "test")))
    case .not(let inner): return .bool(!(try evaluate(inner).isTrue))
    case .negative(let inner): return try negated(try evaluate(inner))
    case .positive(let inner):
      let value = try evaluate(inner)
      guard value.number != nil else { throw ChatTemplateError(.failed, "+ of \(value.kindName)") }
      return value.wholeNumber.map(TemplateValue.int) ?? value
    case .binary(let operation, let left, let right):
      let first = try evaluate(left)
      return try compute(operation, first, try evaluate(right))
    case .joined(let parts):
      var text = ""
      for part in parts {
        text += try string(try evaluate(part))
        try make(text.utf8.count)
      }
      return .string(text)
    case .comparison(let left, let others): return .bool(try compare(left, others))
    case .and(let left, let right):
      let first = try evaluate(left)
      return first.isTrue ? try evaluate(right) : first
    case .or(let left, let right):
      let first = try evaluate(left)
      return first.isTrue ? first : try evaluate(right)
    case .conditional(let condition, let then, let otherwise):
      if try evaluate(condition).isTrue { return try evaluate(then) }
      guard let otherwise else { return .undefined("a condition without else") }
      return try evaluate(otherwise)
    }
  }

  private mutating func values(_ parts: [TemplateExpression]) throws(ChatTemplateError) -> [TemplateValue] {
    var values: [TemplateValue] = []
    for part in parts { values.append(try evaluate(part)) }
    return values
  }

  private mutating func compare(
    _ left: TemplateExpression, _ others: [TemplateExpression.Comparison]
  ) throws(ChatTemplateError) -> Bool {
    var value = try evaluate(left)
    for other in others {
      let right = try evaluate(other.right)
      guard try holds(other.relation, value, right) else { return false }
      value = right
    }
    return true
  }

  /// The arguments of a call, evaluated; `kind` and the name say what is called.
  mutating func arguments(_ call: TemplateCall, of kind: String) throws(ChatTemplateError) -> TemplateArguments {
    var arguments = TemplateArguments(of: "\(kind) '\(call.name)'")
    arguments.positional = try values(call.positional)
    for named in call.named { arguments.named.append((named.name, try evaluate(named.value))) }
    return arguments
  }

  private mutating func call(
    _ function: TemplateExpression, _ call: TemplateCall
  ) throws(ChatTemplateError) -> TemplateValue {
    // A method is looked up and called in one step, so that it needs not be a value of its own.
    if case .attribute(let base, let name) = function.kind {
      let object = try evaluate(base)
      if case .method = try attribute(name, of: object) {
        return try method(name, of: object, try arguments(TemplateCall(name, call), of: "method"))
      }
    }
    let callee = try evaluate(function)
    switch callee {
    case .macro(let number): return try self.call(macro: number, try arguments(TemplateCall("", call), of: "macro"))
    case .function(let function):
      return try self.call(function, try arguments(TemplateCall(function.rawValue, call), of: "function"))
    case .undefined(let name): throw ChatTemplateError.unsupported("function '\(name.prefix(40))'")
    default: throw ChatTemplateError(.failed, "a call of \(callee.kindName)")
    }
  }

  // MARK: Parts of values

  /// What `value.name` is.
  func attribute(_ name: String, of value: TemplateValue) throws(ChatTemplateError) -> TemplateValue {
    switch value {
    case .undefined: throw ChatTemplateError(.failed, "an attribute '\(name)' of \(value.kindName)")
    case .map(let map):
      if Self.mapMethods.contains(name) { return .method(name) }
      return map[name] ?? .undefined(name)
    case .string, .markup: return Self.textMethods.contains(name) ? .method(name) : .undefined(name)
    case .sequence: return Self.listMethods.contains(name) ? .method(name) : .undefined(name)
    case .namespace(let number): return namespaces[number][name] ?? .undefined(name)
    case .loop(let loop):
      guard let value = loop.attribute(name) else { throw ChatTemplateError.unsupported("'loop.\(name)'") }
      return value
    case .macro, .function, .method: throw ChatTemplateError.unsupported("an attribute of \(value.kindName)")
    case .null, .bool, .int, .float: return .undefined(name)
    }
  }

  /// What `value[index]` is.
  mutating func item(_ index: TemplateValue, of value: TemplateValue) throws(ChatTemplateError) -> TemplateValue {
    if case .undefined = value { throw ChatTemplateError(.failed, "an element of \(value.kindName)") }
    if case .map(let map) = value {
      try spend(map.entries.count)
      for entry in map.entries where try equals(entry.key, index) { return entry.value }
    } else if let place = index.wholeNumber {
      switch value {
      case .sequence(let sequence) where sequence.kind != .generator:
        let place = place < 0 ? place &+ sequence.elements.count : place
        return sequence.elements.indices.contains(place) ? sequence.elements[place] : .undefined("\(place)")
      case .string(let text):
        try spend(text.utf8.count)
        let scalars = Array(text.unicodeScalars)
        let place = place < 0 ? place &+ scalars.count : place
        return scalars.indices.contains(place) ? .string(String(scalars[place])) : .undefined("\(place)")
      default: return .undefined("\(place)")
      }
    }
    guard let name = index.text else { return .undefined("an element") }
    return try attribute(name, of: value)
  }

  /// A bound of a slice; nil when it is left out or none.
  private mutating func bound(_ expression: TemplateExpression?) throws(ChatTemplateError) -> Int? {
    guard let expression else { return nil }
    let value = try evaluate(expression)
    if case .null = value { return nil }
    guard let number = value.wholeNumber else { throw ChatTemplateError(.failed, "a slice up to \(value.kindName)") }
    return number
  }

  private mutating func slice(
    _ value: TemplateValue, from: Int?, to: Int?, by: Int?
  ) throws(ChatTemplateError) -> TemplateValue {
    let step = by ?? 1
    guard step != 0 else { throw ChatTemplateError(.failed, "a slice by steps of 0") }
    switch value {
    case .sequence(let sequence) where sequence.kind != .generator:
      let places = Self.places(sequence.elements.count, from, to, step)
      return try list(places.map { sequence.elements[$0] }, sequence.kind)
    case .string(let text):
      try spend(text.utf8.count)
      let scalars = Array(text.unicodeScalars)
      var result = String.UnicodeScalarView()
      for place in Self.places(scalars.count, from, to, step) { result.append(scalars[place]) }
      return .string(String(result))
    case .undefined: throw ChatTemplateError(.failed, "a slice of \(value.kindName)")
    case .null, .bool, .int, .float: return .undefined("a slice")
    default: throw ChatTemplateError.unsupported("a slice of \(value.kindName)")
    }
  }

  /// The places that a slice takes, as in Python.
  static func places(_ count: Int, _ from: Int?, _ to: Int?, _ step: Int) -> StrideTo<Int> {
    func clamped(_ bound: Int) -> Int {
      let place = bound < 0 ? bound &+ count : bound
      return step > 0 ? min(max(place, 0), count) : min(max(place, -1), count - 1)
    }
    let start = from.map(clamped) ?? (step > 0 ? 0 : count - 1)
    let end = to.map(clamped) ?? (step > 0 ? count : -1)
    return stride(from: start, to: end, by: step)
  }

  /// The elements that a loop walks over.
  mutating func elements(_ value: TemplateValue) throws(ChatTemplateError) -> [TemplateValue] {
    switch value {
    case .undefined: return []
    case .sequence(let sequence): return sequence.elements
    case .map(let map): return map.entries.map(\.key)
    case .string(let text):
      try make(text.utf8.count)
      return text.unicodeScalars.map { .string(String($0)) }
    default: throw ChatTemplateError(.failed, "a walk over \(value.kindName)")
    }
  }

  /// A value that may be a key.
  private func hashable(_ value: TemplateValue) throws(ChatTemplateError) -> TemplateValue {
    switch value {
    case .null, .bool, .int, .float, .string: return value
    default: throw ChatTemplateError.unsupported("\(value.kindName) as a key")
    }
  }
}

extension TemplateCall {
  /// The same arguments under another name.
  fileprivate init(_ name: String, _ call: TemplateCall) {
    self.init(name: name, positional: call.positional, named: call.named)
  }
}
