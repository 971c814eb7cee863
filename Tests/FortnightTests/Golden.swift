import Foundation
import TestSupport
import Testing

/// What digests said when somebody last read them and found them right.
enum Golden {
  private static let folder = "\(SharedData.packageRoot)/Tests/FortnightTests/Golden"
  /// Whether they are to be written anew instead of compared: `HUBWATCH_RECORD=1`.
  static let isRecording = ProcessInfo.processInfo.environment["HUBWATCH_RECORD"] == "1"

  /// Compares a text whole with the file of a name.
  static func expect(_ text: String, _ name: String) throws {
    let path = "\(folder)/\(name)"
    if isRecording { try Data((text + "\n").utf8).write(to: URL(fileURLWithPath: path)) }
    let known = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    guard known != text + "\n" else { return }
    Issue.record("\(name) is not what it was (HUBWATCH_RECORD=1 records it anew):\n\(difference(known, text + "\n"))")
  }

  /// The lines that differ, the old ones first.
  private static func difference(_ old: String, _ new: String) -> String {
    let (old, new) = (old.components(separatedBy: "\n"), new.components(separatedBy: "\n"))
    return new.difference(from: old).map { change in
      switch change {
      case .remove(let line, let text, _): "- \(line + 1): \(text)"
      case .insert(let line, let text, _): "+ \(line + 1): \(text)"
      }
    }.prefix(60).joined(separator: "\n")
  }
}
