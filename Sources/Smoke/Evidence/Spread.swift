import Foundation

/// Statistics that a few outliers do not move.
enum Spread {
  /// The middle of some numbers; 0 of none.
  static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return 0 }
    let middle = sorted.count / 2
    return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
  }

  /// The standard deviation that numbers would have if they were normal: 1.48 times the median distance from the median.
  static func deviation(_ values: [Double]) -> Double {
    let middle = median(values)
    return 1.4826 * median(values.map { abs($0 - middle) })
  }

  /// Pearson's correlation of the logarithms; nil for lists that differ in length, are short, or do not vary.
  static func logCorrelation(_ left: [Float], _ right: [Float]) -> Double? {
    guard left.count == right.count, left.count >= 16 else { return nil }
    var (a, b) = (LogProfile(left), LogProfile(right))
    return a.normalise() && b.normalise() ? a.product(b) : nil
  }

  /// Whether the mean of paired differences lies below a limit by more than chance explains.
  ///
  /// - Parameter sigmas: how many standard errors below zero the mean has to lie.
  static func liesBelow(_ limit: Double, sigmas: Double, _ differences: [Double]) -> Bool {
    guard differences.count >= 8 else { return false }
    let count = Double(differences.count)
    let mean = differences.reduce(0, +) / count
    let variance = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)
    return mean < limit && mean < -sigmas * (variance / count).squareRoot()
  }
}

/// Damage is rare, and what is frequent belongs to the architecture.
enum Pattern {
  /// Whether so many odd layers may be damaged ones: one in twelve at most, or two.
  static func isDamage(_ odd: Int, of layers: Int) -> Bool { odd > 0 && odd <= max(2, layers / 12) }
}

/// The shape of a list of norms, whatever their size: logarithms, with mean 0 and length 1.
struct LogProfile: Sendable {
  private(set) var values: [Float]

  init(_ norms: [Float]) { values = norms.map { log(abs($0) + 1e-12) } }

  /// Brings mean and length into place.
  ///
  /// - Returns: false when all values are the same.
  mutating func normalise() -> Bool {
    let mean = values.reduce(0, +) / Float(max(1, values.count))
    var squares: Float = 0
    for index in values.indices {
      values[index] -= mean
      squares += values[index] * values[index]
    }
    guard squares > 1e-9 * Float(values.count), squares.isFinite else { return false }
    let scale = 1 / squares.squareRoot()
    for index in values.indices { values[index] *= scale }
    return true
  }

  /// The correlation of two lists of the same length.
  func product(_ other: LogProfile) -> Double {
    Double(zip(values, other.values).reduce(Float.zero) { $0 + $1.0 * $1.1 })
  }
}
