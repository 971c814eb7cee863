/// Where keys lie in a TOML text, for messages; the TOML library does not tell.
struct KeyPlaces {
  private var lines: [String: Int] = [:]

  init(_ text: String) {
    var section = ""
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let trimmed = line.drop { $0 == " " || $0 == "\t" }
      if trimmed.first == "[" {
        section = String(trimmed.dropFirst().prefix { $0 != "]" }).filter { $0 != " " && $0 != "[" }
        lines["\(section)", default: index + 1] = min(lines[section] ?? index + 1, index + 1)
      } else if let equals = trimmed.firstIndex(of: "=") {
        let key = trimmed[..<equals].filter { $0 != " " && $0 != "\t" && $0 != "\"" }
        let path = section.isEmpty ? String(key) : "\(section).\(key)"
        if lines[path] == nil { lines[path] = index + 1 }
      }
    }
  }

  /// The line of a key, or of a table for a nil key; nil when it is written in a way that is not seen here.
  func line(section: String, key: String?) -> Int? {
    guard let key else { return lines[section] }
    return lines[section.isEmpty ? key : "\(section).\(key)"] ?? lines[section]
  }
}
