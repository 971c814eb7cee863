import Foundation
import Testing

@testable import Digest

/// Reads a text digest as a person who counts would: how many models do its sections name or count?
enum CountedModels {
  /// The sum over all sections but the one of what deserves a look, which names some of them once more.
  static func count(_ text: String) throws -> Int {
    var sum = 0
    var isCounting = false
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    for line in lines {
      if line.isEmpty {
        isCounting = false
      } else if shown.contains(line) {
        isCounting = true
      } else if let match = line.wholeMatch(of: /([^:]+): ([0-9,]+), see .*/), shown.contains(String(match.1)) {
        isCounting = false
        sum += try number(match.2)
      }
      guard isCounting else { continue }
      if let match = line.prefixMatch(of: /[✓✗!·] \S+( \+([0-9]+))?/) {
        sum += 1 + (try match.2.map(number) ?? 0)
      } else if let match = line.prefixMatch(of: /\s+and ([0-9,]+) more/) {
        sum += try number(match.1)
      }
    }
    // What is only counted stands in one line, broken where the screen ends.
    for title in counted {
      guard let start = lines.firstIndex(where: { $0.hasPrefix("\(title): ") }) else { continue }
      let rest = lines[start...].prefix { line in
        !line.isEmpty && (line.hasPrefix("\(title): ") || !counted.contains { line.hasPrefix("\($0): ") })
      }
      let words = rest.joined(separator: " ").dropFirst(title.count + 2)
      if let match = words.prefixMatch(of: /([0-9,]+), `/) {
        sum += try number(match.1)
      } else {
        sum += words.split(separator: ", ").count
      }
    }
    return sum
  }

  private static let shown = Phrases.sections.filter { !$0.isCounted }.map(\.title)
  private static let counted = Phrases.sections.filter(\.isCounted).map(\.title)

  private static func number(_ text: Substring) throws -> Int { try #require(Int(text.replacing(",", with: ""))) }
}
