@testable import Page

/// Reads HTML as strictly as nobody else: tags of the one form that we write, and text without any sign of one.
struct Markings {
  /// A tag with the names of its attributes, and the values of those that could do something.
  struct Tag: Equatable, CustomStringConvertible {
    var name: String
    var attributes: [String: String]

    var description: String { "<\(name) \(attributes.keys.sorted())>" }
  }

  struct Wrong: Error, CustomStringConvertible { var description: String }

  /// All tags in their order; ends have a slash before the name.
  private(set) var tags: [Tag] = []
  /// The text between them, entities undone.
  private(set) var text = ""

  init(_ page: String) throws {
    guard page.hasPrefix("<!DOCTYPE html>\n") else { throw Wrong(description: "no doctype") }
    var rest = page.dropFirst(16)[...]
    while !rest.isEmpty {
      let words = rest.prefix { $0 != "<" && $0 != ">" }
      text += try Self.undone(words)
      rest = rest[words.endIndex...]
      guard let first = rest.first else { break }
      guard first == "<", let end = rest.firstIndex(of: ">") else {
        throw Wrong(description: "a sign of markup in text: \(rest.prefix(40))")
      }
      tags.append(try Self.tag(rest[rest.index(after: rest.startIndex)..<end]))
      rest = rest[rest.index(after: end)...]
    }
    try checkNesting()
  }

  /// A name, and behind a blank each attributes of the form `name` or `name="value"`.
  private static func tag(_ inside: Substring) throws -> Tag {
    let wrong = Wrong(description: "a tag of another form: <\(inside.prefix(80))>")
    var rest = inside.utf8[...]
    func take(_ isWanted: (UInt8) -> Bool) -> String {
      let word = rest.prefix(while: isWanted)
      rest = rest[word.endIndex...]
      return String(Substring(word))
    }
    let isEnd = rest.first == UInt8(ascii: "/")
    if isEnd { rest = rest.dropFirst() }
    let name = take(isNameByte)
    guard !name.isEmpty, name.first?.isLetter == true else { throw wrong }
    var attributes: [String: String] = [:]
    while rest.first == UInt8(ascii: " "), !isEnd {
      rest = rest.dropFirst()
      let attribute = take(isNameByte)
      var value = ""
      if rest.first == UInt8(ascii: "=") {
        guard rest.dropFirst().first == UInt8(ascii: "\"") else { throw wrong }
        rest = rest.dropFirst(2)
        value = take { $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "<") }
        guard rest.first == UInt8(ascii: "\"") else { throw wrong }
        rest = rest.dropFirst()
      }
      guard !attribute.isEmpty, attributes[attribute] == nil else { throw wrong }
      attributes[attribute] = try undone(value[...])
    }
    guard rest.isEmpty else { throw wrong }
    return Tag(name: isEnd ? "/\(name)" : name, attributes: attributes)
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
      true
    default: false
    }
  }

  private static func undone(_ text: Substring) throws -> String {
    guard text.utf8.contains(UInt8(ascii: "&")) else { return String(text) }
    let parts = text.split(separator: "&", omittingEmptySubsequences: false)
    var result = String(parts[0])
    for part in parts.dropFirst() {
      let signs = [("amp;", "&"), ("lt;", "<"), ("gt;", ">"), ("quot;", "\""), ("#39;", "'")]
      guard let (entity, sign) = signs.first(where: { part.hasPrefix($0.0) }) else {
        throw Wrong(description: "an entity that is none of ours: &\(part.prefix(20))")
      }
      result += sign + part.dropFirst(entity.count)
    }
    return result
  }

  private func checkNesting() throws {
    var open: [String] = []
    for tag in tags where !["meta", "link", "input"].contains(tag.name) {
      if tag.name.hasPrefix("/") {
        guard open.popLast() == String(tag.name.dropFirst()) else {
          throw Wrong(description: "\(tag) ends what is not open")
        }
      } else {
        open.append(tag.name)
      }
    }
    guard open.isEmpty else { throw Wrong(description: "never closed: \(open)") }
  }
}
