import Checksums
import Foundation

/// Comparison of entity tags in conditional requests (RFC 9110, section 13.1).
enum EntityTag {
  /// Whether an `If-None-Match` header names `etag`, given without quotes; weak comparison.
  static func ifNoneMatch(_ header: String?, matches etag: String) -> Bool {
    guard let header else { return false }
    return header.split(separator: ",").contains { candidate in
      var tag = candidate.trimmingCharacters(in: .whitespaces)
      if tag.hasPrefix("W/") { tag.removeFirst(2) }
      return tag == "*" || tag == "\"\(etag)\""
    }
  }

  /// Whether an `If-Range` header lets a range be answered; strong comparison, so weak tags and dates never do.
  static func ifRange(_ header: String?, matches etag: String) -> Bool {
    header.map { $0.trimmingCharacters(in: .whitespaces) == "\"\(etag)\"" } ?? true
  }

  /// The weak tag of an API answer: `W/"<length in hex>-<27 characters of base64 SHA-1>"`.
  static func weak(_ body: [UInt8]) -> String {
    let digest = Data(GitObjects.bytes(ofHex: Checksums.sha1(body))).base64EncodedString()
    return "W/\"\(String(body.count, radix: 16))-\(digest.prefix(27))\""
  }
}
