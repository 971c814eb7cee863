extension TemplateRun {
  /// `value is name(arguments)`.
  mutating func test(
    _ value: TemplateValue, _ name: String, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> Bool {
    if let relation = Self.relations[name] {
      guard let other = try arguments.bound(["other"])[0] else {
        throw ChatTemplateError(.failed, "\(arguments.of) lacks an argument")
      }
      return try holds(relation, value, other)
    }
    if name == "divisibleby" {
      guard let divisor = try arguments.bound(["num"])[0] else {
        throw ChatTemplateError(.failed, "\(arguments.of) lacks an argument")
      }
      return try equals(try compute(.modulo, value, divisor), .int(0))
    }
    _ = try arguments.bound([])
    switch name {
    case "odd", "even": return try equals(try compute(.modulo, value, .int(2)), .int(name == "odd" ? 1 : 0))
    case "lower", "upper":
      let text = try string(value)
      return text.isSame(as: try changedCase(text, name)) && text.unicodeScalars.contains { $0.properties.isCased }
    default: break
    }
    switch (name, value) {
    case ("defined", .undefined): return false
    case ("defined", _): return true
    case ("undefined", .undefined), ("none", .null): return true
    case ("true", .bool(let value)): return value
    case ("false", .bool(let value)): return !value
    case ("boolean", .bool), ("integer", .int), ("float", .float), ("mapping", .map): return true
    case ("number", .int), ("number", .float), ("number", .bool): return true
    case ("string", .string), ("string", .markup): return true
    case ("iterable", .undefined), ("iterable", .string), ("iterable", .markup), ("iterable", .sequence),
      ("iterable", .map), ("iterable", .loop):
      return true
    case ("sequence", .sequence(let sequence)): return sequence.kind != .generator
    case ("sequence", .undefined), ("sequence", .string), ("sequence", .markup), ("sequence", .map): return true
    case ("callable", .macro), ("callable", .function), ("callable", .method): return true
    case ("undefined", _), ("none", _), ("true", _), ("false", _), ("boolean", _), ("integer", _), ("float", _),
      ("mapping", _), ("number", _), ("string", _), ("iterable", _), ("sequence", _), ("callable", _):
      return false
    default: throw ChatTemplateError.unsupported("test '\(name.prefix(40))'")
    }
  }

  private static let relations: [String: TemplateRelation] = [
    "equalto": .equal, "eq": .equal, "==": .equal, "ne": .unequal, "!=": .unequal, "lt": .less, "lessthan": .less,
    "<": .less, "le": .lessOrEqual, "<=": .lessOrEqual, "gt": .greater, "greaterthan": .greater, ">": .greater,
    "ge": .greaterOrEqual, ">=": .greaterOrEqual, "in": .inside,
  ]
}
