/// Puts a head together out of the lines that curl hands over.
///
/// Interim answers (1xx) are dropped, and so are trailers.
struct HeadParser {
  /// What a line brought about.
  enum Outcome: Equatable {
    /// More lines will follow, or the line is none of ours.
    case more
    /// The head is complete.
    case complete(HTTPHead)
    /// Too many lines or bytes.
    case tooLarge
    /// Not HTTP.
    case malformed
  }

  /// The most bytes that all header lines of one answer may have.
  static let byteLimit = 256 << 10
  /// The most header lines of one answer.
  static let fieldLimit = 512

  private let url: HTTPURL
  private var status = 0
  private var version = ""
  private var headers = HTTPHeaders()
  private var bytes = 0
  private var isComplete = false

  init(url: HTTPURL) { self.url = url }

  mutating func receive(line: UnsafeRawBufferPointer) -> Outcome {
    bytes += line.count
    guard bytes <= Self.byteLimit else { return .tooLarge }
    guard !isComplete else { return .more }
    let text = String(decoding: line.prefix { $0 != 13 && $0 != 10 }, as: UTF8.self)
    if text.hasPrefix("HTTP/") { return startAnswer(text) }
    guard status > 0 else { return .malformed }
    if text.isEmpty { return endAnswer() }
    if text.hasPrefix(" ") || text.hasPrefix("\t") {
      headers.continueLast(with: text)
      return .more
    }
    guard let colon = text.firstIndex(of: ":") else { return .malformed }
    guard headers.fields.count < Self.fieldLimit else { return .tooLarge }
    headers.append(HTTPText.trimmed(text[..<colon]), String(text[text.index(after: colon)...]))
    return .more
  }

  private mutating func startAnswer(_ text: String) -> Outcome {
    let words = text.split(separator: " ", maxSplits: 2)
    guard words.count >= 2, words[1].utf8.count == 3, let code = HTTPText.number(words[1]),
      (100...599).contains(code)
    else { return .malformed }
    status = Int(code)
    version = String(words[0].dropFirst(5))
    headers = HTTPHeaders()
    return .more
  }

  private mutating func endAnswer() -> Outcome {
    guard status >= 200 else { return .more }
    isComplete = true
    return .complete(HTTPHead(status: status, version: version, headers: headers, url: url))
  }
}
