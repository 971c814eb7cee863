import Domain
import Foundation

/// The address of a proxy. User and password have no part in any description of it.
public struct ProxyAddress: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  /// Scheme, host and port: `http://proxy.example:3128`.
  public let address: String
  /// `user:password`, as it was written.
  public let credentials: Secret?

  /// The proxy for a text; nil unless it is an http or https address of a host and a port, with nothing behind it.
  public init?(_ text: String) {
    guard !text.utf8.contains(where: { $0 <= 32 || $0 == 127 }), let parts = URLComponents(string: text),
      let scheme = parts.scheme?.lowercased(), ["http", "https"].contains(scheme), let host = parts.host,
      !host.isEmpty, let port = parts.port, (1...65_535).contains(port), ["", "/"].contains(parts.path),
      parts.query == nil, parts.fragment == nil
    else { return nil }
    address = "\(scheme)://\(host):\(port)"
    // What has a meaning in addresses is written with percent signs there.
    credentials = parts.user.flatMap { Secret("\($0):\(parts.password ?? "")") }
  }

  /// The address, with three stars in place of user and password.
  public var description: String {
    credentials == nil ? address : address.replacing("://", with: "://***@", maxReplacements: 1)
  }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: ["address": description]) }
}
