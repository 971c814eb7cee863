import Foundation
import TestSupport
import Testing

/// A table of published figures, row by row under its headings.
struct PublishedTable {
  struct Row {
    let cells: [String: String]

    subscript(name: String) -> String { cells[name] ?? "" }

    func number(_ name: String) throws -> Double { try #require(Double(self[name]), "\(name): \(self[name])") }

    func count(_ name: String) throws -> Int { try #require(Int(self[name]), "\(name): \(self[name])") }
  }

  let rows: [Row]

  init(_ name: String) throws {
    let text = String(decoding: try Shared.bytes("fit/published/\(name).csv"), as: UTF8.self)
    var lines = text.split(whereSeparator: \.isNewline).map(Self.fields)
    let headings = lines.removeFirst()
    rows = lines.map { line in Row(cells: Dictionary(zip(headings, line)) { first, _ in first }) }
  }

  static var isHere: Bool { Shared.has("fit/published") }

  /// Fields of a line, in quotes or not.
  private static func fields(_ line: Substring) -> [String] {
    var (fields, field, isQuoted) = ([String](), "", false)
    for character in line {
      switch character {
      case "\"": isQuoted.toggle()
      case "," where !isQuoted:
        fields.append(field)
        field = ""
      default: field.append(character)
      }
    }
    return fields + [field]
  }
}

/// The errors of a set of predictions, for the table that the tests print.
struct ErrorLine {
  let name: String
  /// In per cent of what was measured.
  let errors: [Double]

  var worst: Double { errors.map(abs).max() ?? 0 }

  var median: Double {
    let sorted = errors.map(abs).sorted()
    return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
  }

  func show() {
    let text = String(format: "rows %4d   median %8.4f %%   worst %8.4f %%", errors.count, median, worst)
    print("fit errors: \(name.padding(toLength: 44, withPad: " ", startingAt: 0)) \(text)")
  }
}
