/// One `key = value` of a configuration file.
struct TOMLEntry: Equatable {
  /// The table it lies in; empty before the first header.
  var table: String
  var key: String
  var value: SettingValue
  /// From 1.
  var line: Int
}

/// One `[[name]]` of a configuration file, with what follows it.
struct TOMLElement: Equatable {
  var name: String
  /// From 1.
  var line: Int
  var entries: [TOMLEntry] = []
}

/// What a configuration file says, in its order.
struct TOMLDocument: Equatable {
  /// Table names with the line of their first header.
  var tables: [(name: String, line: Int)] = []
  var entries: [TOMLEntry] = []
  /// Elements of arrays of tables, in their order.
  var elements: [TOMLElement] = []

  static func == (left: TOMLDocument, right: TOMLDocument) -> Bool {
    left.entries == right.entries && left.elements == right.elements
      && left.tables.map(\.name) == right.tables.map(\.name)
      && left.tables.map(\.line) == right.tables.map(\.line)
  }
}

/// A place in the text that is no TOML, or TOML that no setting needs.
struct TOMLSyntaxError: Error, Equatable {
  let line: Int
  let reason: String
}

/// Reads the part of TOML 1.0 that settings need, and names the line of everything else.
///
/// Tables of one level or two and arrays of them, bare and quoted keys, basic and literal strings, integers, floats, booleans
/// and arrays of them, comments. Inline tables, dotted keys and dates are refused by name; multi-line strings and
/// `[[name.part]]` are read where a kind of file needs them.
/// Written here because the TOML library at hand aborts the process on malformed text. Format: <https://toml.io>.
struct TOMLReader {
  private let scalars: [Unicode.Scalar]
  private var position = 0
  private var line = 1
  private let dialect: Dialect

  /// What a kind of file needs beyond plain settings.
  struct Dialect {
    /// Whether texts of several lines and parts of elements, `[[name.part]]`, are read.
    var isRich: Bool
    /// Elements of arrays of tables beyond these are refused.
    var elements: Int

    /// The configuration file.
    static let settings = Dialect(isRich: false, elements: 64)
    /// A suite of probes.
    static let suite = Dialect(isRich: true, elements: 2000)
  }

  /// Arrays within arrays are refused beyond this depth.
  private static let depthLimit = 4
  /// The document that `text` is.
  ///
  /// - Throws: `TOMLSyntaxError`.
  static func read(_ text: String, _ dialect: Dialect = .settings) throws(TOMLSyntaxError) -> TOMLDocument {
    var reader = TOMLReader(text, dialect)
    return try reader.document()
  }

  private init(_ text: String, _ dialect: Dialect) {
    self.dialect = dialect
    // `\r\n` counts as one line end.
    scalars = Array(text.unicodeScalars.filter { $0 != "\r" && $0 != "\u{FEFF}" })
  }

  private var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

  private func failure(_ reason: String) -> TOMLSyntaxError { TOMLSyntaxError(line: line, reason: reason) }

  private mutating func document() throws(TOMLSyntaxError) -> TOMLDocument {
    var document = TOMLDocument()
    var table = ""
    var seen = Set<[String]>()
    var isElement = false
    while true {
      skipBlanksAndLines()
      guard let scalar = next else { return document }
      if scalar == "[" {
        position += 1
        isElement = next == "["
        if isElement { position += 1 }
        skipBlanks()
        table = try key()
        skipBlanks()
        if next == ".", !isElement || dialect.isRich {
          position += 1
          table += "." + (try key())
          skipBlanks()
        }
        if next == "." { throw failure("tables are nested too deeply") }
        for _ in 0..<(isElement ? 2 : 1) {
          guard next == "]" else { throw failure("a table's name has to end with \(isElement ? "]]" : "]")") }
          position += 1
        }
        if isElement {
          guard !document.tables.contains(where: { $0.name == table }) else {
            throw failure("[[\(table)]] stands here after [\(table)]")
          }
          guard document.elements.count < dialect.elements else { throw failure("there are too many [[\(table)]]") }
          document.elements.append(TOMLElement(name: table, line: line))
        } else {
          let isNew = !document.elements.contains { $0.name == table }
          guard seen.insert([table]).inserted, isNew else { throw failure("the table [\(table)] stands here twice") }
          document.tables.append((table, line))
        }
      } else {
        let name = try key()
        skipBlanks()
        if next == "." { throw failure("dotted keys are not used here; write a [table]") }
        guard next == "=" else { throw failure("= is missing after \(name)") }
        position += 1
        skipBlanks()
        let start = line
        let value = try value(depth: 0)
        let entry = TOMLEntry(table: table, key: name, value: value, line: start)
        if isElement {
          let last = document.elements.count - 1
          guard !document.elements[last].entries.contains(where: { $0.key == name }) else {
            throw failure("\(name) is set twice")
          }
          document.elements[last].entries.append(entry)
        } else {
          guard seen.insert([table, name]).inserted else { throw failure("\(name) is set twice") }
          document.entries.append(entry)
        }
      }
      try endLine()
    }
  }

  private mutating func skipBlanks() {
    while let scalar = next, scalar == " " || scalar == "\t" { position += 1 }
  }

  private mutating func skipComment() {
    guard next == "#" else { return }
    while position < scalars.count, scalars[position] != "\n" { position += 1 }
  }

  private mutating func skipBlanksAndLines() {
    while true {
      skipBlanks()
      skipComment()
      guard next == "\n" else { return }
      position += 1
      line += 1
    }
  }

  private mutating func endLine() throws(TOMLSyntaxError) {
    skipBlanks()
    skipComment()
    guard next == nil || next == "\n" else { throw failure("only a comment may follow here") }
  }

  private static func isBare(_ scalar: Unicode.Scalar) -> Bool {
    scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == "_" || scalar == "-")
  }

  private mutating func key() throws(TOMLSyntaxError) -> String {
    if next == "\"" || next == "'" { return try string() }
    var name = String.UnicodeScalarView()
    while let scalar = next, Self.isBare(scalar) {
      name.append(scalar)
      position += 1
    }
    guard !name.isEmpty else { throw failure("a key or a [table] is expected here") }
    return String(name)
  }

  private mutating func value(depth: Int) throws(TOMLSyntaxError) -> SettingValue {
    switch next {
    case "\"", "'": return .string(try string())
    case "[": return try array(depth: depth)
    case "{": throw failure("inline tables are not used here; write a [table]")
    default: return try word()
    }
  }

  /// A number or a boolean.
  private mutating func word() throws(TOMLSyntaxError) -> SettingValue {
    var text = ""
    while let scalar = next, Self.isBare(scalar) || scalar == "+" || scalar == "." || scalar == ":" {
      text.unicodeScalars.append(scalar)
      position += 1
    }
    if text == "true" || text == "false" { return .boolean(text == "true") }
    guard !text.isEmpty else { throw failure("a value is missing here") }
    // An underscore may only stand between digits.
    let digits = text.replacing("_", with: "")
    if text.wholeMatch(of: /[+-]?(0|[1-9](_?[0-9])*)/) != nil {
      guard let number = Int(digits) else { throw failure("the number \(text) is too large") }
      return .integer(number)
    }
    if text.wholeMatch(of: /[+-]?(0|[1-9](_?[0-9])*)(\.[0-9](_?[0-9])*)?([eE][+-]?[0-9]+)?/) != nil,
      let number = Double(digits), number.isFinite
    {
      return .number(number)
    }
    throw failure("\(text) is no value that is used here; texts stand in quotes")
  }

  private mutating func array(depth: Int) throws(TOMLSyntaxError) -> SettingValue {
    guard depth < Self.depthLimit else { throw failure("lists are nested too deeply") }
    position += 1
    var values: [SettingValue] = []
    while true {
      skipBlanksAndLines()
      if next == "]" { break }
      values.append(try value(depth: depth + 1))
      skipBlanksAndLines()
      if next == "," {
        position += 1
      } else if next != "]" {
        throw failure("a list goes on with , or ends with ]")
      }
    }
    position += 1
    var texts: [String] = []
    for case .string(let text) in values { texts.append(text) }
    return texts.count == values.count ? .strings(texts) : .other("a list of other things")
  }

  private mutating func string() throws(TOMLSyntaxError) -> String {
    guard let quote = next else { throw failure("a text is missing here") }
    if position + 2 < scalars.count, scalars[position + 1] == quote, scalars[position + 2] == quote {
      guard dialect.isRich else { throw failure("texts of several lines are not used here") }
      return try longString(quote)
    }
    position += 1
    var text = String.UnicodeScalarView()
    while let scalar = next, scalar != "\n" {
      position += 1
      if scalar == quote { return String(text) }
      if scalar == "\\", quote == "\"" {
        text.append(try escape())
      } else if scalar.value < 32 && scalar != "\t" || scalar.value == 127 {
        throw failure("a text holds a control character")
      } else {
        text.append(scalar)
      }
    }
    throw failure("a text has no closing quote")
  }

  /// A text between three quotes on each side. A line end right behind the first three is left out, and so are, after a
  /// backslash at the end of a line, all blanks and line ends that follow.
  private mutating func longString(_ quote: Unicode.Scalar) throws(TOMLSyntaxError) -> String {
    position += 3
    if next == "\n" {
      position += 1
      line += 1
    }
    var text = String.UnicodeScalarView()
    while let scalar = next {
      let quotes = scalars[position...].prefix { $0 == quote }.count
      if quotes >= 3 {
        // Up to two quotes may stand right before the end.
        guard quotes <= 5 else { throw failure("a text ends with too many quotes") }
        text.append(contentsOf: repeatElement(quote, count: quotes - 3))
        position += quotes
        return String(text)
      }
      position += 1
      if scalar == "\\", quote == "\"" {
        if isEndOfLine {
          skipBlanks()
          while next == "\n" {
            position += 1
            line += 1
            skipBlanks()
          }
        } else {
          text.append(try escape())
        }
        continue
      }
      if scalar == "\n" { line += 1 }
      guard scalar.value >= 32 && scalar.value != 127 || scalar == "\t" || scalar == "\n" else {
        throw failure("a text holds a control character")
      }
      text.append(scalar)
    }
    throw failure("a text has no closing quotes")
  }

  /// Whether only blanks follow on this line.
  private var isEndOfLine: Bool {
    scalars[position...].first { $0 != " " && $0 != "\t" } == "\n"
  }

  private mutating func escape() throws(TOMLSyntaxError) -> Unicode.Scalar {
    guard let scalar = next else { throw failure("a text has no closing quote") }
    position += 1
    switch scalar {
    case "b": return "\u{8}"
    case "t": return "\t"
    case "n": return "\n"
    case "f": return "\u{C}"
    case "r": return "\r"
    case "\"", "\\": return scalar
    case "u", "U":
      let count = scalar == "u" ? 4 : 8
      guard position + count <= scalars.count else { throw failure("a text has an unfinished \\\(scalar)") }
      var digits = ""
      digits.unicodeScalars.append(contentsOf: scalars[position..<position + count])
      guard digits.allSatisfy(\.isHexDigit), let value = UInt32(digits, radix: 16),
        let result = Unicode.Scalar(value)
      else { throw failure("\\\(scalar)\(digits) is no character") }
      position += count
      return result
    default: throw failure("\\\(scalar) means nothing in a text")
    }
  }
}
