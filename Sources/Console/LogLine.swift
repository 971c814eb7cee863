import Foundation
import Logging

/// A log line for programs.
enum LogLine {
  /// The longest text of one field, in scalars.
  static let longestText = 2000
  /// The most fields beside those that every line has.
  static let mostFields = 32

  /// One JSON object on one line: `time` (ISO 8601, UTC), `level`, `logger`, `message`, and a field, always a text, for each
  /// piece of metadata. A piece with one of those four names gets an underscore in front.
  static func json(_ event: LogEvent, _ metadata: Logger.Metadata, label: String, at time: Date) -> String {
    let own = ["time", "level", "logger", "message"]
    var fields: [(String, String)] = [
      (own[0], time.formatted(.iso8601)), (own[1], event.level.rawValue), (own[2], label),
      (own[3], event.message.description),
    ]
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }).prefix(mostFields) {
      fields.append((own.contains(key) ? "_\(key)" : key, "\(value)"))
    }
    return "{" + fields.map { "\(quoted($0)):\(quoted($1))" }.joined(separator: ",") + "}"
  }

  /// A JSON string that is dangerous to nobody who looks at it, either.
  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in ForeignText.safe(Redaction.redact(text), limit: longestText).unicodeScalars {
      if scalar == "\"" || scalar == "\\" { result += "\\" }
      result.unicodeScalars.append(scalar)
    }
    return result + "\""
  }
}
