/// Text that came from outside, made safe to show.
///
/// Model names, tags and model output may hold escape sequences that move the cursor, set the clipboard or
/// reverse the reading direction. Every such scalar is shown as a visible escape instead of being obeyed.
public enum ForeignText {
  /// `text` with control, bidirectional and invisible scalars written as `\u{…}`.
  ///
  /// - Parameters:
  ///   - text: anything.
  ///   - keepingLineEnds: leaves `\n` alone, for text of several lines.
  ///   - limit: the most characters kept; what is cut is marked by `…`.
  public static func safe(_ text: String, keepingLineEnds: Bool = false, limit: Int = .max) -> String {
    // Most text is plain, and a page has a lot of it.
    if text.utf8.allSatisfy({ (32...126).contains($0) }), text.utf8.count <= limit { return text }
    var result = ""
    var kept = 0
    for scalar in text.unicodeScalars {
      guard kept < limit else { return result + "…" }
      kept += 1
      if scalar == "\n", keepingLineEnds {
        result.unicodeScalars.append(scalar)
      } else if isDangerous(scalar) {
        result += "\\u{\(String(scalar.value, radix: 16))}"
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// `text` on one line: blanks and line ends become single blanks, then as `safe`.
  public static func oneLine(_ text: String, limit: Int = .max) -> String {
    safe(text.split(whereSeparator: \.isWhitespace).joined(separator: " "), limit: limit)
  }

  /// Whether a terminal, a log or a reader could be misled by the scalar.
  static func isDangerous(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse: true
    default: false
    }
  }
}
