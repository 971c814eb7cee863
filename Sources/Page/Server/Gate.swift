import Domain

/// Decides who may ask for what.
///
/// The page is for the person at this machine. A foreign site in that person's browser can make it send requests here, also
/// under a name of its own that it lets point to 127.0.0.1; such requests have another Host, Origin or Sec-Fetch-Site. What
/// changes anything needs a token besides, that was printed where only that person reads.
struct Gate: Sendable {
  /// The port, which is a part of every right Host.
  let port: UInt16
  /// What opens the forms; nil when the page only shows.
  let keys: Keys?

  /// Two secrets: one that the browser keeps in a cookie, and one that stands in every form, so that a site that makes the
  /// browser send the first still does not know the second.
  struct Keys: Sendable {
    let token: Secret
    let form: Secret

    /// Two random secrets of 256 bits.
    init() {
      (token, form) = (Self.random(), Self.random())
    }

    private static func random() -> Secret {
      var generator = SystemRandomNumberGenerator()
      let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
      // Hexadecimal is never empty, so that there is a secret.
      return Secret(Hexadecimal.string(bytes)) ?? random()
    }
  }

  /// The names under which this machine may be called.
  private static let hosts = ["127.0.0.1", "localhost", "[::1]"]

  /// The cookie's name; another port is another page, and cookies do not know ports.
  var cookie: String { "hubwatch-\(port)" }

  /// Whether the request calls the server by one of its names.
  func isRightHost(_ request: PageRequest) -> Bool {
    guard let host = request.headers["host"]?.lowercased() else { return false }
    return Self.hosts.contains { host == "\($0):\(port)" || port == 80 && host == $0 }
  }

  /// Whether a browser may show the answer: nobody else may have asked for it as a part of their own page.
  func isRightSite(_ request: PageRequest) -> Bool {
    guard let site = request.headers["sec-fetch-site"] else { return true }
    // A link from elsewhere, typed addresses and bookmarks are a person's wish; frames and scripts are not.
    return ["same-origin", "none"].contains(site)
      || request.headers["sec-fetch-mode"] == "navigate"
        && request.headers["sec-fetch-dest"] == "document" && request.method == .get
  }

  /// Whether the person who has the token is asking.
  func isTrusted(_ request: PageRequest) -> Bool {
    guard let keys else { return false }
    return request.cookies(cookie).contains { Self.isSame($0, keys.token.revealed()) }
  }

  /// Whether a token in the address opens the page.
  func opens(_ token: String) -> Bool { keys.map { Self.isSame(token, $0.token.revealed()) } ?? false }

  /// Whether a form may be carried out: it came from one of our own pages, in the browser that has the cookie.
  func mayAct(_ request: PageRequest) -> Bool {
    guard let keys, isTrusted(request), let field = request.field("form"), Self.isSame(field, keys.form.revealed())
    else {
      return false
    }
    if let site = request.headers["sec-fetch-site"], site != "same-origin" { return false }
    guard let origin = request.headers["origin"], let host = request.headers["host"] else { return false }
    return origin.lowercased() == "http://\(host.lowercased())"
  }

  /// Compares without telling by its time how much of the guess was right.
  private static func isSame(_ guess: String, _ secret: String) -> Bool {
    let (left, right) = (Array(guess.utf8), Array(secret.utf8))
    guard left.count == right.count else { return false }
    return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
