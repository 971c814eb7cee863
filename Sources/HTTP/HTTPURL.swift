/// An absolute `http` or `https` address that is sent exactly as it is written.
///
/// The parser is strict, so that the host which is checked is the host which is connected to: no user name, no
/// blank, no backslash, no control character, a host of letters, digits, `.`, `-`, `_` or a bracketed IPv6
/// address. Bytes outside of ASCII in path and query are percent-encoded. A fragment is dropped.
///
/// The query may hold a signature that is as good as a password: `description` leaves it out, and only `text`,
/// for the one place that sends it, has it.
public struct HTTPURL: Hashable, Sendable {
  /// What decides to whom a secret belongs: scheme, host and port.
  public struct Origin: Hashable, Sendable, CustomStringConvertible {
    /// `http` or `https`.
    public let scheme: String
    /// The host in lower case; IPv6 in brackets.
    public let host: String
    /// The port, also when it is the scheme's own.
    public let port: Int

    /// An origin out of parts that are known to be good.
    package init(scheme: String, host: String, port: Int) {
      self.scheme = scheme
      self.host = host
      self.port = port
    }

    /// `https://host`, with the port where it is not the scheme's own.
    public var description: String { "\(scheme)://\(authority)" }

    /// The host, with the port where it is not the scheme's own.
    public var authority: String { port == (scheme == "https" ? 443 : 80) ? host : "\(host):\(port)" }
  }

  /// Scheme, host and port.
  public let origin: Origin
  /// The path, beginning with `/`, percent-encoded as it was written.
  public let path: String
  /// The query without its `?`, percent-encoded as it was written; nil without one.
  public let query: String?

  /// The address for a foreign string, or nil when it breaks a rule.
  public init?(_ text: String) {
    guard let clean = Self.encoded(text), let mark = clean.firstRange(of: "://") else { return nil }
    let scheme = clean[..<mark.lowerBound].lowercased()
    guard scheme == "http" || scheme == "https" else { return nil }
    let rest = clean[mark.upperBound...]
    let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
    guard let origin = Self.origin(scheme: scheme, authority: rest[..<end]) else { return nil }
    self.init(origin: origin, target: rest[end...])
  }

  private init(origin: Origin, target: Substring) {
    let mark = target.firstIndex(of: "?")
    let path = Self.withoutDotSegments(target[..<(mark ?? target.endIndex)])
    self.origin = origin
    self.path = path
    query = mark.map { String(target[target.index(after: $0)...]) }
  }

  /// An address below `origin`; `path` and `query` are encoded already.
  public init(origin: Origin, path: String, query: String? = nil) {
    self.origin = origin
    self.path = path.hasPrefix("/") ? path : "/" + path
    self.query = query
  }

  /// The whole address, signature included.
  public var text: String { origin.description + path + (query.map { "?" + $0 } ?? "") }

  /// The address that a `Location` or `Link` means when it is read at this address (RFC 3986, section 5.2).
  public func resolving(_ reference: String) -> HTTPURL? {
    guard let clean = Self.encoded(reference) else { return nil }
    if clean.hasPrefix("//") { return HTTPURL(origin.scheme + ":" + clean) }
    let beforePath = clean.prefix { $0 != "/" && $0 != "?" }
    if beforePath.contains(":") { return HTTPURL(clean) }
    if clean.isEmpty { return self }
    if clean.hasPrefix("/") { return HTTPURL(origin: origin, target: clean[...]) }
    if clean.hasPrefix("?") { return HTTPURL(origin: origin, target: (path + clean)[...]) }
    let folder = path[...(path.lastIndex(of: "/") ?? path.startIndex)]
    return HTTPURL(origin: origin, target: (folder + clean)[...])
  }

  /// The value of the first query item of a name, still encoded.
  public func queryItem(_ name: String) -> String? {
    guard let query else { return nil }
    for item in query.split(separator: "&") {
      let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if pair.count == 2, pair[0] == name { return String(pair[1]) }
    }
    return nil
  }

  /// Percent-encodes everything but RFC 3986's unreserved characters: a path segment, a query name or value.
  public static func escaped(_ text: some StringProtocol) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      if HTTPText.isDigit(byte) || HTTPText.isLetter(byte) || "-._~".utf8.contains(byte) {
        bytes.append(byte)
      } else {
        bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Without the fragment, bytes outside of ASCII encoded; nil for what no address may hold.
  private static func encoded(_ text: String) -> String? {
    guard text.utf8.count <= 16_384 else { return nil }
    let body = text.prefix { $0 != "#" }
    var result = ""
    for byte in body.utf8 {
      guard byte > 32, byte != 127, byte != UInt8(ascii: "\\") else { return nil }
      result += byte < 128 ? String(UnicodeScalar(byte)) : "%" + String(byte, radix: 16, uppercase: true)
    }
    return result
  }

  private static func origin(scheme: String, authority: Substring) -> Origin? {
    var host = authority
    var port = scheme == "https" ? 443 : 80
    let isIPv6 = authority.hasPrefix("[")
    let hostEnd = isIPv6 ? authority.firstIndex(of: "]").map { authority.index(after: $0) } : nil
    if isIPv6, hostEnd == nil { return nil }
    if let colon = authority[(hostEnd ?? authority.startIndex)...].firstIndex(of: ":") {
      guard let number = HTTPText.number(authority[authority.index(after: colon)...]),
        (1...65_535).contains(number)
      else { return nil }
      port = Int(number)
      host = authority[..<colon]
    }
    if isIPv6 {
      let inside = host.dropFirst().dropLast().utf8
      guard host.endIndex == hostEnd ?? host.endIndex, host.hasSuffix("]"), (2...45).contains(inside.count),
        inside.allSatisfy({ HTTPText.isDigit($0) || "abcdefABCDEF:.".utf8.contains($0) })
      else { return nil }
    } else {
      guard (1...253).contains(host.utf8.count), !host.hasPrefix("."), !host.hasPrefix("-"),
        host.utf8.allSatisfy({ HTTPText.isDigit($0) || HTTPText.isLetter($0) || ".-_".utf8.contains($0) })
      else { return nil }
    }
    return Origin(scheme: scheme, host: host.lowercased(), port: port)
  }

  private static func withoutDotSegments(_ path: Substring) -> String {
    var kept: [Substring] = []
    let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
    for (index, segment) in segments.enumerated() {
      let isLast = index == segments.count - 1
      switch segment {
      case ".": if isLast { kept.append("") }
      case "..":
        _ = kept.popLast()
        if isLast { kept.append("") }
      default: kept.append(segment)
      }
    }
    return "/" + kept.joined(separator: "/")
  }
}

extension HTTPURL: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The address without its query.
  public var description: String { origin.description + path }
  /// The address without its query.
  public var debugDescription: String { description }
  /// A mirror that shows the address without its query.
  public var customMirror: Mirror { Mirror(self, children: ["address": description]) }
}

extension HTTPURL.Origin {
  /// Whether the host can only mean this machine: `localhost`, 127.0.0.0/8 or ::1.
  public var isLoopback: Bool {
    if host == "localhost" || host == "[::1]" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127"
      && parts.allSatisfy { part in HTTPText.number(part).map { $0 < 256 } ?? false && part.utf8.count <= 3 }
  }
}
