import Foundation

/// The one way in which results become JSON: sorted keys, ISO 8601 times in UTC, no escaped slashes.
public enum JSONOutput {
  /// One document, without a line end.
  ///
  /// Numbers that JSON cannot hold (NaN, infinities) must be nil before they come here.
  /// - Throws: `EncodingError` when a value cannot be encoded.
  public static func document(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .iso8601
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}
