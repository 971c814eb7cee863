/// One thing that a check has found.
struct Finding: Sendable, Equatable {
  /// What it means for the verdict, the worst last.
  enum Gravity: Int, Sendable, Comparable {
    /// Odd, but no reason to doubt the model.
    case note
    /// Something is probably wrong.
    case suspect
    /// Broken beyond doubt.
    case broken

    static func < (left: Gravity, right: Gravity) -> Bool { left.rawValue < right.rawValue }
  }

  let gravity: Gravity
  /// For a person: what was seen, where, and what it means.
  let words: String

  static func note(_ words: String) -> Finding { Finding(gravity: .note, words: words) }
  static func suspect(_ words: String) -> Finding { Finding(gravity: .suspect, words: words) }
  static func broken(_ words: String) -> Finding { Finding(gravity: .broken, words: words) }
}

/// Numbers as reasons write them.
enum Figures {
  /// One decimal place, or none for large numbers.
  static func short(_ value: Double) -> String {
    guard value.isFinite else { return "infinite" }
    return abs(value) < 100 ? decimal(value, 1) : decimal(value, 0)
  }

  /// A fixed number of decimal places.
  static func decimal(_ value: Double, _ places: Int) -> String {
    guard value.isFinite, abs(value) < 1e15 else { return value > 0 ? "infinite" : "no number" }
    var scale = 1.0
    for _ in 0..<places { scale *= 10 }
    let rounded = (abs(value) * scale).rounded()
    let whole = Int64(rounded / scale)
    let sign = value < 0 && rounded > 0 ? "-" : ""
    guard places > 0 else { return "\(sign)\(whole)" }
    let rest = "\(Int64(rounded) - whole * Int64(scale))"
    return "\(sign)\(whole)." + String(repeating: "0", count: max(0, places - rest.count)) + rest
  }

  /// `layer 3`, `layers 3, 4 and 17`, `12 layers from 3 to 17`.
  static func layers(_ layers: [Int]) -> String {
    let sorted = layers.sorted()
    guard let first = sorted.first, let last = sorted.last else { return "no layer" }
    switch sorted.count {
    case 1: return "layer \(first)"
    case 2...4: return "layers \(sorted.dropLast().map(String.init).joined(separator: ", ")) and \(last)"
    default: return "\(sorted.count) layers from \(first) to \(last)"
    }
  }
}
