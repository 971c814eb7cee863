/// A request as the simulated hub reads it. Everything is bounded, and what makes no sense ends the connection.
struct SimulatedRequest: Sendable {
  let method: String
  /// Path and query as they came.
  let target: String
  /// The path's segments, percent-decoded; segments may hold slashes.
  let segments: [String]
  let query: [(name: String, value: String)]
  let authorization: String?
  let ifNoneMatch: String?
  /// The first byte and the one after the last, as far as they were named.
  let range: (from: Int64, to: Int64?)?

  /// The request of a head without its final empty line.
  init?(_ head: some Collection<UInt8>) {
    let lines = head.split(separator: UInt8(ascii: "\n")).map { line in
      String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
    }
    let words = lines.first?.split(separator: " ") ?? []
    guard words.count == 3, words[1].utf8.first == UInt8(ascii: "/"), ["GET", "HEAD"].contains(words[0]) else {
      return nil
    }
    method = String(words[0])
    target = String(words[1])
    var (authorization, ifNoneMatch, range): (String?, String?, (Int64, Int64?)?) = (nil, nil, nil)
    for line in lines.dropFirst() {
      guard let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")) else { continue }
      let value = String(line[line.index(after: colon)...].drop { $0 == " " })
      switch line[..<colon].lowercased() {
      case "authorization": authorization = value
      case "if-none-match": ifNoneMatch = value
      case "range": range = Self.range(value)
      default: break
      }
    }
    self.authorization = authorization
    self.ifNoneMatch = ifNoneMatch
    self.range = range.map { (from: $0.0, to: $0.1) }
    let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    segments = parts[0].split(separator: "/").map { Self.decoded($0) }
    query = Self.items(parts.count > 1 ? parts[1] : "")
  }

  static func items(_ query: Substring) -> [(name: String, value: String)] {
    query.split(separator: "&").map { item in
      let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      var name = decoded(pair[0])
      if name.hasSuffix("[]") { name.removeLast(2) }
      return (name, pair.count > 1 ? decoded(pair[1]) : "")
    }
  }

  private static func range(_ value: String) -> (Int64, Int64?)? {
    guard value.hasPrefix("bytes=") else { return nil }
    let ends = value.dropFirst(6).split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    guard ends.count == 2, let from = Int64(ends[0]), from >= 0 else { return nil }
    guard let last = Int64(ends[1]) else { return ends[1].isEmpty ? (from, nil) : nil }
    return last >= from && last < Int64.max ? (from, last + 1) : nil
  }

  private static func decoded(_ text: Substring) -> String {
    guard text.utf8.contains(UInt8(ascii: "%")) || text.utf8.contains(UInt8(ascii: "+")) else { return String(text) }
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      let digits = String(decoding: rest.prefix(2), as: UTF8.self)
      if byte == UInt8(ascii: "%"), digits.utf8.count == 2, let value = UInt8(digits, radix: 16) {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// A text as part of a URL's query or path.
  static func escaped(_ text: String) -> String {
    var out = ""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        out.unicodeScalars.append(Unicode.Scalar(byte))
      default: out += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }
    }
    return out
  }
}
