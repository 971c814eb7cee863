import Foundation

/// The hub's base address.
public enum Endpoint {
  /// `text` without a trailing slash; nil unless it is an http or https address of a host, without user,
  /// query or fragment.
  public static func normalized(_ text: String) -> String? {
    guard let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
      ["http", "https"].contains(scheme), let host = parts.host, !host.isEmpty,
      parts.user == nil, parts.password == nil, parts.query == nil, parts.fragment == nil
    else { return nil }
    var result = text
    while result.hasSuffix("/") { result.removeLast() }
    return result
  }
}
