import Foundation

/// A request to the page, in bounds and decoded.
struct PageRequest: Sendable, Equatable {
  /// What the client wants.
  enum Method: String, Sendable {
    case get = "GET"
    case head = "HEAD"
    case post = "POST"
  }

  /// What the client wants.
  var method: Method
  /// The decoded segments of the path; empty for `/`.
  var segments: [String]
  /// The path as it was sent.
  var path: String
  /// The query's pairs, decoded.
  var query: [(name: String, value: String)]
  /// Header fields by their names in lower case; those that came twice are joined by a comma.
  var headers: [String: String]
  /// The body's pairs, decoded; empty for anything but a form.
  var form: [(name: String, value: String)]

  /// The first value of a name in the query, without blanks around it; nil when it is missing or empty.
  func value(_ name: String) -> String? { Self.first(name, query) }

  /// The same of the form.
  func field(_ name: String) -> String? { Self.first(name, form) }

  /// The values of a cookie, of which there may be several of one name.
  func cookies(_ name: String) -> [String] {
    (headers["cookie"] ?? "").split(separator: ";").compactMap { pair in
      let parts = pair.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, parts[0].trimmingCharacters(in: .whitespaces) == name else { return nil }
      return parts[1].trimmingCharacters(in: .whitespaces)
    }
  }

  private static func first(_ name: String, _ pairs: [(name: String, value: String)]) -> String? {
    guard let value = pairs.first(where: { $0.name == name })?.value else { return nil }
    let trimmed = value.trimmingCharacters(in: .whitespacesAndNewlines)
    return trimmed.isEmpty ? nil : trimmed
  }

  static func == (left: PageRequest, right: PageRequest) -> Bool {
    left.method == right.method && left.segments == right.segments && left.path == right.path
      && left.headers == right.headers
      && left.query.elementsEqual(right.query, by: ==) && left.form.elementsEqual(right.form, by: ==)
  }
}

/// Percent encoding as addresses and forms have it (RFC 3986, URL Standard).
enum Percent {
  /// A segment of a path; nil when it holds what no segment may hold: bad escapes, ill-formed UTF-8, control characters
  /// or a slash in disguise.
  static func segment(_ text: Substring) -> String? {
    guard let decoded = decoded(text, plusIsBlank: false),
      !decoded.unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 || $0 == "/" || $0 == "\\" }),
      decoded != ".", decoded != ".."
    else { return nil }
    return decoded
  }

  /// The pairs of a query or a form; nil when an escape is bad or there are more than `limit`.
  static func pairs(_ text: Substring, limit: Int = 64) -> [(name: String, value: String)]? {
    var pairs: [(name: String, value: String)] = []
    for part in text.split(separator: "&") {
      guard pairs.count < limit else { return nil }
      let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = decoded(sides[0], plusIsBlank: true),
        let value = decoded(sides.count == 2 ? sides[1] : "", plusIsBlank: true)
      else { return nil }
      pairs.append((name, value))
    }
    return pairs
  }

  /// Everything but unreserved characters as `%XX`.
  static func encoded(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF")
    return text.utf8.reduce(into: "") { result, byte in
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      default: result += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
      }
    }
  }

  private static func decoded(_ text: Substring, plusIsBlank: Bool) -> String? {
    var bytes: [UInt8] = []
    var rest = Substring(text).utf8
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "%"):
        guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else { return nil }
        bytes.append(high << 4 | low)
      case UInt8(ascii: "+") where plusIsBlank: bytes.append(UInt8(ascii: " "))
      default: bytes.append(byte)
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
