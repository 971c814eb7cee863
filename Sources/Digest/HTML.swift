import Console

/// A piece of HTML that was made of elements and text: foreign text cannot become anything but text in it.
///
/// Names of elements, attributes and classes are ours; every value that comes from elsewhere is escaped, control and
/// bidirectional scalars are shown as `\u{…}`, and addresses are links only when they are `https` or `http`.
package struct HTML: Sendable, Equatable {
  /// The elements that we use.
  package enum Tag: String, CaseIterable {
    case html, head, body, meta, title, style, header, main, section, footer, h1, h2, p, ul, li, a, span, strong, code
    case blockquote, figure, figcaption
    case svg, path, text, desc, line, circle
    // A page with more than a story needs these, too.
    case link, nav, div, h3, dl, dt, dd, small, time, progress, details, summary
    case table, caption, thead, tbody, tr, th, td
    case form, label, input, select, option, button, datalist

    /// Elements without an end tag.
    var isVoid: Bool { [.meta, .link, .input].contains(self) }
  }

  /// The attributes that we use.
  package enum Attribute {
    /// A class of our style sheet.
    case className(StaticString)
    /// A link; anything but a plain web address leaves it out.
    case href(String)
    /// A link to another page of the same server; anything but a plain path leaves it out.
    case path(String)
    /// An attribute that says something by being there.
    case flag(StaticString)
    /// Any other attribute, whose value is escaped.
    case named(StaticString, String)
  }

  /// The markup.
  package let source: String

  /// Text.
  package static func text(_ text: String, limit: Int = 1000) -> HTML {
    HTML(source: escaped(ForeignText.safe(text, limit: limit)))
  }

  /// An element around its children.
  package static func element(_ tag: Tag, _ attributes: [Attribute] = [], _ children: [HTML] = []) -> HTML {
    var source = "<\(tag.rawValue)"
    for attribute in attributes {
      switch attribute {
      case .className(let name): source += " class=\"\(name)\""
      case .href(let address):
        if let address = link(address) { source += " href=\"\(escaped(address))\" rel=\"noreferrer\"" }
      case .path(let path):
        if isPath(path) { source += " href=\"\(escaped(path))\"" }
      case .flag(let name): source += " \(name)"
      case .named(let name, let value): source += " \(name)=\"\(escaped(ForeignText.safe(value, limit: 20_000)))\""
      }
    }
    source += ">"
    if tag.isVoid { return HTML(source: source) }
    return HTML(source: source + children.map(\.source).joined() + "</\(tag.rawValue)>")
  }

  /// An element around text.
  package static func element(_ tag: Tag, _ attributes: [Attribute] = [], text: String) -> HTML {
    element(tag, attributes, [.text(text)])
  }

  /// A style sheet of ours; `StaticString`, so that nothing foreign gets into it.
  package static func style(_ sheet: StaticString) -> HTML { HTML(source: "<style>\(sheet)</style>") }

  /// A whole document.
  package static func document(_ children: [HTML]) -> String {
    "<!DOCTYPE html>\n"
      + element(.html, [.named("lang", "en")], children).source
  }

  /// `address` when it is `http` or `https` and of printable ASCII without quotes or blanks; nil otherwise.
  package static func link(_ address: String) -> String? {
    guard address.hasPrefix("https://") || address.hasPrefix("http://"), address.utf8.count <= 2000,
      address.utf8.allSatisfy({ (33...126).contains($0) && !"\"'<>\\`{}".utf8.contains($0) })
    else { return nil }
    return address
  }

  /// Whether an address is one of the same server: one slash first, then printable ASCII without quotes or blanks.
  package static func isPath(_ address: String) -> Bool {
    address.hasPrefix("/") && !address.hasPrefix("//") && address.utf8.count <= 2000
      && address.utf8.allSatisfy { (33...126).contains($0) && !"\"'<>\\`{}".utf8.contains($0) }
  }

  /// The five signs of HTML as entities.
  private static func escaped(_ text: String) -> String {
    guard text.utf8.contains(where: { "&<>\"'".utf8.contains($0) }) else { return text }
    return text.unicodeScalars.reduce(into: "") { result, scalar in
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.unicodeScalars.append(scalar)
      }
    }
  }
}
