/// A set of characters as a regular expression writes one: classes, ranges, unions, intersections, complements.
struct ScalarSet: Sendable {
  private var classes: ScalarClass = []
  /// Ascending and apart from each other.
  private var ranges: [ClosedRange<UInt32>] = []
  private var unions: [ScalarSet] = []
  private var intersections: [ScalarSet] = []
  private var isNegated = false
  /// The answers for the first 128 characters.
  private var ascii: (low: UInt64, high: UInt64) = (0, 0)

  /// All characters of some classes.
  init(_ classes: ScalarClass, negated: Bool = false) {
    self.classes = classes
    isNegated = negated
    tabulate()
  }

  /// All characters of some ranges, and of other sets.
  init(
    _ ranges: [ClosedRange<UInt32>], or others: [ScalarSet] = [], and limits: [ScalarSet] = [], negated: Bool = false
  ) {
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = self.ranges.last, range.lowerBound <= last.upperBound {
        self.ranges[self.ranges.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
      } else {
        self.ranges.append(range)
      }
    }
    // Plain classes, by far the commonest members, need no set of their own.
    for other in others {
      if other.isPlain { classes.formUnion(other.classes) } else { unions.append(other) }
    }
    intersections = limits
    isNegated = negated
    tabulate()
  }

  private var isPlain: Bool { ranges.isEmpty && unions.isEmpty && intersections.isEmpty && !isNegated }

  private mutating func tabulate() {
    var table: (low: UInt64, high: UInt64) = (0, 0)
    for value in UInt8(0)..<128 {
      let scalar = Unicode.Scalar(value)
      guard holds(scalar, ScalarClass(scalar)) else { continue }
      if value < 64 { table.low |= 1 << UInt64(value) } else { table.high |= 1 << UInt64(value - 64) }
    }
    ascii = table
  }

  /// Whether a character is in the set.
  ///
  /// - Parameter classes: its classes.
  func contains(_ scalar: Unicode.Scalar, _ classes: ScalarClass) -> Bool {
    let value = scalar.value
    if value < 64 { return ascii.low >> UInt64(value) & 1 == 1 }
    if value < 128 { return ascii.high >> UInt64(value - 64) & 1 == 1 }
    return holds(scalar, classes)
  }

  private func holds(_ scalar: Unicode.Scalar, _ classes: ScalarClass) -> Bool {
    let isMember =
      self.classes.meets(classes) || isInRanges(scalar.value)
      || unions.contains { $0.holds(scalar, classes) }
    return (isMember && intersections.allSatisfy { $0.holds(scalar, classes) }) != isNegated
  }

  private func isInRanges(_ value: UInt32) -> Bool {
    var (low, high) = (0, ranges.count)
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound < value { low = middle + 1 } else { high = middle }
    }
    return low < ranges.count && ranges[low].contains(value)
  }

  /// `\p{Han}`, `\p{Hiragana}`, `\p{Katakana}`, `\p{Hangul}`, `\p{Thai}`: blocks and characters of Unicode 16's Scripts.txt.
  static let scripts: [String: [ClosedRange<UInt32>]] = [
    "Han": [
      0x2E80...0x2E99, 0x2E9B...0x2EF3, 0x2F00...0x2FD5, 0x3005...0x3005, 0x3007...0x3007, 0x3021...0x3029,
      0x3038...0x303B, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFA6D, 0xFA70...0xFAD9,
      0x16FE2...0x16FE3, 0x16FF0...0x16FF1, 0x20000...0x2A6DF, 0x2A700...0x2B739, 0x2B740...0x2B81D,
      0x2B820...0x2CEA1, 0x2CEB0...0x2EBE0, 0x2EBF0...0x2EE5D, 0x2F800...0x2FA1D, 0x30000...0x3134A,
      0x31350...0x323AF,
    ],
    "Hiragana": [
      0x3041...0x3096, 0x309D...0x309F, 0x1B001...0x1B11F, 0x1B132...0x1B132, 0x1B150...0x1B152,
      0x1F200...0x1F200,
    ],
    "Katakana": [
      0x30A1...0x30FA, 0x30FD...0x30FF, 0x31F0...0x31FF, 0x32D0...0x32FE, 0x3300...0x3357, 0xFF66...0xFF6F,
      0xFF71...0xFF9D, 0x1AFF0...0x1AFF3, 0x1AFF5...0x1AFFB, 0x1AFFD...0x1AFFE, 0x1B000...0x1B000,
      0x1B120...0x1B122, 0x1B155...0x1B155, 0x1B164...0x1B167,
    ],
    "Hangul": [
      0x1100...0x11FF, 0x302E...0x302F, 0x3131...0x318E, 0x3200...0x321E, 0x3260...0x327E, 0xA960...0xA97C,
      0xAC00...0xD7A3, 0xD7B0...0xD7C6, 0xD7CB...0xD7FB, 0xFFA0...0xFFBE, 0xFFC2...0xFFC7, 0xFFCA...0xFFCF,
      0xFFD2...0xFFD7, 0xFFDA...0xFFDC,
    ],
    "Thai": [0x0E01...0x0E3A, 0x0E40...0x0E5B],
  ]
}
