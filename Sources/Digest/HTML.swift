import Console

/// A piece of HTML that was made of elements and text: foreign text cannot become anything but text in it.
///
/// Names of elements, attributes and classes are ours; every value that comes from elsewhere is escaped, control and
/// bidirectional scalars are shown as `\u{…}`, and addresses are links only when they are `https` or `http`.
struct HTML: Sendable, Equatable {
  /// The elements that we use.
  enum Tag: String {
    case html, head, body, meta, title, style, header, main, section, footer, h1, h2, p, ul, li, a, span, strong, code
    case blockquote, figure, figcaption
    case svg, path, text, desc

    /// Elements without an end tag.
    var isVoid: Bool { self == .meta }
  }

  /// The attributes that we use.
  enum Attribute {
    /// A class of our style sheet.
    case className(StaticString)
    /// A link; anything but a plain web address leaves it out.
    case href(String)
    /// Any other attribute, whose value is escaped.
    case named(StaticString, String)
  }

  /// The markup.
  let source: String

  /// Text.
  static func text(_ text: String, limit: Int = 1000) -> HTML {
    HTML(source: escaped(ForeignText.safe(text, limit: limit)))
  }

  /// An element around its children.
  static func element(_ tag: Tag, _ attributes: [Attribute] = [], _ children: [HTML] = []) -> HTML {
    var source = "<\(tag.rawValue)"
    for attribute in attributes {
      switch attribute {
      case .className(let name): source += " class=\"\(name)\""
      case .href(let address):
        if let address = link(address) { source += " href=\"\(escaped(address))\" rel=\"noreferrer\"" }
      case .named(let name, let value): source += " \(name)=\"\(escaped(ForeignText.safe(value, limit: 20_000)))\""
      }
    }
    source += ">"
    if tag.isVoid { return HTML(source: source) }
    return HTML(source: source + children.map(\.source).joined() + "</\(tag.rawValue)>")
  }

  /// An element around text.
  static func element(_ tag: Tag, _ attributes: [Attribute] = [], text: String) -> HTML {
    element(tag, attributes, [.text(text)])
  }

  /// A style sheet of ours; `StaticString`, so that nothing foreign gets into it.
  static func style(_ sheet: StaticString) -> HTML { HTML(source: "<style>\(sheet)</style>") }

  /// A whole document.
  static func document(_ children: [HTML]) -> String {
    "<!DOCTYPE html>\n"
      + element(.html, [.named("lang", "en")], children).source
  }

  /// `address` when it is `http` or `https` and of printable ASCII without quotes or blanks; nil otherwise.
  static func link(_ address: String) -> String? {
    guard address.hasPrefix("https://") || address.hasPrefix("http://"), address.utf8.count <= 2000,
      address.utf8.allSatisfy({ (33...126).contains($0) && !"\"'<>\\`{}".utf8.contains($0) })
    else { return nil }
    return address
  }

  /// The five signs of HTML as entities.
  private static func escaped(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { result, scalar in
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
