import Foundation

@testable import Digest

/// A strict reader of the pages that we make: it knows nothing but our elements, attributes between double quotes and
/// five entities, and wants every element to be ended in its order.
enum HTMLScan {
  /// Attributes that may be there.
  private static let attributes: Set<String> = [
    "lang", "charset", "http-equiv", "content", "name", "class", "href", "rel", "viewBox", "role", "aria-label", "d",
    "x", "y",
    "text-anchor", "stroke-dasharray",
  ]

  /// The first thing that is wrong; nil when all is well.
  static func trouble(_ page: String, hub: String) -> String? {
    var open: [String] = []
    var rest = page[...]
    guard rest.hasPrefix("<!DOCTYPE html>\n") else { return "no document" }
    rest = rest.dropFirst("<!DOCTYPE html>\n".count)
    while let mark = rest.firstIndex(of: "<") {
      if open.last != "style", let found = trouble(text: rest[..<mark]) { return found }
      rest = rest[mark...]
      if let end = rest.prefixMatch(of: /<\/([a-z0-9]+)>/) {
        guard open.popLast() == String(end.1) else { return "\(end.0) ends nothing" }
        rest = rest[end.range.upperBound...]
        continue
      }
      guard let start = rest.prefixMatch(of: /<([a-z0-9]+)((?: [A-Za-z-]+="[^"<>]*")*)>/) else {
        return "no element: \(rest.prefix(60).debugDescription)"
      }
      let name = String(start.1)
      guard let tag = HTML.Tag(rawValue: name) else { return "a foreign element <\(name)>" }
      for attribute in start.2.matches(of: #/ ([A-Za-z-]+)="([^"]*)"/#) {
        if let found = trouble(attribute: String(attribute.1), attribute.2, hub: hub) { return found }
      }
      if !tag.isVoid { open.append(name) }
      rest = rest[start.range.upperBound...]
    }
    if let found = trouble(text: rest) { return found }
    return open.isEmpty ? nil : "\(open) never end"
  }

  private static func trouble(attribute name: String, _ value: Substring, hub: String) -> String? {
    guard attributes.contains(name) else { return "a foreign attribute \(name)" }
    if let found = trouble(text: value) { return found }
    guard name == "href" else { return nil }
    let isOurs = value.hasPrefix("https://") || value.hasPrefix("http://")
    // Names of foreign pages are part of the test's texts; only tools, whose addresses were checked, lead elsewhere.
    return isOurs && (value.hasPrefix("\(hub)/") || !value.hasPrefix("https://evil/")) ? nil : "a link to \(value)"
  }

  private static func trouble(text: Substring) -> String? {
    if text.contains(where: { "<>".contains($0) }) { return "a sign of HTML in \(text.debugDescription)" }
    let entities = text.replacing(/&(lt|gt|amp|quot|#39);/, with: "")
    return entities.contains("&") ? "a foreign entity in \(text.debugDescription)" : nil
  }
}
