import Domain

/// An answer before it becomes bytes on a connection.
struct Answer: Sendable {
  /// Where the body comes from.
  enum Body: Sendable {
    case bytes([UInt8])
    case file(OpenFile, Range<Int64>)

    var count: Int64 {
      switch self {
      case .bytes(let bytes): Int64(bytes.count)
      case .file(_, let range): Int64(range.count)
      }
    }
  }

  var status: Int
  var headers: [(String, String)]
  var body: Body
  /// What is to go wrong with the body.
  var fault: Fault.Action?

  init(_ status: Int, _ headers: [(String, String)] = [], body: Body = .bytes([])) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// An API answer with its weak ETag.
  static func json(_ document: JSON, _ headers: [(String, String)] = []) -> Answer {
    let body = document.encoded()
    let own = [("Content-Type", "application/json; charset=utf-8"), ("ETag", EntityTag.weak(body))]
    return Answer(200, own + headers, body: .bytes(body))
  }

  /// A redirect whose text names the target.
  static func redirect(_ status: Int, to location: String, _ headers: [(String, String)] = []) -> Answer {
    let text = (status == 302 ? "Found" : "Temporary Redirect") + ". Redirecting to \(location)"
    let own = [("Content-Type", "text/plain; charset=utf-8"), ("Location", location)]
    return Answer(status, own + headers, body: .bytes(Array(text.utf8)))
  }
}

/// An answer that says no, thrown from wherever it becomes clear.
struct Refusal: Error {
  let answer: Answer

  /// - Parameters:
  ///   - code: the hub's `X-Error-Code`, if the case has one.
  ///   - isJSON: whether the body is `{"error": …}` or the text alone.
  init(
    _ status: Int, code: String? = nil, _ message: String, isJSON: Bool = true,
    headers: [(String, String)] = []
  ) {
    let document = JSON.members([("error", .string(message))])
    var all = [("Content-Type", isJSON ? "application/json; charset=utf-8" : "text/plain; charset=utf-8")]
    if let code { all.append(("X-Error-Code", code)) }
    // A header is one line of visible characters, whatever foreign text the message quotes.
    let line = String(message.unicodeScalars.map { (32...126).contains($0.value) ? Character($0) : "?" })
    all.append(("X-Error-Message", line))
    if status == 401 { all.append(("WWW-Authenticate", "Bearer realm=\"Authentication required\"")) }
    answer = Answer(status, all + headers, body: .bytes(isJSON ? document.encoded() : Array(message.utf8)))
  }

  static let page = Refusal(404, "Sorry, we can't find the page you are looking for.")
  static let repo = Refusal(404, code: "RepoNotFound", "Repository not found")
  static let anonymous = Refusal(401, "Invalid username or password.")
  static let badToken = Refusal(401, "Invalid credentials in Authorization header")
  static let disabled = Refusal(403, "Access to this resource is disabled.", isJSON: false)

  static func entry(commit: CommitHash) -> Refusal {
    Refusal(
      404, code: "EntryNotFound", "Entry not found", isJSON: false,
      headers: [("X-Repo-Commit", commit.description), ("Accept-Ranges", "bytes")])
  }

  static func revision(_ revision: String) -> Refusal {
    Refusal(404, code: "RevisionNotFound", "Invalid rev id: \(revision)", isJSON: false)
  }

  static func badParameter(_ text: String) -> Refusal { Refusal(400, text) }
}
