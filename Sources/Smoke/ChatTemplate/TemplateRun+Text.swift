/// Values as text: as Python prints them, and as JSON.
extension TemplateRun {
  /// What `{{ value }}` writes.
  mutating func string(_ value: TemplateValue) throws(ChatTemplateError) -> String {
    switch value {
    case .undefined: return ""
    case .string(let text), .markup(let text): return text
    default: return try representation(value)
    }
  }

  /// Python's `repr`.
  private mutating func representation(_ value: TemplateValue) throws(ChatTemplateError) -> String {
    try spend()
    switch value {
    case .undefined: return "Undefined"
    case .null: return "None"
    case .bool(let value): return value ? "True" : "False"
    case .int(let value): return "\(value)"
    case .float(let value): return Self.text(value)
    case .string(let text): return try quoted(text)
    case .sequence(let sequence) where sequence.kind != .generator:
      var parts: [String] = []
      for element in sequence.elements { parts.append(try representation(element)) }
      let inner = try joined(parts, ", ")
      if sequence.kind == .list { return "[\(inner)]" }
      return parts.count == 1 ? "(\(inner),)" : "(\(inner))"
    case .map(let map):
      var parts: [String] = []
      for entry in map.entries { parts.append(try representation(entry.key) + ": " + representation(entry.value)) }
      return "{" + (try joined(parts, ", ")) + "}"
    case .sequence, .markup, .namespace, .loop, .macro, .function, .method:
      throw ChatTemplateError.unsupported("\(value.kindName) written out")
    }
  }

  mutating func joined(_ parts: [String], _ separator: String) throws(ChatTemplateError) -> String {
    let size = parts.reduce(0) { $0 + $1.utf8.count } + separator.utf8.count * max(0, parts.count - 1)
    try make(size)
    return parts.joined(separator: separator)
  }

  /// A text in quotes, as Python's `repr` writes it.
  private mutating func quoted(_ text: String) throws(ChatTemplateError) -> String {
    try spend(text.utf8.count)
    let quote: Unicode.Scalar = text.utf8.contains(0x27) && !text.utf8.contains(0x22) ? "\"" : "'"
    var result = String.UnicodeScalarView()
    result.append(quote)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result.append(contentsOf: "\\\\".unicodeScalars)
      case "\n": result.append(contentsOf: "\\n".unicodeScalars)
      case "\r": result.append(contentsOf: "\\r".unicodeScalars)
      case "\t": result.append(contentsOf: "\\t".unicodeScalars)
      case quote:
        result.append("\\")
        result.append(scalar)
      default:
        if scalar == " " || scalar.isPythonPrintable {
          result.append(scalar)
        } else {
          let digits = String(scalar.value, radix: 16)
          let (mark, width) = scalar.value < 0x100 ? ("x", 2) : scalar.value < 0x10000 ? ("u", 4) : ("U", 8)
          let zeros = String(repeating: "0", count: max(0, width - digits.count))
          result.append(contentsOf: "\\\(mark)\(zeros)\(digits)".unicodeScalars)
        }
      }
    }
    result.append(quote)
    return String(result)
  }

  /// A number as Python's `repr` writes it: the shortest digits that say it, with an exponent below 10^-4 and from 10^16 on.
  static func text(_ value: Double) -> String {
    // Swift finds the same digits and only sets them in another way.
    let parts = "\(value.magnitude)".split(separator: "e")
    let mantissa = parts[0].split(separator: ".")
    var digits = mantissa.joined()
    // The value is 0.digits times 10 to this.
    var exponent = mantissa[0].count + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
    let zeros = digits.prefix { $0 == "0" }.count
    digits = String(digits.dropFirst(zeros))
    exponent -= zeros
    while digits.last == "0" { digits.removeLast() }
    let sign = value.sign == .minus ? "-" : ""
    guard !digits.isEmpty else { return sign + "0.0" }
    if exponent > 16 || exponent < -3 {
      let power = exponent - 1
      let rest = digits.count > 1 ? "." + digits.dropFirst() : ""
      let size = power.magnitude < 10 ? "0\(power.magnitude)" : "\(power.magnitude)"
      return sign + digits.prefix(1) + rest + "e" + (power < 0 ? "-" : "+") + size
    }
    if exponent <= 0 { return sign + "0." + String(repeating: "0", count: -exponent) + digits }
    if digits.count <= exponent {
      return sign + digits + String(repeating: "0", count: exponent - digits.count) + ".0"
    }
    return sign + digits.prefix(exponent) + "." + digits.dropFirst(exponent)
  }

  // MARK: JSON

  /// How JSON is laid out: Python's `json.dumps` with these arguments.
  struct JSONStyle {
    /// Blanks of a level; nil writes one line.
    var indent: Int?
    var itemSeparator: String
    var keySeparator: String
    var sortsKeys: Bool
    var escapesBeyondASCII: Bool
  }

  mutating func json(_ value: TemplateValue, _ style: JSONStyle, level: Int = 0) throws(ChatTemplateError) -> String {
    try spend()
    switch value {
    case .null: return "null"
    case .bool(let value): return value ? "true" : "false"
    case .int(let value): return "\(value)"
    case .float(let value): return Self.text(value)
    case .string(let text), .markup(let text): return try jsonString(text, style)
    case .sequence(let sequence) where sequence.kind != .generator:
      var parts: [String] = []
      for element in sequence.elements { parts.append(try json(element, style, level: level + 1)) }
      return try framed(parts, "[", "]", style, level)
    case .map(let map):
      var parts: [(key: String, text: String)] = []
      for entry in map.entries {
        let key: String =
          switch entry.key {
          case .string(let text): text
          default: try json(entry.key, style)
          }
        let value = try json(entry.value, style, level: level + 1)
        parts.append((key, try jsonString(key, style) + style.keySeparator + value))
      }
      if style.sortsKeys { parts.sort { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) } }
      return try framed(parts.map(\.text), "{", "}", style, level)
    default: throw ChatTemplateError(.failed, "JSON of \(value.kindName)")
    }
  }

  private mutating func framed(
    _ parts: [String], _ open: String, _ close: String, _ style: JSONStyle, _ level: Int
  ) throws(ChatTemplateError) -> String {
    guard !parts.isEmpty else { return open + close }
    guard let indent = style.indent else { return open + (try joined(parts, style.itemSeparator)) + close }
    let inner = "\n" + String(repeating: " ", count: indent * (level + 1))
    let outer = "\n" + String(repeating: " ", count: indent * level)
    return open + inner + (try joined(parts, style.itemSeparator + inner)) + outer + close
  }

  private mutating func jsonString(_ text: String, _ style: JSONStyle) throws(ChatTemplateError) -> String {
    try spend(text.utf8.count)
    var result = "\""
    func escape(_ unit: UInt16) -> String {
      let digits = String(unit, radix: 16)
      return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case "\u{8}": result += "\\b"
      case "\u{C}": result += "\\f"
      default:
        if scalar.value < 0x20 || (style.escapesBeyondASCII && scalar.value > 0x7E) {
          for unit in String(scalar).utf16 { result += escape(unit) }
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result + "\""
  }
}

extension Unicode.Scalar {
  /// Whether Python's `str.isprintable` says so.
  fileprivate var isPythonPrintable: Bool {
    switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator, .spaceSeparator:
      false
    default: true
    }
  }
}
