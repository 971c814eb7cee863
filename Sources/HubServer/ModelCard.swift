/// The front matter of a README.md: the simple part of YAML that model cards are made of.
///
/// Understood are `key: value`, `key: [a, b]`, and a key followed by `- item` lines. Deeper structures are left
/// out rather than guessed.
enum ModelCard {
  /// The front matter as an object; nil when the text has none.
  static func frontMatter(_ text: String) -> JSON? {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map {
      $0.last == "\r" ? $0.dropLast() : $0
    }
    guard lines.first == "---", let end = lines.dropFirst().firstIndex(of: "---") else { return nil }
    lines = Array(lines[1..<end])
    var members: [JSON.Member] = []
    var index = 0
    while index < lines.count {
      let line = lines[index]
      index += 1
      guard let first = line.first, !first.isWhitespace, first != "#", first != "-",
        let colon = line.firstIndex(of: ":")
      else { continue }
      let name = String(line[..<colon])
      let rest = trimmed(line[line.index(after: colon)...])
      if !rest.isEmpty {
        if let value = value(rest) { members.append(.init(name: name, value: value)) }
        continue
      }
      var items: [JSON] = []
      var isPlainList = true
      while index < lines.count, let first = lines[index].first, first.isWhitespace || first == "-" {
        let item = trimmed(lines[index])
        index += 1
        if item.hasPrefix("- "), let value = value(trimmed(item.dropFirst(2))), !isMapping(item) {
          items.append(value)
        } else {
          isPlainList = false
        }
      }
      if isPlainList, !items.isEmpty { members.append(.init(name: name, value: .array(items))) }
    }
    return .object(members)
  }

  private static func value(_ text: Substring) -> JSON? {
    if text.hasPrefix("["), text.hasSuffix("]") {
      return .array(text.dropFirst().dropLast().split(separator: ",").compactMap { scalar(trimmed($0)) })
    }
    guard let first = text.first, !["{", "|", ">", "&", "*"].contains(first) else { return nil }
    return scalar(text)
  }

  private static func scalar(_ text: Substring) -> JSON? {
    for quote in ["\"", "'"] where text.count >= 2 && text.hasPrefix(quote) && text.hasSuffix(quote) {
      return .string(String(text.dropFirst().dropLast()))
    }
    switch text {
    case "true": return .bool(true)
    case "false": return .bool(false)
    case "", "null", "~": return nil
    default: return .string(String(text))
    }
  }

  private static func isMapping(_ item: Substring) -> Bool { item.contains(": ") || item.hasSuffix(":") }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text
    while let first = text.first, first.isWhitespace { text.removeFirst() }
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return text
  }
}
