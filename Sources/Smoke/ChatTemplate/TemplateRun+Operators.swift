import Foundation

extension TemplateRun {
  // MARK: Arithmetic

  /// The result of an operator, with Python's rules.
  mutating func compute(
    _ operation: TemplateOperator, _ left: TemplateValue, _ right: TemplateValue
  ) throws(ChatTemplateError) -> TemplateValue {
    if let first = left.wholeNumber, let second = right.wholeNumber, operation != .divided {
      return try whole(operation, first, second)
    }
    if let first = left.number, let second = right.number { return try floating(operation, first, second) }
    switch (operation, left, right) {
    case (.plus, .string(let first), .string(let second)):
      try make(first.utf8.count + second.utf8.count)
      return .string(first + second)
    case (.plus, .markup, .string), (.plus, .string, .markup), (.plus, .markup, .markup):
      return .markup(try escaped(left) + escaped(right))
    case (.plus, .sequence(let first), .sequence(let second))
    where first.kind == second.kind && first.kind != .generator:
      try make(first.elements.count + second.elements.count)
      return try list(first.elements + second.elements, first.kind)
    case (.times, .string(let text), _), (.times, _, .string(let text)):
      guard let count = left.wholeNumber ?? right.wholeNumber else { break }
      let (size, overflow) = text.utf8.count.multipliedReportingOverflow(by: max(0, count))
      try make(overflow ? .max : size)
      return .string(size == 0 ? "" : String(repeating: text, count: max(0, count)))
    case (.times, .sequence, _), (.times, _, .sequence), (.modulo, .string, _), (.modulo, .markup, _):
      throw ChatTemplateError.unsupported("\(left.kindName) \(operation.rawValue) \(right.kindName)")
    default: break
    }
    throw ChatTemplateError(.failed, "\(left.kindName) \(operation.rawValue) \(right.kindName)")
  }

  private mutating func escaped(_ value: TemplateValue) throws(ChatTemplateError) -> String {
    guard case .string(let text) = value else { return value.text ?? "" }
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "'": result += "&#39;"
      case "\"": result += "&#34;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    try make(result.utf8.count)
    return result
  }

  private func whole(
    _ operation: TemplateOperator, _ left: Int, _ right: Int
  ) throws(ChatTemplateError) -> TemplateValue {
    let result: (partialValue: Int, overflow: Bool)
    switch operation {
    case .plus: result = left.addingReportingOverflow(right)
    case .minus: result = left.subtractingReportingOverflow(right)
    case .times: result = left.multipliedReportingOverflow(by: right)
    case .divided, .floorDivided, .modulo:
      guard right != 0 else { throw ChatTemplateError(.failed, "a division by zero") }
      let quotient = left.dividedReportingOverflow(by: right)
      let rest = quotient.overflow ? 0 : left % right
      let isBelow = rest != 0 && (rest < 0) != (right < 0)
      result =
        operation == .modulo
        ? (isBelow ? rest + right : rest, false) : (quotient.partialValue &- (isBelow ? 1 : 0), quotient.overflow)
    case .power:
      guard right >= 0 else { return .float(pow(Double(left), Double(right))) }
      var power = (partialValue: 1, overflow: false)
      if (-1...1).contains(left) {
        power.partialValue = right == 0 ? 1 : left == -1 && right % 2 == 0 ? 1 : left
      } else {
        // Beyond 63 factors every whole number overflows.
        for _ in 0..<min(right, 64) where !power.overflow {
          power = power.partialValue.multipliedReportingOverflow(by: left)
        }
      }
      result = power
    }
    guard !result.overflow else { throw ChatTemplateError.unsupported("a whole number beyond 64 bits") }
    return .int(result.partialValue)
  }

  private func floating(
    _ operation: TemplateOperator, _ left: Double, _ right: Double
  ) throws(ChatTemplateError) -> TemplateValue {
    if operation == .divided || operation == .floorDivided || operation == .modulo, right == 0 {
      throw ChatTemplateError(.failed, "a division by zero")
    }
    let value: Double
    switch operation {
    case .plus: value = left + right
    case .minus: value = left - right
    case .times: value = left * right
    case .divided: value = left / right
    case .floorDivided: value = (left / right).rounded(.down)
    case .modulo: value = left - right * (left / right).rounded(.down)
    case .power: value = pow(left, right)
    }
    guard value.isFinite else { throw ChatTemplateError.unsupported("a number that is not finite") }
    return .float(value)
  }

  func negated(_ value: TemplateValue) throws(ChatTemplateError) -> TemplateValue {
    if let number = value.wholeNumber { return try whole(.minus, 0, number) }
    guard case .float(let number) = value else { throw ChatTemplateError(.failed, "- of \(value.kindName)") }
    return .float(-number)
  }

  // MARK: Relations

  mutating func holds(
    _ relation: TemplateRelation, _ left: TemplateValue, _ right: TemplateValue
  ) throws(ChatTemplateError) -> Bool {
    switch relation {
    case .equal: return try equals(left, right)
    case .unequal: return try !equals(left, right)
    case .less: return try isBelow(left, right, relation)
    case .greater: return try isBelow(right, left, relation)
    case .lessOrEqual: return try !isBelow(right, left, relation)
    case .greaterOrEqual: return try !isBelow(left, right, relation)
    case .inside: return try contains(right, left)
    case .outside: return try !contains(right, left)
    }
  }

  /// Whether two values are equal; never fails for their kinds.
  mutating func equals(_ left: TemplateValue, _ right: TemplateValue) throws(ChatTemplateError) -> Bool {
    try spend()
    if let first = left.wholeNumber, let second = right.wholeNumber { return first == second }
    if let first = left.number, let second = right.number { return first == second }
    if let first = left.text, let second = right.text {
      try spend(min(first.utf8.count, second.utf8.count))
      return first.isSame(as: second)
    }
    switch (left, right) {
    case (.undefined, .undefined), (.null, .null): return true
    case (.sequence(let first), .sequence(let second)):
      guard first.kind == second.kind, first.elements.count == second.elements.count else { return false }
      for (one, other) in zip(first.elements, second.elements) where try !equals(one, other) { return false }
      return true
    case (.map(let first), .map(let second)):
      guard first.entries.count == second.entries.count else { return false }
      for entry in first.entries {
        var isThere = false
        for other in second.entries where !isThere {
          guard try equals(entry.key, other.key) else { continue }
          isThere = try equals(entry.value, other.value)
        }
        guard isThere else { return false }
      }
      return true
    case (.namespace(let first), .namespace(let second)), (.macro(let first), .macro(let second)):
      return first == second
    default: return false
    }
  }

  private mutating func isBelow(
    _ left: TemplateValue, _ right: TemplateValue, _ relation: TemplateRelation
  ) throws(ChatTemplateError) -> Bool {
    if let first = left.wholeNumber, let second = right.wholeNumber { return first < second }
    if let first = left.number, let second = right.number { return first < second }
    if let first = left.text, let second = right.text {
      try spend(min(first.utf8.count, second.utf8.count))
      return first.utf8.lexicographicallyPrecedes(second.utf8)
    }
    if case .sequence = left, case .sequence = right { throw ChatTemplateError.unsupported("the order of lists") }
    throw ChatTemplateError(.failed, "\(left.kindName) \(relation.rawValue) \(right.kindName)")
  }

  private mutating func contains(_ whole: TemplateValue, _ part: TemplateValue) throws(ChatTemplateError) -> Bool {
    switch whole {
    case .undefined: return false
    case .string(let text), .markup(let text):
      guard let wanted = part.text else { throw ChatTemplateError(.failed, "\(part.kindName) in a text") }
      return try find(Array(wanted.utf8), in: Array(text.utf8), from: 0) != nil
    case .sequence(let sequence):
      for element in sequence.elements where try equals(element, part) { return true }
      return false
    case .map(let map):
      for entry in map.entries where try equals(entry.key, part) { return true }
      return false
    default: throw ChatTemplateError(.failed, "something in \(whole.kindName)")
    }
  }

  /// Where bytes occur in others for the first time; the work counts, since a hostile text makes it long.
  mutating func find(_ wanted: [UInt8], in text: [UInt8], from start: Int) throws(ChatTemplateError) -> Int? {
    guard let first = wanted.first else { return start <= text.count ? start : nil }
    guard start <= text.count - wanted.count else { return nil }
    var compared = 0
    for place in start...text.count - wanted.count {
      compared += 1
      guard text[place] == first else { continue }
      var length = 1
      while length < wanted.count, text[place + length] == wanted[length] { length += 1 }
      compared += length
      if length == wanted.count {
        try spend(compared)
        return place
      }
      if compared > 1 << 16 {
        try spend(compared)
        compared = 0
      }
    }
    try spend(compared)
    return nil
  }
}
