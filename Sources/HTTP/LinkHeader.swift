/// A `Link` header (RFC 8288).
public enum LinkHeader {
  /// The target of the first link with `rel="next"`, as it is written; nil without one.
  public static func next(in values: [String]) -> String? {
    for value in values {
      for link in HTTPText.split(value, at: UInt8(ascii: ",")) {
        let parts = HTTPText.split(link, at: UInt8(ascii: ";"))
        guard let target = parts.first, target.hasPrefix("<"), target.hasSuffix(">") else { continue }
        let isNext = parts.dropFirst().contains { part in
          let pair = part.split(separator: "=", maxSplits: 1).map { HTTPText.trimmed($0) }
          guard pair.count == 2, pair[0].lowercased() == "rel" else { return false }
          return HTTPText.unquoted(pair[1]).split(separator: " ").contains { $0.lowercased() == "next" }
        }
        if isNext { return String(target.dropFirst().dropLast()) }
      }
    }
    return nil
  }
}
