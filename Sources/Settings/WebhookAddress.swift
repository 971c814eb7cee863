import Domain
import Foundation

/// The address of a webhook. What stands behind its host is as good as a password and has no part in any description.
public struct WebhookAddress: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  /// Scheme, host and port: `https://hooks.example.org`.
  public let origin: String
  /// All of it.
  public let secret: Secret

  /// The address for a text; nil unless it is an https address of a host and a path, or a plain one of this machine.
  public init?(_ text: String) {
    guard text.utf8.count <= 2000, !text.utf8.contains(where: { $0 <= 32 || $0 >= 127 }),
      let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
      ["http", "https"].contains(scheme), let host = parts.host, !host.isEmpty, parts.user == nil,
      parts.password == nil, parts.fragment == nil, let secret = Secret(text)
    else { return nil }
    let isLoopback =
      host == "localhost" || host == "[::1]" || host.wholeMatch(of: /127\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}/) != nil
    guard scheme == "https" || isLoopback else { return nil }
    origin = "\(scheme)://\(host)\(parts.port.map { ":\($0)" } ?? "")"
    self.secret = secret
  }

  /// The origin, with three stars in place of the rest.
  public var description: String { "\(origin)/***" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: ["address": description]) }
}
