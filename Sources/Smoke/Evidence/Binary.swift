import Foundation

/// Logarithms to base 2.
enum Binary {
  static func logarithm(_ value: Double) -> Double { log2(value) }
}
