/// A word of a template.
enum TemplateToken: Sendable, Equatable {
  /// Text between the tags, after whitespace control.
  case text(String)
  /// `{{` and `}}`.
  case outputBegin, outputEnd
  /// `{%` and `%}`.
  case blockBegin, blockEnd
  /// A name or keyword.
  case name(String)
  /// A string, escapes resolved.
  case string(String)
  case integer(Int)
  case float(Double)
  /// An operator or bracket.
  case sign(String)
  /// The end of the template.
  case end
}

/// Cuts a template into words, with Jinja's rules for whitespace under `trim_blocks` and `lstrip_blocks`.
struct TemplateLexer {
  /// A word and the line on which it begins.
  struct Placed: Sendable {
    let token: TemplateToken
    let line: Int
  }

  private let source: [Unicode.Scalar]
  private var position = 0
  private var line = 1
  /// Whether what was read last ended a line, as far as `lstrip_blocks` is concerned.
  private var startsLine = true
  private var placed: [Placed] = []

  /// The words of a template; the last one is `end`.
  ///
  /// - Throws: `malformed`, `unsupported`.
  static func tokens(_ source: String) throws(ChatTemplateError) -> [Placed] {
    var lexer = TemplateLexer(source)
    do throws(ChatTemplateError) {
      while try lexer.text() {}
    } catch {
      var error = error
      error.line = error.line ?? lexer.line
      throw error
    }
    lexer.add(.end)
    return lexer.placed
  }

  private init(_ text: String) {
    // Lines end in LF, and the last one without an end.
    var scalars: [Unicode.Scalar] = []
    scalars.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      if scalar == "\n", scalars.last == "\r" { scalars.removeLast() }
      scalars.append(scalar)
    }
    for index in scalars.indices where scalars[index] == "\r" { scalars[index] = "\n" }
    if scalars.last == "\n" { scalars.removeLast() }
    source = scalars
  }

  private mutating func add(_ token: TemplateToken) { placed.append(Placed(token: token, line: line)) }

  private func has(_ word: String, at place: Int) -> Bool {
    var place = place
    for scalar in word.unicodeScalars {
      guard place < source.count, source[place] == scalar else { return false }
      place += 1
    }
    return true
  }

  private mutating func move(to place: Int) {
    for index in position..<place where source[index] == "\n" { line += 1 }
    startsLine = place > position && source[place - 1] == "\n"
    position = place
  }

  // MARK: Text and tags

  /// Reads text up to the next tag, and that tag.
  ///
  /// - Returns: whether there was a tag.
  private mutating func text() throws(ChatTemplateError) -> Bool {
    var open = position
    while open < source.count {
      if source[open] == "{", open + 1 < source.count, ["%", "{", "#"].contains(source[open + 1]) { break }
      open += 1
    }
    guard open < source.count else {
      if position < open { add(.text(string(position..<open))) }
      move(to: open)
      return false
    }
    let kind = source[open + 1]
    let mark: Unicode.Scalar? = open + 2 < source.count ? source[open + 2] : nil
    let control = mark == "-" || mark == "+" ? mark : nil
    let kept = keptText(position..<open, control: control, isOutput: kind == "{")
    if !kept.isEmpty { add(.text(string(kept))) }
    move(to: open + (control == nil ? 2 : 3))
    switch kind {
    case "#": try comment()
    case "%":
      add(.blockBegin)
      try expression(closing: "%}")
      add(.blockEnd)
    default:
      add(.outputBegin)
      try expression(closing: "}}")
      add(.outputEnd)
    }
    return true
  }

  private func string(_ range: Range<Int>) -> String {
    var text = String.UnicodeScalarView()
    text.append(contentsOf: source[range])
    return String(text)
  }

  /// The part of the text before a tag that whitespace control leaves.
  private func keptText(_ range: Range<Int>, control: Unicode.Scalar?, isOutput: Bool) -> Range<Int> {
    var end = range.upperBound
    if control == "-" {
      while end > range.lowerBound, source[end - 1].isPythonSpace { end -= 1 }
      return range.lowerBound..<end
    }
    guard control == nil, !isOutput else { return range }
    while end > range.lowerBound, source[end - 1] != "\n" {
      guard source[end - 1].isPythonSpace else { return range }
      end -= 1
    }
    return end > range.lowerBound || startsLine ? range.lowerBound..<end : range
  }

  /// Skips a comment whose beginning was read.
  private mutating func comment() throws(ChatTemplateError) {
    var close = position
    while close < source.count, !has("#}", at: close) { close += 1 }
    guard close < source.count else { throw ChatTemplateError(.malformed, "a comment has no end") }
    finish(at: close + 2, control: close > position ? source[close - 1] : nil, trimsLine: true)
  }

  /// Skips the whitespace behind the end of a tag that the tag takes with it.
  private mutating func finish(at end: Int, control: Unicode.Scalar?, trimsLine: Bool) {
    var place = end
    if control == "-" {
      while place < source.count, source[place].isPythonSpace { place += 1 }
    } else if control != "+", trimsLine, place < source.count, source[place] == "\n" {
      place += 1
    }
    move(to: place)
  }

  // MARK: Expressions

  private static let signs = [
    "==", "!=", ">=", "<=", "//", "**", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".",
    ":", "|", ",",
  ]

  /// Reads words up to the end of a tag.
  private mutating func expression(closing: String) throws(ChatTemplateError) {
    var brackets: [String] = []
    while position < source.count {
      if source[position].isPythonSpace {
        move(to: position + 1)
        continue
      }
      if brackets.isEmpty {
        if has("-" + closing, at: position) {
          return finish(at: position + 3, control: "-", trimsLine: false)
        }
        if closing == "%}", has("+%}", at: position) {
          return finish(at: position + 3, control: "+", trimsLine: false)
        }
        if has(closing, at: position) {
          return finish(at: position + 2, control: nil, trimsLine: closing == "%}")
        }
      }
      let scalar = source[position]
      if scalar.isDecimal {
        try number()
      } else if scalar == "_" || scalar.properties.isXIDStart {
        name()
      } else if scalar == "'" || scalar == "\"" {
        try quoted(scalar)
      } else if let sign = Self.signs.first(where: { has($0, at: position) }) {
        try balance(sign, &brackets)
        add(.sign(sign))
        move(to: position + sign.unicodeScalars.count)
      } else {
        throw ChatTemplateError(.malformed, "unexpected character '\(scalar.escaped(asASCII: true))'")
      }
    }
    throw ChatTemplateError(.malformed, "a tag has no end")
  }

  private func balance(_ sign: String, _ brackets: inout [String]) throws(ChatTemplateError) {
    switch sign {
    case "(": brackets.append(")")
    case "[": brackets.append("]")
    case "{": brackets.append("}")
    case ")", "]", "}":
      guard brackets.popLast() == sign else { throw ChatTemplateError(.malformed, "unexpected '\(sign)'") }
    default: break
    }
  }

  private mutating func name() {
    var end = position + 1
    while end < source.count, source[end].properties.isXIDContinue { end += 1 }
    add(.name(string(position..<end)))
    move(to: end)
  }

  private mutating func number() throws(ChatTemplateError) {
    func digits(from start: Int) -> Int {
      var end = start
      while end < source.count, source[end].isDecimal || source[end] == "_" { end += 1 }
      return end
    }
    var end = digits(from: position)
    var isFloat = false
    // `1.x` is an attribute of 1.
    if end + 1 < source.count, source[end] == ".", source[end + 1].isDecimal {
      end = digits(from: end + 1)
      isFloat = true
    }
    if end < source.count, source[end] == "e" || source[end] == "E" {
      let sign = end + 1 < source.count && (source[end + 1] == "+" || source[end + 1] == "-") ? 1 : 0
      if end + 1 + sign < source.count, source[end + 1 + sign].isDecimal {
        end = digits(from: end + 1 + sign)
        isFloat = true
      }
    }
    let text = string(position..<end).filter { $0 != "_" }
    guard end == source.count || !source[end].properties.isXIDStart else {
      throw ChatTemplateError.unsupported("the number \(text)\(source[end])…")
    }
    if isFloat, let value = Double(text), value.isFinite {
      add(.float(value))
    } else if !isFloat, let value = Int(text), text == "0" || !text.hasPrefix("0") {
      add(.integer(value))
    } else {
      throw ChatTemplateError.unsupported("the number \(text.prefix(40))")
    }
    move(to: end)
  }

  private mutating func quoted(_ quote: Unicode.Scalar) throws(ChatTemplateError) {
    var text = String.UnicodeScalarView()
    var place = position + 1
    while place < source.count, source[place] != quote {
      if source[place] == "\\", place + 1 < source.count {
        place = try escape(at: place, into: &text)
      } else {
        text.append(source[place])
        place += 1
      }
    }
    guard place < source.count else { throw ChatTemplateError(.malformed, "a string has no end") }
    add(.string(String(text)))
    move(to: place + 1)
  }

  private static let escapes: [Unicode.Scalar: Unicode.Scalar] = [
    "n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", "\"": "\"", "a": "\u{7}", "b": "\u{8}", "f": "\u{C}",
    "v": "\u{B}",
  ]

  /// Resolves an escape as Python does.
  ///
  /// - Returns: the place behind it.
  private func escape(at place: Int, into text: inout String.UnicodeScalarView) throws(ChatTemplateError) -> Int {
    let kind = source[place + 1]
    if let scalar = Self.escapes[kind] {
      text.append(scalar)
      return place + 2
    }
    switch kind {
    case "\n": return place + 2
    case "x", "u", "U":
      let digits = kind == "x" ? 2 : kind == "u" ? 4 : 8
      let end = place + 2 + digits
      guard end <= source.count, let code = UInt32(string(place + 2..<end), radix: 16),
        let scalar = Unicode.Scalar(code)
      else { throw ChatTemplateError(.malformed, "a broken escape \\\(kind)") }
      text.append(scalar)
      return end
    case "0"..."7":
      var end = place + 1
      var code: UInt32 = 0
      while end < min(place + 4, source.count), ("0"..."7").contains(source[end]) {
        code = code * 8 + (source[end].value - 48)
        end += 1
      }
      if let scalar = Unicode.Scalar(code) { text.append(scalar) }
      return end
    case "N": throw ChatTemplateError.unsupported("the escape \\N")
    default:
      text.append("\\")
      text.append(kind)
      return place + 2
    }
  }
}

extension Unicode.Scalar {
  /// Whether Python's `str.isspace` says so.
  var isPythonSpace: Bool { properties.isWhitespace || (0x1C...0x1F).contains(value) }

  /// One of `0` to `9`.
  var isDecimal: Bool { ("0"..."9").contains(self) }
}
