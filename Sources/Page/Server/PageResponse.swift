/// An answer of the page.
struct PageResponse: Sendable, Equatable {
  /// The statuses that we use.
  enum Status: Int, Sendable {
    case ok = 200
    case seeOther = 303
    case notModified = 304
    case badRequest = 400
    case forbidden = 403
    case notFound = 404
    case methodNotAllowed = 405
    case timeout = 408
    case bodyTooLarge = 413
    case targetTooLong = 414
    case misdirected = 421
    case fieldsTooLarge = 431
    case failed = 500
    case busy = 503

    /// Its words (RFC 9110).
    var phrase: String {
      switch self {
      case .ok: "OK"
      case .seeOther: "See Other"
      case .notModified: "Not Modified"
      case .badRequest: "Bad Request"
      case .forbidden: "Forbidden"
      case .notFound: "Not Found"
      case .methodNotAllowed: "Method Not Allowed"
      case .timeout: "Request Timeout"
      case .bodyTooLarge: "Content Too Large"
      case .targetTooLong: "URI Too Long"
      case .misdirected: "Misdirected Request"
      case .fieldsTooLarge: "Request Header Fields Too Large"
      case .failed: "Internal Server Error"
      case .busy: "Service Unavailable"
      }
    }
  }

  /// How it ended.
  var status: Status
  /// Header fields beside those that every answer has.
  var headers: [(name: String, value: String)]
  /// The body, which a HEAD request does not get.
  var body: [UInt8]

  /// An answer.
  init(_ status: Status, type: String, _ body: String, _ headers: [(name: String, value: String)] = []) {
    self.status = status
    self.headers = [("Content-Type", type)] + headers
    self.body = Array(body.utf8)
  }

  /// An answer that sends the client elsewhere on this server.
  static func redirect(to path: String, _ headers: [(name: String, value: String)] = []) -> PageResponse {
    PageResponse(.seeOther, type: "text/plain; charset=utf-8", "", [("Location", path)] + headers)
  }

  /// What every answer says: nothing of anybody else is loaded, framed, run, guessed or kept.
  static let always: [(name: String, value: String)] = [
    (
      "Content-Security-Policy",
      "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
    ("Connection", "close"),
  ]

  /// The bytes on the wire.
  ///
  /// - Parameter withBody: false for HEAD; the length is told all the same.
  func encoded(withBody: Bool = true) -> [UInt8] {
    var head = "HTTP/1.1 \(status.rawValue) \(status.phrase)\r\n"
    let own = Set(headers.map { $0.name.lowercased() })
    let usual = [(name: "Cache-Control", value: "no-store"), (name: "Referrer-Policy", value: "no-referrer")]
    for (name, value) in headers + (usual + Self.always).filter({ !own.contains($0.name.lowercased()) }) {
      // A header is one line, whatever it quotes.
      head +=
        "\(name): \(String(value.unicodeScalars.filter { (32...126).contains($0.value) }.map(Character.init)))\r\n"
    }
    if status != .notModified { head += "Content-Length: \(body.count)\r\n" }
    return Array("\(head)\r\n".utf8) + (withBody ? body : [])
  }

  static func == (left: PageResponse, right: PageResponse) -> Bool {
    left.status == right.status && left.body == right.body && left.headers.elementsEqual(right.headers, by: ==)
  }
}
