import Foundation

/// The one way in which results become JSON: sorted keys, ISO 8601 times in UTC, no escaped slashes.
public enum JSONOutput {
  /// The encoder leaves control and format scalars beyond ASCII as they are; a terminal would obey them.
  private static func escaped(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: { $0 != "\n" && ForeignText.isDangerous($0) }) else { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      guard scalar != "\n", ForeignText.isDangerous(scalar) else {
        result.unicodeScalars.append(scalar)
        continue
      }
      for unit in String(scalar).utf16 {
        let digits = String(unit, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      }
    }
    return result
  }

  /// One document, without a line end.
  ///
  /// Numbers that JSON cannot hold (NaN, infinities) must be nil before they come here.
  /// - Throws: `EncodingError` when a value cannot be encoded.
  public static func document(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .iso8601
    return escaped(String(decoding: try encoder.encode(value), as: UTF8.self))
  }
}
