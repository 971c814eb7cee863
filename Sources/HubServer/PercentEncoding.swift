import Foundation

/// Percent-encoding of the parts of an address (RFC 3986).
enum PercentEncoding {
  /// Encodes everything but unreserved characters.
  static func component(_ text: String) -> String {
    text.addingPercentEncoding(withAllowedCharacters: unreserved) ?? ""
  }

  /// Encodes a path, leaving the slashes.
  static func path(_ text: String) -> String {
    text.split(separator: "/", omittingEmptySubsequences: false).map { component(String($0)) }.joined(
      separator: "/")
  }

  /// Decodes one segment of a path; nil for broken escapes, bytes that are no UTF-8, and control characters.
  static func decodedSegment(_ text: Substring) -> String? {
    guard let decoded = String(text).removingPercentEncoding,
      !decoded.unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 })
    else { return nil }
    return decoded
  }

  /// The name and value pairs of a query or of a form; broken escapes stay as they are.
  static func form(_ text: some StringProtocol) -> [(name: String, value: String)] {
    text.split(separator: "&").map { pair in
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map { part in
        let spaced = String(part.map { $0 == "+" ? " " : $0 })
        return spaced.removingPercentEncoding ?? spaced
      }
      return (parts.first ?? "", parts.count > 1 ? parts[1] : "")
    }
  }

  private static let unreserved = CharacterSet(
    charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
}
