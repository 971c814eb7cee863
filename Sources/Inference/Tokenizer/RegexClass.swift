/// The parts of a regular expression that stand for one character.
enum RegexClass {
  /// A character, or both its cases.
  static func character(_ character: Unicode.Scalar, ignoringCase: Bool) -> ScalarSet {
    ScalarSet(cases(of: character.value...character.value, ignoringCase: ignoringCase))
  }

  /// Both cases of the letters of a range; ranges of more than 1,024 characters are left as they are.
  private static func cases(of range: ClosedRange<UInt32>, ignoringCase: Bool) -> [ClosedRange<UInt32>] {
    guard ignoringCase, range.count <= 1024 else { return [range] }
    var result = [range]
    for value in range {
      guard let scalar = Unicode.Scalar(value) else { continue }
      for mapping in [scalar.properties.lowercaseMapping, scalar.properties.uppercaseMapping] {
        let mapped = mapping.unicodeScalars
        if mapped.count == 1, let other = mapped.first, other != scalar {
          result.append(other.value...other.value)
        }
      }
    }
    return result
  }

  /// What a backslash begins; `place` is at the backslash, and afterwards behind the escape.
  ///
  /// - Throws: `TextRegex.Refusal`.
  static func escape(
    _ pattern: [Unicode.Scalar], _ place: inout Int, ignoringCase: Bool
  ) throws(TextRegex.Refusal) -> ScalarSet {
    switch try escaped(pattern, &place) {
    case .character(let scalar): character(scalar, ignoringCase: ignoringCase)
    case .set(let set): set
    }
  }

  private enum Escaped {
    case character(Unicode.Scalar)
    case set(ScalarSet)
  }

  private static func escaped(
    _ pattern: [Unicode.Scalar], _ place: inout Int
  ) throws(TextRegex.Refusal) -> Escaped {
    guard place + 1 < pattern.count else { throw TextRegex.Refusal(reason: "it ends in a backslash") }
    let letter = pattern[place + 1]
    place += 2
    switch letter {
    case "n": return .character("\n")
    case "r": return .character("\r")
    case "t": return .character("\t")
    case "f": return .character("\u{0C}")
    case "v": return .character("\u{0B}")
    case "0": return .character("\0")
    case "s": return .set(ScalarSet(.space))
    case "S": return .set(ScalarSet(.space, negated: true))
    case "d": return .set(ScalarSet(.digit))
    case "D": return .set(ScalarSet(.digit, negated: true))
    case "w": return .set(ScalarSet(.word))
    case "W": return .set(ScalarSet(.word, negated: true))
    case "h": return .set(ScalarSet([0x30...0x39, 0x41...0x46, 0x61...0x66]))
    case "p", "P": return .set(try property(pattern, &place, negated: letter == "P"))
    case "x", "u": return .character(try number(pattern, &place, digits: letter == "x" ? 2 : 4))
    case "a"..."z", "A"..."Z", "1"..."9":
      throw TextRegex.Refusal(reason: "the escape \\\(letter), at character \(place - 2)")
    default: return .character(letter)
    }
  }

  private static func number(
    _ pattern: [Unicode.Scalar], _ place: inout Int, digits: Int
  ) throws(TextRegex.Refusal) -> Unicode.Scalar {
    let isBraced = place < pattern.count && pattern[place] == "{"
    if isBraced { place += 1 }
    let start = place
    while place < pattern.count, place - start < (isBraced ? 8 : digits),
      pattern[place].properties.isASCIIHexDigit
    {
      place += 1
    }
    let text = String(String.UnicodeScalarView(pattern[start..<place]))
    if isBraced {
      guard place < pattern.count, pattern[place] == "}" else {
        throw TextRegex.Refusal(reason: "an escape without end, at character \(place)")
      }
      place += 1
    }
    guard let value = UInt32(text, radix: 16), let scalar = Unicode.Scalar(value) else {
      throw TextRegex.Refusal(reason: "an escape that is no character, at character \(place)")
    }
    return scalar
  }

  private static func property(
    _ pattern: [Unicode.Scalar], _ place: inout Int, negated: Bool
  ) throws(TextRegex.Refusal) -> ScalarSet {
    var name = ""
    if place < pattern.count, pattern[place] == "{" {
      guard let end = pattern[place...].prefix(64).firstIndex(of: "}") else {
        throw TextRegex.Refusal(reason: "a property without end, at character \(place)")
      }
      name = String(String.UnicodeScalarView(pattern[(place + 1)..<end]))
      place = end + 1
    } else if place < pattern.count {
      name = String(pattern[place])
      place += 1
    }
    var isNegated = negated
    if name.hasPrefix("^") {
      name.removeFirst()
      isNegated.toggle()
    }
    for prefix in ["Script=", "sc=", "Is", "gc="] where name.hasPrefix(prefix) {
      name.removeFirst(prefix.count)
    }
    if let classes = classes[name] { return ScalarSet(classes, negated: isNegated) }
    if let ranges = ScalarSet.scripts[name] { return ScalarSet(ranges, negated: isNegated) }
    throw TextRegex.Refusal(reason: "the property \(name.debugDescription)")
  }

  private static let classes: [String: ScalarClass] = [
    "L": .letter, "Letter": .letter, "Alphabetic": .letter, "Lu": .uppercase, "Ll": .lowercase, "Lt": .titlecase,
    "Lm": .modifierLetter, "Lo": .otherLetter, "N": .number, "Number": .number, "Nd": .digit, "Digit": .digit,
    "Nl": ScalarClass(.letterNumber), "No": ScalarClass(.otherNumber), "M": .mark, "Mark": .mark,
    "Mn": ScalarClass(.nonspacingMark), "Mc": ScalarClass(.spacingMark), "Me": ScalarClass(.enclosingMark),
    "P": .punctuation, "Punct": .punctuation, "Punctuation": .punctuation, "Pc": .connector,
    "Pd": ScalarClass(.dashPunctuation), "Ps": ScalarClass(.openPunctuation),
    "Pe": ScalarClass(.closePunctuation), "Pi": ScalarClass(.initialPunctuation),
    "Pf": ScalarClass(.finalPunctuation), "Po": ScalarClass(.otherPunctuation), "S": .symbol, "Symbol": .symbol,
    "Sm": ScalarClass(.mathSymbol), "Sc": ScalarClass(.currencySymbol), "Sk": ScalarClass(.modifierSymbol),
    "So": ScalarClass(.otherSymbol), "Z": .separator, "Separator": .separator,
    "Zs": ScalarClass(.spaceSeparator), "Zl": ScalarClass(.lineSeparator),
    "Zp": ScalarClass(.paragraphSeparator), "C": .other, "Other": .other, "Cc": ScalarClass(.control),
    "Cf": ScalarClass(.format), "White_Space": .space, "Space": .space,
  ]

  /// A set in brackets; `place` is behind the `[`, and afterwards behind the `]`.
  ///
  /// - Throws: `TextRegex.Refusal`.
  static func bracket(
    _ pattern: [Unicode.Scalar], _ place: inout Int, ignoringCase: Bool, depth: Int = 0
  ) throws(TextRegex.Refusal) -> ScalarSet {
    guard depth < 8 else { throw TextRegex.Refusal(reason: "sets are nested too deep") }
    var isNegated = false
    if place < pattern.count, pattern[place] == "^" {
      isNegated = true
      place += 1
    }
    var ranges: [ClosedRange<UInt32>] = []
    var members: [ScalarSet] = []
    var limits: [ScalarSet] = []
    let start = place
    while place < pattern.count {
      let character = pattern[place]
      var first: Unicode.Scalar
      switch character {
      case "]" where place > start:
        place += 1
        return ScalarSet(ranges, or: members, and: limits, negated: isNegated)
      case "[":
        place += 1
        if place < pattern.count, pattern[place] == ":" {
          members.append(try named(pattern, &place))
        } else {
          members.append(try bracket(pattern, &place, ignoringCase: ignoringCase, depth: depth + 1))
        }
        continue
      case "&" where place + 1 < pattern.count && pattern[place + 1] == "&":
        place += 2
        // The rest up to the bracket is the other side.
        var rest = place
        limits.append(try bracket(pattern, &rest, ignoringCase: ignoringCase, depth: depth + 1))
        place = rest
        return ScalarSet(ranges, or: members, and: limits, negated: isNegated)
      case "\\":
        switch try escaped(pattern, &place) {
        case .set(let set):
          members.append(set)
          continue
        case .character(let scalar): first = scalar
        }
      default:
        first = character
        place += 1
      }
      var last = first
      if place + 1 < pattern.count, pattern[place] == "-", pattern[place + 1] != "]" {
        var end = place + 1
        if pattern[end] == "\\" {
          if case .character(let scalar) = try escaped(pattern, &end) {
            last = scalar
            place = end
          }
        } else if pattern[end] != "[" {
          last = pattern[end]
          place = end + 1
        }
        guard first <= last else { throw TextRegex.Refusal(reason: "a range that runs backwards") }
      }
      ranges += cases(of: first.value...last.value, ignoringCase: ignoringCase)
    }
    throw TextRegex.Refusal(reason: "a set without end")
  }

  private static func named(
    _ pattern: [Unicode.Scalar], _ place: inout Int
  ) throws(TextRegex.Refusal) -> ScalarSet {
    let sets: [String: ScalarClass] = [
      ":alpha:]": .letter, ":digit:]": .digit, ":space:]": .space, ":punct:]": .punctuation,
      ":alnum:]": [.letter, .number], ":upper:]": .uppercase, ":lower:]": .lowercase,
    ]
    for (name, classes) in sets where pattern[place...].starts(with: name.unicodeScalars) {
      place += name.unicodeScalars.count
      return ScalarSet(classes)
    }
    throw TextRegex.Refusal(reason: "an unknown named set, at character \(place)")
  }
}
