extension TemplateRun {
  /// The methods of texts. Those that are not done here are named, so that a call says so.
  static let textMethods: Set<String> = [
    "strip", "lstrip", "rstrip", "split", "rsplit", "splitlines", "startswith", "endswith", "upper", "lower", "title",
    "capitalize", "replace", "join", "find", "count", "format", "index", "isdigit", "isalpha", "isalnum", "isspace",
    "islower", "isupper", "removeprefix", "removesuffix", "partition", "rpartition", "encode", "zfill", "center",
    "ljust", "rjust", "casefold", "swapcase",
  ]
  static let listMethods: Set<String> = [
    "append", "extend", "insert", "pop", "remove", "index", "count", "reverse", "sort", "copy", "clear",
  ]
  static let mapMethods: Set<String> = [
    "get", "items", "keys", "values", "update", "pop", "copy", "setdefault", "clear", "popitem", "fromkeys",
  ]

  /// `value.name(arguments)`.
  mutating func method(
    _ name: String, of value: TemplateValue, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    switch value {
    case .map(let map): return try method(name, of: map, arguments)
    case .string(let text): return try method(name, of: text, arguments)
    default: throw ChatTemplateError.unsupported("method '\(name)' of \(value.kindName)")
    }
  }

  private mutating func method(
    _ name: String, of map: TemplateMap, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    switch name {
    case "get":
      let given = try arguments.bound(["key", "default"])
      guard let key = given[0] else { throw ChatTemplateError(.failed, "get without a key") }
      for entry in map.entries where try equals(entry.key, key) { return entry.value }
      return given[1] ?? .null
    case "items":
      _ = try arguments.bound([])
      return try pairs(map, .list)
    case "keys", "values":
      _ = try arguments.bound([])
      return try list(map.entries.map { name == "keys" ? $0.key : $0.value })
    default: throw ChatTemplateError.unsupported("method '\(name)' of a mapping")
    }
  }

  private mutating func method(
    _ name: String, of text: String, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    switch name {
    case "strip", "lstrip", "rstrip":
      let characters = try arguments.bound(["chars"])[0]
      return .string(try stripped(text, characters, left: name != "rstrip", right: name != "lstrip"))
    case "upper", "lower", "title", "capitalize":
      _ = try arguments.bound([])
      return .string(try changedCase(text, name))
    case "replace":
      let given = try arguments.bound(["old", "new", "count"])
      guard let old = given[0]?.text, let new = given[1]?.text else { break }
      return .string(try replaced(text, old, by: new, count: given[2]?.wholeNumber))
    case "startswith", "endswith":
      guard let wanted = try arguments.bound(["prefix"])[0] else { break }
      var candidates = [wanted]
      if case .sequence(let sequence) = wanted, sequence.kind == .tuple { candidates = sequence.elements }
      for candidate in candidates {
        guard let part = candidate.text else { throw ChatTemplateError(.failed, "\(name) of \(candidate.kindName)") }
        try spend(part.utf8.count)
        let matches =
          name == "startswith"
          ? text.utf8.starts(with: part.utf8) : text.utf8.reversed().starts(with: part.utf8.reversed())
        if matches { return .bool(true) }
      }
      return .bool(false)
    case "split": return try split(text, arguments)
    case "splitlines":
      _ = try arguments.bound([])
      try make(text.utf8.count)
      guard !text.unicodeScalars.contains(where: \.isRareLineEnd) else {
        throw ChatTemplateError.unsupported("splitlines of rare line ends")
      }
      var lines = text.replacingLineEnds.split(separator: "\n", omittingEmptySubsequences: false)
      if lines.last == "" { lines.removeLast() }
      return try list(lines.map { .string(String($0)) })
    case "join":
      guard let parts = try arguments.bound(["iterable"])[0] else { break }
      var texts: [String] = []
      for part in try elements(parts) {
        guard case .string(let part) = part else { throw ChatTemplateError(.failed, "join of \(part.kindName)") }
        texts.append(part)
      }
      return .string(try joined(texts, text))
    case "find", "count":
      guard let part = try arguments.bound(["sub"])[0]?.text else { break }
      let bytes = Array(text.utf8)
      if name == "find" {
        guard let place = try find(Array(part.utf8), in: bytes, from: 0) else { return .int(-1) }
        return .int(String(decoding: bytes[..<place], as: UTF8.self).unicodeScalars.count)
      }
      guard !part.isEmpty else { return .int(text.unicodeScalars.count + 1) }
      return .int(try pieces(text, part, most: nil).count - 1)
    default: throw ChatTemplateError.unsupported("method '\(name)' of a text")
    }
    throw ChatTemplateError(.failed, "\(arguments.of) with such arguments")
  }

  // MARK: Texts

  /// A text without characters at its ends: whitespace, or those that are given.
  mutating func stripped(
    _ text: String, _ characters: TemplateValue?, left: Bool, right: Bool
  ) throws(ChatTemplateError) -> String {
    try spend(text.utf8.count)
    var set: Set<Unicode.Scalar>?
    switch characters {
    case nil, .some(.null): set = nil
    case .string(let characters): set = Set(characters.unicodeScalars)
    case .some(let other): throw ChatTemplateError(.failed, "strip of \(other.kindName)")
    }
    func goes(_ scalar: Unicode.Scalar) -> Bool { set?.contains(scalar) ?? scalar.isPythonSpace }
    var view = Substring(text).unicodeScalars
    while left, let first = view.first, goes(first) { view.removeFirst() }
    while right, let last = view.last, goes(last) { view.removeLast() }
    return String(view)
  }

  /// A text in upper or lower case, or with a capital at its or each word's beginning.
  mutating func changedCase(_ text: String, _ name: String) throws(ChatTemplateError) -> String {
    try spend(text.utf8.count)
    switch name {
    case "upper": return text.uppercased()
    case "lower": return text.lowercased()
    default:
      var result = ""
      var isInside = false
      for scalar in text.unicodeScalars {
        result += isInside ? scalar.properties.lowercaseMapping : scalar.properties.titlecaseMapping
        isInside = name == "capitalize" || scalar.properties.isCased
      }
      return result
    }
  }

  /// A text with a part replaced, the first times or always.
  mutating func replaced(
    _ text: String, _ old: String, by new: String, count: Int?
  ) throws(ChatTemplateError) -> String {
    guard !old.isEmpty else { throw ChatTemplateError.unsupported("a replacement of the empty text") }
    let most = count.flatMap { $0 < 0 ? nil : $0 }
    return try joined(try pieces(text, old, most: most), new)
  }

  /// The pieces between occurrences of a separator, of which at most `most` count.
  private mutating func pieces(
    _ text: String, _ separator: String, most: Int?
  ) throws(ChatTemplateError) -> [String] {
    let bytes = Array(text.utf8)
    let wanted = Array(separator.utf8)
    try spend(bytes.count)
    var pieces: [String] = []
    var start = 0
    while most.map({ pieces.count < $0 }) ?? true, let place = try find(wanted, in: bytes, from: start) {
      pieces.append(String(decoding: bytes[start..<place], as: UTF8.self))
      start = place + wanted.count
    }
    pieces.append(String(decoding: bytes[start...], as: UTF8.self))
    return pieces
  }

  private mutating func split(
    _ text: String, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    let given = try arguments.bound(["sep", "maxsplit"])
    let most = given[1]?.wholeNumber.flatMap { $0 < 0 ? nil : $0 }
    switch given[0] {
    case .string(let separator):
      guard !separator.isEmpty else { throw ChatTemplateError(.failed, "split at the empty text") }
      return try list(try pieces(text, separator, most: most).map(TemplateValue.string))
    case nil, .some(.null):
      guard most == nil else { throw ChatTemplateError.unsupported("split at whitespace a few times") }
      try make(text.utf8.count)
      return try list(
        text.unicodeScalars.split(whereSeparator: \.isPythonSpace).map { .string(String($0)) })
    case .some(let other): throw ChatTemplateError(.failed, "split at \(other.kindName)")
    }
  }
}

extension Unicode.Scalar {
  /// What ends a line for Python's `splitlines` besides LF and CR.
  fileprivate var isRareLineEnd: Bool {
    [0x0B, 0x0C, 0x1C, 0x1D, 0x1E, 0x85, 0x2028, 0x2029].contains(value)
  }
}

extension String {
  /// The text with each line end as LF.
  fileprivate var replacingLineEnds: String {
    var result = String.UnicodeScalarView()
    var previous: Unicode.Scalar = " "
    for scalar in unicodeScalars {
      if scalar == "\n", previous == "\r" { result.removeLast() }
      result.append(scalar == "\r" ? "\n" : scalar)
      previous = scalar
    }
    return String(result)
  }
}
