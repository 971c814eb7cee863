import Domain
import Foundation
import JSONText

/// Compares an answer with what a right one is.
enum AnswerCheck {
  /// What is wrong with an answer, for a person; nil for a right one.
  ///
  /// - Parameter question: numbers that stand in it are no answer.
  static func fault(_ answer: String, _ check: ProbeCheck, question: String) -> String? {
    let answer = answer.trimmingCharacters(in: .whitespacesAndNewlines)
    guard !answer.isEmpty else { return "no answer" }
    return text(answer, check) ?? form(answer, check) ?? content(answer, check, question)
  }

  private static func text(_ answer: String, _ check: ProbeCheck) -> String? {
    if !check.equals.isEmpty {
      let plain = plain(answer)
      guard check.equals.contains(where: { self.plain($0) == plain }) else {
        return "not \(words(check.equals, "or"))"
      }
    }
    for wanted in check.contains where !occurs(wanted, in: answer) { return "without “\(wanted)”" }
    if !check.any.isEmpty, !check.any.contains(where: { occurs($0, in: answer) }) {
      return "without \(words(check.any, "or"))"
    }
    for unwanted in check.excludes where occurs(unwanted, in: answer) { return "with “\(unwanted)”" }
    return nil
  }

  private static func form(_ answer: String, _ check: ProbeCheck) -> String? {
    if let wanted = check.lines {
      let count = answer.split(whereSeparator: \.isNewline).count {
        !$0.trimmingCharacters(in: .whitespaces).isEmpty
      }
      if count != wanted { return "\(count) lines instead of \(wanted)" }
    }
    if let wanted = check.words {
      let count = answer.split(whereSeparator: \.isWhitespace).count { $0.contains { $0.isLetter || $0.isNumber } }
      if count != wanted { return "\(count) words instead of \(wanted)" }
    }
    if check.isUppercase, answer != answer.uppercased() || answer == answer.lowercased() {
      return "not all in capitals"
    }
    if let pattern = check.pattern {
      guard let regex = try? Regex(pattern) else { return "the pattern of the probe cannot be read" }
      // What a pattern that goes wild costs is the business of the process's limits.
      if (try? regex.firstMatch(in: answer)) == nil { return "does not match the pattern" }
    }
    return nil
  }

  private static func content(_ answer: String, _ check: ProbeCheck, _ question: String) -> String? {
    if let wanted = check.number {
      guard let found = number(answer, besides: numbers(question)) else { return "no number, or too many" }
      if abs(found - wanted) > check.tolerance + 1e-9 { return "\(shown(found)) instead of \(shown(wanted))" }
    }
    if !check.json.isEmpty {
      guard let object = object(in: answer) else { return "no JSON object" }
      for member in check.json {
        guard let value = object[member.key] else { return "no member “\(member.key)”" }
        if !matches(value, member.value) { return "another value of “\(member.key)”" }
      }
    }
    switch check.rule {
    case .fibonacci: return FibonacciRule.fault(answer)
    case nil: return nil
    }
  }

  // MARK: Texts

  /// In lower case, without quotes around and full stops behind it.
  private static func plain(_ text: String) -> String {
    text.lowercased().trimmingCharacters(in: CharacterSet(charactersIn: " \t\r\n\"'“”„‘’`*.!"))
  }

  /// Whether a text occurs as a word of its own, whatever its case.
  static func occurs(_ wanted: String, in text: String) -> Bool {
    let (wanted, text) = (wanted.lowercased(), text.lowercased())
    var rest = text[...]
    while let place = rest.range(of: wanted) {
      func isWordly(_ character: Character?) -> Bool { character.map { $0.isLetter || $0.isNumber } ?? false }
      let before = place.lowerBound > text.startIndex ? text[text.index(before: place.lowerBound)] : nil
      let after = place.upperBound < text.endIndex ? text[place.upperBound] : nil
      let isCutBefore = isWordly(before) && isWordly(wanted.first)
      let isCutAfter = isWordly(after) && isWordly(wanted.last)
      if !isCutBefore, !isCutAfter { return true }
      rest = text[text.index(after: place.lowerBound)...]
    }
    return false
  }

  private static func words(_ texts: [String], _ link: String) -> String {
    texts.map { "“\($0)”" }.joined(separator: " \(link) ")
  }

  // MARK: Numbers

  /// The numbers of a text, in its order; `1,234.5` is one.
  static func numbers(_ text: String) -> [Double] {
    text.matches(of: /[-−]?[0-9]+(,[0-9]{3})*(\.[0-9]+)?/).compactMap { match in
      let start = match.range.lowerBound
      var digits = String(match.0).replacing(",", with: "").replacing("−", with: "-")
      // In `7-3` and `A-3` the sign is none.
      if digits.hasPrefix("-"), start > text.startIndex {
        let before = text[text.index(before: start)]
        if before.isNumber || before.isLetter { digits.removeFirst() }
      }
      guard digits.count < 300 else { return nil }
      return Double(digits)
    }
  }

  /// The number that an answer comes to: the last one that the question did not name. An answer with many numbers only
  /// guesses.
  private static func number(_ answer: String, besides known: [Double]) -> Double? {
    let all = numbers(answer)
    let own = all.filter { !known.contains($0) }
    guard Set(own).count <= 4 else { return nil }
    return own.last ?? all.last
  }

  private static func shown(_ number: Double) -> String {
    number == number.rounded() && abs(number) < 1e15 ? "\(Int64(number))" : "\(number)"
  }

  // MARK: JSON

  /// The first object in a text that can be read.
  private static func object(in text: String) -> JSONObject? {
    let bytes = Array(text.utf8)
    for start in bytes.indices.filter({ bytes[$0] == UInt8(ascii: "{") }).prefix(8) {
      for end in bytes.indices.filter({ $0 > start && bytes[$0] == UInt8(ascii: "}") }).prefix(16) {
        if let object = (try? JSONValue.parse(Array(bytes[start...end])))?.object { return object }
      }
    }
    return nil
  }

  private static func matches(_ value: JSONValue, _ wanted: String) -> Bool {
    switch value {
    case .string(let text): return plain(text) == plain(wanted)
    case .bool(let flag): return wanted == "\(flag)"
    case .null: return wanted == "null"
    case .int, .number: return value.double != nil && value.double == Double(wanted)
    case .array, .object: return false
    }
  }
}
