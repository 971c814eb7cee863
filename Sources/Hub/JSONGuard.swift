import HTTP

/// Looks at a body before it is decoded.
enum JSONGuard {
  /// Deeper nesting is refused, since decoders recurse.
  static let deepest = 64

  /// What the outermost value has to be.
  enum Shape: String {
    case array
    case object
  }

  /// Why a body cannot be what was asked for; nil when it may be.
  static func objection(_ body: [UInt8], head: HTTPHead, shape: Shape) -> String? {
    let first = body.first { ![9, 10, 13, 32].contains($0) }
    guard first == UInt8(ascii: shape == .array ? "[" : "{") else {
      let type = head.headers["Content-Type"].map { " (\($0.prefix { $0 != ";" }))" } ?? ""
      return first == UInt8(ascii: "<")
        ? "HTML\(type) instead of JSON" : "not a JSON \(shape.rawValue)\(type)"
    }
    return depth(body) > deepest ? "JSON deeper than \(deepest) levels" : nil
  }

  /// How deep arrays and objects are nested, strings left out. Stops counting just above the limit.
  static func depth(_ body: [UInt8]) -> Int {
    var depth = 0
    var most = 0
    var isString = false
    var isEscaped = false
    for byte in body {
      if isString {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isString = false
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): isString = true
      case UInt8(ascii: "["), UInt8(ascii: "{"):
        depth += 1
        most = max(most, depth)
        if most > deepest { return most }
      case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
      default: break
      }
    }
    return most
  }
}
