import Foundation

/// A server that takes mail: `smtps://mail.example.org:465`, or `smtp://mail.example.org:587` with STARTTLS.
public struct MailServer: Sendable, Equatable, CustomStringConvertible {
  /// Whether the connection begins with TLS (smtps).
  public let beginsWithTLS: Bool
  /// Its name or address; IPv6 in brackets.
  public let host: String
  /// Its port.
  public let port: Int

  /// The server for a text; nil unless it is an smtp or smtps address of a host, perhaps with a port, and nothing else.
  public init?(_ text: String) {
    guard !text.utf8.contains(where: { $0 <= 32 || $0 >= 127 }), let parts = URLComponents(string: text),
      let scheme = parts.scheme?.lowercased(), ["smtp", "smtps"].contains(scheme), let host = parts.host,
      !host.isEmpty, host.utf8.count <= 253, host.utf8.allSatisfy(Self.isPartOfHost), parts.user == nil,
      parts.password == nil, ["", "/"].contains(parts.path), parts.query == nil, parts.fragment == nil
    else { return nil }
    beginsWithTLS = scheme == "smtps"
    self.host = host.lowercased()
    port = parts.port ?? (beginsWithTLS ? 465 : 587)
    guard (1...65_535).contains(port) else { return nil }
  }

  private static func isPartOfHost(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 32)
      || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      || ".-[]:".utf8.contains(byte)
  }

  /// Whether the host can only mean this machine.
  public var isLoopback: Bool {
    host == "localhost" || host == "[::1]" || host.wholeMatch(of: /127\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}/) != nil
  }

  /// The address, with its port.
  public var description: String { "\(beginsWithTLS ? "smtps" : "smtp")://\(host):\(port)" }
}

/// Addresses of mail as they are written here: `name@example.org` in plain ASCII, without a display name.
enum MailAddress {
  /// Whether a text is one. Quoted local parts and international addresses are not used here.
  static func isValid(_ text: String) -> Bool {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2, (1...64).contains(parts[0].utf8.count), (1...253).contains(parts[1].utf8.count) else {
      return false
    }
    func isWord(_ byte: UInt8, _ others: String) -> Bool {
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 32)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || others.utf8.contains(byte)
    }
    let atoms = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    let labels = parts[1].split(separator: ".", omittingEmptySubsequences: false)
    return !text.hasPrefix("-")
      && atoms.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { isWord($0, "!#$%&'*+-/=?^_`{|}~") } }
      && labels.allSatisfy { !$0.isEmpty && !$0.hasPrefix("-") && $0.utf8.allSatisfy { isWord($0, "-") } }
  }
}
