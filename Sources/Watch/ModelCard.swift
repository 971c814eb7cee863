/// The beginning of a repository's card, for the search and for `show`.
enum ModelCard {
  /// Bytes that are read: the front matter comes first and says what tags say too.
  static let readLimit = 8192
  /// Bytes that are kept.
  static let keptLimit = 2048

  /// The text behind the front matter, cut at a whole character; nil when nothing is left.
  static func beginning(_ bytes: [UInt8]) -> String? {
    // Swift takes CR LF for one character, in which no line feed is found.
    var rest = String(decoding: bytes.filter { $0 != UInt8(ascii: "\r") }, as: UTF8.self)[...]
    if rest.hasPrefix("---\n") {
      guard let end = rest.dropFirst(3).firstRange(of: "\n---") else { return nil }
      rest = rest[end.upperBound...].drop { $0 != "\n" }
    }
    var kept = ""
    var size = 0
    for scalar in rest.unicodeScalars.drop(while: { $0.properties.isWhitespace }) {
      size += scalar.utf8.count
      guard size <= keptLimit else { break }
      // The last character may have been cut in two.
      if scalar != "\u{FFFD}", scalar != "\0" { kept.unicodeScalars.append(scalar) }
    }
    return kept.isEmpty ? nil : kept
  }
}
