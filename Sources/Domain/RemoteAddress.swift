/// The address of a git repository that may be asked: https, ssh (also `user@host:path`), git, file, or an absolute path.
///
/// What git would take for an option or for a helper program (`ext::…`) is refused, plain http except to this machine,
/// and every password: an argument is visible to all users of the machine. Forms: `git help urls`.
public struct RemoteAddress: Hashable, Sendable, CustomStringConvertible {
  /// How the repository is reached, by the name that `GIT_ALLOW_PROTOCOL` knows.
  public enum Transport: String, Sendable {
    case https, http, ssh, git, file
  }

  /// Why a text is no address that may be asked. The reason never holds the text, which may hold a secret.
  public struct Refusal: Error, Equatable {
    /// Such as `begins with -`.
    public let reason: String
  }

  /// The address as git gets it, without slashes at its end.
  public let description: String
  /// How the repository is reached.
  public let transport: Transport
  /// The components of the path, such as `ggml-org`, `llama.cpp`; never empty, the last one without `.git`.
  public let components: [String]

  /// The repository's own name, such as `llama.cpp`.
  public var name: String { components.last ?? "" }

  /// The most bytes of an address.
  public static let byteLimit = 2048

  /// Checks a text from a person.
  ///
  /// - Throws: `Refusal`.
  public init(_ text: String) throws(Refusal) {
    var text = text[...]
    while text.utf8.count > 1, text.hasSuffix("/") { text.removeLast() }
    guard (1...Self.byteLimit).contains(text.utf8.count) else { throw Refusal("is empty or longer than 2048 bytes") }
    guard text.utf8.allSatisfy({ $0 >= 32 && $0 != 127 }) else { throw Refusal("holds a control character") }
    guard !text.hasPrefix("-") else { throw Refusal("begins with -") }
    let path: Substring
    if text.hasPrefix("/") {
      (transport, path) = (.file, text)
    } else if let mark = text.firstRange(of: "://") {
      guard let transport = Transport(rawValue: String(text[..<mark.lowerBound])) else { throw Self.unknownForm }
      self.transport = transport
      path = try Self.path(transport, text[mark.upperBound...])
    } else {
      transport = .ssh
      path = try Self.pathOfShortForm(text)
    }
    var components = path.split(separator: "/").map(String.init)
    if let last = components.popLast() {
      let name = last.hasSuffix(".git") ? String(last.dropLast(4)) : last
      guard !name.isEmpty, name != ".", name != ".." else { throw Refusal("names no repository") }
      components.append(name)
    }
    guard !components.isEmpty else { throw Refusal("names no repository") }
    self.components = components
    description = String(text)
  }

  private static let unknownForm = Refusal("is no https, ssh, git or file address and no absolute path")

  /// Checks what stands behind `scheme://`; the result is the path.
  private static func path(_ transport: Transport, _ rest: Substring) throws(Refusal) -> Substring {
    let authority = rest.prefix { $0 != "/" }
    let path = rest[authority.endIndex...]
    guard transport != .file else {
      guard authority.isEmpty else { throw Refusal("names a host, which a file address has not: file:///path") }
      return path
    }
    try checkNetworkText(rest)
    var host = authority
    if let mark = authority.lastIndex(of: "@") {
      guard transport == .ssh else {
        throw Refusal("holds a user or password, which others could read; ~/.netrc is the place for it")
      }
      guard isUser(authority[..<mark]) else { throw Refusal("has a user that is not a plain name") }
      host = authority[authority.index(after: mark)...]
    }
    let (name, port) = splitPort(host)
    guard isHost(name), port.map(isPort) ?? true else { throw Refusal("has no valid host") }
    if transport == .http, !isLoopback(name) { throw Refusal("is plain http, which is only for this machine") }
    return path
  }

  /// Checks `host:path` or `user@host:path`, which mean ssh; the result is the path.
  private static func pathOfShortForm(_ text: Substring) throws(Refusal) -> Substring {
    guard let colon = text.firstIndex(of: ":") else { throw unknownForm }
    var host = text[..<colon]
    let path = text[text.index(after: colon)...]
    if let mark = host.lastIndex(of: "@") {
      guard isUser(host[..<mark]) else { throw unknownForm }
      host = host[host.index(after: mark)...]
    }
    // `ext::…` starts a program of somebody's choice.
    guard isHost(host), let first = path.first, first != ":", first != "-" else { throw unknownForm }
    try checkNetworkText(text)
    return path
  }

  private static func checkNetworkText(_ text: Substring) throws(Refusal) {
    let signs = Set("-._~/:@%+,=&;$![]".utf8)
    guard text.utf8.allSatisfy({ isLetterOrDigit($0) || signs.contains($0) }) else {
      throw Refusal("holds a character that belongs into no repository's address")
    }
  }

  private static func splitPort(_ host: Substring) -> (Substring, Substring?) {
    let end = host.hasPrefix("[") ? host.firstIndex(of: "]").map { host.index(after: $0) } ?? host.endIndex : nil
    guard let colon = host[(end ?? host.startIndex)...].firstIndex(of: ":") else { return (host, nil) }
    return (host[..<colon], host[host.index(after: colon)...])
  }

  private static func isHost(_ host: Substring) -> Bool {
    if host.hasPrefix("["), host.hasSuffix("]") {
      let inner = host.dropFirst().dropLast()
      return inner.contains(":") && inner.allSatisfy { $0.isASCII && ($0.isHexDigit || $0 == ":" || $0 == ".") }
    }
    guard let first = host.utf8.first, isLetterOrDigit(first) else { return false }
    return host.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
  }

  private static func isPort(_ port: Substring) -> Bool { UInt16(port).map { $0 > 0 } ?? false }

  private static func isUser(_ user: Substring) -> Bool {
    guard let first = user.utf8.first, isLetterOrDigit(first) || first == UInt8(ascii: "_") else { return false }
    return user.utf8.allSatisfy { isLetterOrDigit($0) || "._-".utf8.contains($0) }
  }

  private static func isLoopback(_ host: Substring) -> Bool {
    if host == "localhost" || host == "[::1]" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"):
      true
    default: false
    }
  }

  /// A name for each address: the repository's own, or with its owner where that name stands in the list twice.
  public static func names(_ addresses: [RemoteAddress]) -> [String] {
    let counts = Dictionary(addresses.map { ($0.name, 1) }, uniquingKeysWith: +)
    return addresses.map { address in
      counts[address.name] == 1 ? address.name : address.components.suffix(2).joined(separator: "/")
    }
  }
}

extension RemoteAddress.Refusal {
  init(_ reason: String) { self.init(reason: reason) }
}
