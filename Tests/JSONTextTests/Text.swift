import JSONText

/// Reads a text.
func parse(_ text: String, limits: JSONLimits = JSONLimits()) throws(JSONError) -> JSONValue {
  try JSONValue.parse(Array(text.utf8), limits: limits)
}

/// Why bytes are refused; nil when they are not.
func refusal(_ bytes: [UInt8], limits: JSONLimits = JSONLimits()) -> JSONError? {
  do throws(JSONError) {
    _ = try JSONValue.parse(bytes, limits: limits)
    return nil
  } catch {
    return error
  }
}

func refusal(_ text: String, limits: JSONLimits = JSONLimits()) -> JSONError? {
  refusal(Array(text.utf8), limits: limits)
}

/// Random documents and their spelling, in one of the many ways that JSON allows.
struct Author<Numbers: RandomNumberGenerator> {
  var numbers: Numbers

  mutating func value(depth: Int) -> JSONValue {
    switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &numbers) {
    case 0: return .null
    case 1: return .bool(Bool.random(using: &numbers))
    case 2: return .int(Int64.random(in: .min ... .max, using: &numbers) >> Int64.random(in: 0..<64, using: &numbers))
    case 3:
      let bits = UInt64.random(in: 0 ... .max, using: &numbers)
      let number = Double(bitPattern: bits)
      return .number(number.isFinite && number.rounded() != number ? number : 0.5)
    case 4, 5: return .string(string())
    case 6: return .array((0..<Int.random(in: 0..<6, using: &numbers)).map { _ in value(depth: depth - 1) })
    default:
      let count = Int.random(in: 0..<14, using: &numbers)
      return .object(
        JSONObject((0..<count).map { .init(key: "\($0)" + string(), value: value(depth: depth - 1)) }))
    }
  }

  mutating func string() -> String {
    let pieces = [
      "", "a", "\"", "\\", "/", "\n", "\u{1}", "é", "€", "😀", "\u{FFFD}", "long enough for eight", "\u{7F}",
    ]
    return (0..<Int.random(in: 0..<6, using: &numbers)).map { _ in pieces.randomElement(using: &numbers) ?? "" }
      .joined()
  }

  mutating func spell(_ value: JSONValue) -> String {
    switch value {
    case .null: return blanks() + "null" + blanks()
    case .bool(let flag): return blanks() + "\(flag)" + blanks()
    case .int(let number): return blanks() + "\(number)" + blanks()
    case .number(let number): return blanks() + "\(number)" + blanks()
    case .string(let text): return blanks() + quoted(text) + blanks()
    case .array(let elements):
      return "[" + (elements.isEmpty ? blanks() : elements.map { spell($0) }.joined(separator: ",")) + "]"
    case .object(let object):
      let members = object.members.map { blanks() + quoted($0.key) + blanks() + ":" + spell($0.value) }
      return "{" + (members.isEmpty ? blanks() : members.joined(separator: ",")) + "}"
    }
  }

  private mutating func blanks() -> String {
    Bool.random(using: &numbers) ? "" : [" ", "\n", "\t\r", "     "].randomElement(using: &numbers) ?? ""
  }

  private mutating func quoted(_ text: String) -> String {
    var spelled = "\""
    for scalar in text.unicodeScalars {
      let mustEscape = scalar.value < 32 || scalar == "\"" || scalar == "\\"
      if mustEscape || Int.random(in: 0..<4, using: &numbers) == 0 {
        for unit in String(scalar).utf16 {
          let digits = String(unit, radix: 16, uppercase: Bool.random(using: &numbers))
          spelled += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
      } else {
        spelled.unicodeScalars.append(scalar)
      }
    }
    return spelled + "\""
  }
}
