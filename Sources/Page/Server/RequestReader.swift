/// Reads one HTTP/1.1 request out of bytes as they arrive (RFC 9112): strict, and never more than its bounds.
///
/// It knows what browsers and scrapers send: a line, header fields, and for a form a body of a told length. Everything else
/// is refused, so that no two readers of the same bytes can disagree about where a request ends.
struct RequestReader {
  /// The most bytes of line and header fields together.
  static let longestHead = 16 << 10
  /// The most bytes of a path with its query.
  static let longestTarget = 4 << 10
  /// The most bytes of a form.
  static let longestBody = 8 << 10
  /// The most header fields.
  static let mostFields = 64

  /// How far it has come.
  enum Outcome: Equatable {
    /// More bytes are needed.
    case incomplete
    case complete(PageRequest)
    /// The status with which it is refused.
    case refused(PageResponse.Status)
  }

  private var bytes: [UInt8] = []

  /// Whether nothing has arrived.
  var isEmpty: Bool { bytes.isEmpty }

  /// Takes bytes in, and says what they make.
  mutating func take(_ more: some Sequence<UInt8>) -> Outcome {
    bytes.append(contentsOf: more)
    guard let end = endOfHead else {
      return bytes.count > Self.longestHead ? .refused(.fieldsTooLarge) : .incomplete
    }
    guard end <= Self.longestHead else { return .refused(.fieldsTooLarge) }
    return read(headEnd: end)
  }

  /// Where the empty line ends.
  private var endOfHead: Int? {
    var index = 0
    while index + 4 <= bytes.count {
      if bytes[index] == 13, bytes[index + 1] == 10, bytes[index + 2] == 13, bytes[index + 3] == 10 { return index + 4 }
      index += 1
    }
    return nil
  }

  private func read(headEnd: Int) -> Outcome {
    // Visible ASCII, blanks and tabs only: foreign letters come percent-encoded.
    let head = bytes[..<(headEnd - 4)]
    guard head.allSatisfy({ (32...126).contains($0) || [9, 10, 13].contains($0) }) else {
      return .refused(.badRequest)
    }
    // Swift takes CR LF for one character; a lone one of them is none of ours.
    var lines: [Substring] = []
    for line in Substring(decoding: head, as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: false) {
      guard !line.contains("\r"), !line.contains("\n") else { return .refused(.badRequest) }
      lines.append(line)
    }
    let words = lines[0].split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 3, words[2] == "HTTP/1.1" || words[2] == "HTTP/1.0", !words[0].isEmpty,
      words[0].utf8.allSatisfy(Self.isTokenByte)
    else { return .refused(.badRequest) }
    guard lines.count - 1 <= Self.mostFields else { return .refused(.fieldsTooLarge) }
    guard let headers = fields(lines.dropFirst()) else { return .refused(.badRequest) }
    if headers["transfer-encoding"] != nil { return .refused(.badRequest) }
    guard let method = PageRequest.Method(rawValue: String(words[0])) else { return .refused(.methodNotAllowed) }
    guard words[1].utf8.count <= Self.longestTarget else { return .refused(.targetTooLong) }
    let sides = words[1].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    guard let segments = segments(sides[0]), let query = Percent.pairs(sides.count == 2 ? sides[1] : "") else {
      return .refused(.badRequest)
    }
    var length = 0
    if let told = headers["content-length"] {
      guard told.utf8.count <= 9, told.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int(told) else {
        return .refused(.badRequest)
      }
      length = number
    }
    guard length <= Self.longestBody else { return .refused(.bodyTooLarge) }
    guard bytes.count >= headEnd + length else { return .incomplete }
    // Whoever sends a second request before the first is answered guesses.
    guard bytes.count == headEnd + length else { return .refused(.badRequest) }
    var request = PageRequest(
      method: method, segments: segments, path: String(sides[0]), query: query, headers: headers, form: [])
    if length > 0 {
      guard method == .post, headers["content-type"]?.lowercased() == "application/x-www-form-urlencoded",
        let body = String(validating: bytes[headEnd...], as: UTF8.self), let form = Percent.pairs(body[...])
      else { return .refused(.badRequest) }
      request.form = form
    }
    return .complete(request)
  }

  private func fields(_ lines: ArraySlice<Substring>) -> [String: String]? {
    var headers: [String: String] = [:]
    for line in lines {
      guard let colon = line.firstIndex(of: ":") else { return nil }
      let name = line[..<colon].lowercased()
      guard !name.isEmpty, name.utf8.allSatisfy(Self.isTokenByte) else { return nil }
      let value = line[line.index(after: colon)...].trimmingBlanks
      if let known = headers[name] {
        // Two of these say two things.
        guard !["host", "content-length", "content-type", "origin", "sec-fetch-site"].contains(name) else { return nil }
        headers[name] = "\(known)\(name == "cookie" ? ";" : ",") \(value)"
      } else {
        headers[name] = String(value)
      }
    }
    return headers
  }

  /// The decoded segments of a path; nil when it is no plain path.
  private func segments(_ path: Substring) -> [String]? {
    guard path.hasPrefix("/") else { return nil }
    if path == "/" { return [] }
    var segments: [String] = []
    for part in path.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
      guard !part.isEmpty, segments.count < 16, let segment = Percent.segment(part) else { return nil }
      segments.append(segment)
    }
    return segments
  }

  /// Characters of methods and names of fields.
  private static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"):
      true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }
}

extension Substring {
  fileprivate var trimmingBlanks: Substring {
    var text = self
    while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
    while let last = text.last, last == " " || last == "\t" { text.removeLast() }
    return text
  }
}
