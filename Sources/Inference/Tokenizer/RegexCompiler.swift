/// Turns the text of a regular expression into steps.
struct RegexCompiler {
  private let pattern: [Unicode.Scalar]
  private var place = 0
  private var steps: [TextRegex.Step] = []
  private var sets: [ScalarSet] = []
  private var ignoresCase = false
  private var depth = 0

  /// Characters of an expression, steps of the result, and how deep groups may be nested. The largest known expression has
  /// 700 characters and 200 steps.
  private static let limits = (characters: 16_384, steps: 8192, depth: 32)

  /// A compiler for one expression.
  init(_ expression: String) {
    pattern = Array(expression.unicodeScalars.prefix(Self.limits.characters + 1))
  }

  /// Compiles the whole expression.
  ///
  /// - Throws: `TextRegex.Refusal`.
  mutating func compile() throws(TextRegex.Refusal) -> ([TextRegex.Step], [ScalarSet]) {
    guard pattern.count <= Self.limits.characters else { throw refusal("it is too long") }
    steps = try alternatives()
    guard place == pattern.count else { throw refusal("unbalanced ')'") }
    steps.append(.accept)
    guard steps.count <= Self.limits.steps else { throw refusal("it is too large") }
    return (steps, sets)
  }

  private func refusal(_ reason: String) -> TextRegex.Refusal {
    TextRegex.Refusal(reason: "\(reason), at character \(place)")
  }

  private func peek(_ ahead: Int = 0) -> Unicode.Scalar? {
    place + ahead < pattern.count ? pattern[place + ahead] : nil
  }

  private mutating func take(_ text: String) -> Bool {
    let wanted = Array(text.unicodeScalars)
    guard pattern[place...].starts(with: wanted) else { return false }
    place += wanted.count
    return true
  }

  // Code is relative to its own start until it is placed: `moved` shifts the places in it.

  private static func moved(_ code: [TextRegex.Step], by offset: Int) -> [TextRegex.Step] {
    code.map { step in
      switch step {
      case .fork(let one, let two): .fork(one + offset, two + offset)
      case .jump(let place): .jump(place + offset)
      case .look(let wants, let after): .look(wants: wants, after: after + offset)
      case .keep(let after): .keep(after: after + offset)
      default: step
      }
    }
  }

  private mutating func alternatives() throws(TextRegex.Refusal) -> [TextRegex.Step] {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.limits.depth else { throw refusal("groups are nested too deep") }
    let outerCase = ignoresCase
    defer { ignoresCase = outerCase }
    var branches = [try sequence()]
    while take("|") { branches.append(try sequence()) }
    guard var code = branches.popLast() else { return [] }
    while let branch = branches.popLast() {
      let rest = branch.count + 2
      code =
        [.fork(1, rest)] + Self.moved(branch, by: 1) + [.jump(rest + code.count)]
        + Self.moved(code, by: rest)
      guard code.count <= Self.limits.steps else { throw refusal("it is too large") }
    }
    return code
  }

  private mutating func sequence() throws(TextRegex.Refusal) -> [TextRegex.Step] {
    var code: [TextRegex.Step] = []
    while let next = peek(), next != "|", next != ")" {
      let atom = try self.atom()
      code += Self.moved(try repeated(atom), by: code.count)
      guard code.count <= Self.limits.steps else { throw refusal("it is too large") }
    }
    return code
  }

  private mutating func atom() throws(TextRegex.Refusal) -> [TextRegex.Step] {
    guard let character = peek() else { throw refusal("it ends too early") }
    place += 1
    switch character {
    case "(": return try group()
    case "[": return [one(try RegexClass.bracket(pattern, &place, ignoringCase: ignoresCase))]
    case ".": return [one(ScalarSet([0x0A...0x0A], negated: true))]
    case "^": return [.atLineStart]
    case "$": return [.atLineEnd]
    case "*", "+", "?": throw refusal("nothing to repeat")
    case "\\":
      switch peek() {
      case "b", "B", "A", "z", "Z":
        defer { place += 1 }
        switch peek() {
        case "b": return [.atWordEdge(wants: true)]
        case "B": return [.atWordEdge(wants: false)]
        case "A": return [.atStart]
        default: return [.atEnd]
        }
      default:
        place -= 1
        return [one(try RegexClass.escape(pattern, &place, ignoringCase: ignoresCase))]
      }
    default: return [one(RegexClass.character(character, ignoringCase: ignoresCase))]
    }
  }

  private mutating func one(_ set: ScalarSet) -> TextRegex.Step {
    sets.append(set)
    return .one(set: sets.count - 1)
  }

  private mutating func group() throws(TextRegex.Refusal) -> [TextRegex.Step] {
    var lead: TextRegex.Step?
    let outerCase = ignoresCase
    if take("?") {
      if take("=") {
        lead = .look(wants: true, after: 0)
      } else if take("!") {
        lead = .look(wants: false, after: 0)
      } else if take(">") {
        lead = .keep(after: 0)
      } else if take("i:") {
        ignoresCase = true
      } else if take("i)") {
        // Holds until the surrounding group ends, which restores it.
        ignoresCase = true
        return []
      } else if !take(":") {
        throw refusal("a group of an unknown kind")
      }
    }
    let body = try alternatives()
    ignoresCase = outerCase
    guard take(")") else { throw refusal("a group without end") }
    switch lead {
    case .look(let wants, _):
      return [.look(wants: wants, after: body.count + 2)] + Self.moved(body, by: 1) + [.accept]
    case .keep: return Self.keeping(body)
    default: return body
    }
  }

  private static func keeping(_ body: [TextRegex.Step]) -> [TextRegex.Step] {
    [.keep(after: body.count + 2)] + moved(body, by: 1) + [.accept]
  }

  // MARK: Repetition

  private mutating func repeated(_ atom: [TextRegex.Step]) throws(TextRegex.Refusal) -> [TextRegex.Step] {
    guard let (least, most) = try bounds() else { return atom }
    let isLazy = take("?")
    let keeps = !isLazy && take("+")
    if let next = peek(), "*+?".unicodeScalars.contains(next) { throw refusal("a repetition of a repetition") }
    if !isLazy, atom.count == 1, case .one(let set) = atom[0] {
      return [.run(set: set, least: least, most: most, keeps: keeps)]
    }
    var code: [TextRegex.Step] = []
    for _ in 0..<least {
      code += Self.moved(atom, by: code.count)
      guard code.count <= Self.limits.steps else { throw refusal("it is too large") }
    }
    if most == .max {
      // A loop over nothing would have no end.
      guard Self.consumes(atom) else { throw refusal("an endless repetition of what may be empty") }
      let loop = code.count
      let after = loop + atom.count + 2
      code += [isLazy ? .fork(after, loop + 1) : .fork(loop + 1, after)]
      code += Self.moved(atom, by: loop + 1) + [.jump(loop)]
    } else {
      // Each further round may be left out, and with it those behind it.
      let end = code.count + (most - least) * (atom.count + 1)
      guard end <= Self.limits.steps else { throw refusal("it is too large") }
      for _ in least..<most {
        code += [isLazy ? .fork(end, code.count + 1) : .fork(code.count + 1, end)]
        code += Self.moved(atom, by: code.count)
      }
    }
    return keeps ? Self.keeping(code) : code
  }

  private mutating func bounds() throws(TextRegex.Refusal) -> (Int, Int)? {
    if take("*") { return (0, .max) }
    if take("+") { return (1, .max) }
    if take("?") { return (0, 1) }
    guard peek() == "{", let digit = peek(1), ("0"..."9").contains(digit) else { return nil }
    place += 1
    let least = try number()
    var most = least
    if take(",") { most = peek() == "}" ? .max : try number() }
    guard take("}"), least <= most else { throw refusal("a repetition without sense") }
    return (least, most)
  }

  private mutating func number() throws(TextRegex.Refusal) -> Int {
    var value = 0
    let start = place
    while let digit = peek(), ("0"..."9").contains(digit), place - start < 5 {
      value = value * 10 + Int(digit.value - 0x30)
      place += 1
    }
    guard place > start, value <= 4096 else { throw refusal("a repetition without sense") }
    return value
  }

  /// Whether every way through the code uses up a character.
  private static func consumes(_ code: [TextRegex.Step]) -> Bool {
    var isSure = [Bool](repeating: false, count: code.count + 1)
    // Places only lead forward, loops apart: those are not followed, since a loop ends at its fork.
    for index in code.indices.reversed() {
      switch code[index] {
      case .one: isSure[index] = true
      case .run(_, let least, _, _): isSure[index] = least > 0 || isSure[index + 1]
      case .fork(let one, let two): isSure[index] = isSure[one] && isSure[two]
      case .jump(let target): isSure[index] = target > index ? isSure[target] : true
      case .look(_, let after): isSure[index] = isSure[after]
      case .keep(let after): isSure[index] = isSure[after] || isSure[index + 1]
      case .accept: isSure[index] = false
      default: isSure[index] = isSure[index + 1]
      }
    }
    return isSure[0]
  }
}
