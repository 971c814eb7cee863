/// Which bytes of a file are there: ranges in ascending order, none empty, none touching another.
public struct ByteRanges: Sendable, Hashable {
  /// The ranges.
  public private(set) var ranges: [Range<Int64>] = []

  /// No bytes.
  public init() {}

  /// These bytes; empty and overlapping ranges are allowed.
  public init(_ ranges: some Sequence<Range<Int64>>) {
    for range in ranges { insert(range) }
  }

  /// Whether no byte is there.
  public var isEmpty: Bool { ranges.isEmpty }

  /// How many bytes are there.
  public var count: Int64 { ranges.reduce(0) { $0 + Int64($1.count) } }

  /// How many bytes are there from the start on without a gap.
  public var prefix: Int64 { ranges.first.map { $0.lowerBound == 0 ? $0.upperBound : 0 } ?? 0 }

  /// Adds a range.
  public mutating func insert(_ range: Range<Int64>) {
    guard !range.isEmpty else { return }
    // Bytes arrive at the end of a range that is known already, nearly always.
    let first = firstIndex(endingAtOrAfter: range.lowerBound)
    var last = first
    var merged = range
    while last < ranges.count, ranges[last].lowerBound <= range.upperBound {
      merged = min(merged.lowerBound, ranges[last].lowerBound)..<max(merged.upperBound, ranges[last].upperBound)
      last += 1
    }
    if last == first + 1 {
      ranges[first] = merged
    } else {
      ranges.replaceSubrange(first..<last, with: CollectionOfOne(merged))
    }
  }

  /// Takes a range away.
  public mutating func remove(_ range: Range<Int64>) {
    guard !range.isEmpty else { return }
    ranges = ranges.flatMap { one -> [Range<Int64>] in
      guard one.overlaps(range) else { return [one] }
      return [
        one.lowerBound..<max(one.lowerBound, range.lowerBound), min(one.upperBound, range.upperBound)..<one.upperBound,
      ]
      .filter { !$0.isEmpty }
    }
  }

  /// The bytes that both have.
  public func intersection(_ other: ByteRanges) -> ByteRanges {
    var result = ByteRanges()
    for range in other.ranges {
      for one in ranges where one.overlaps(range) { result.insert(one.clamped(to: range)) }
    }
    return result
  }

  /// What is missing of `whole`, in ascending order.
  public func gaps(in whole: Range<Int64>) -> [Range<Int64>] {
    var result: [Range<Int64>] = []
    var start = whole.lowerBound
    for range in ranges where range.upperBound > start {
      guard range.lowerBound < whole.upperBound else { break }
      if range.lowerBound > start { result.append(start..<range.lowerBound) }
      start = range.upperBound
    }
    if start < whole.upperBound { result.append(start..<whole.upperBound) }
    return result
  }

  /// Whether every byte of `range` is there.
  public func contains(_ range: Range<Int64>) -> Bool {
    guard !range.isEmpty else { return true }
    let index = firstIndex(endingAtOrAfter: range.upperBound)
    return index < ranges.count && ranges[index].lowerBound <= range.lowerBound
  }

  /// The first range that ends at `position` or behind it.
  private func firstIndex(endingAtOrAfter position: Int64) -> Int {
    var (low, high) = (0, ranges.count)
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound < position { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

extension ByteRanges: LosslessStringConvertible {
  /// `0-100,250-300`: the byte after the last stands behind the hyphen.
  public var description: String {
    ranges.map { "\($0.lowerBound)-\($0.upperBound)" }.joined(separator: ",")
  }

  /// The ranges of a description; nil when it does not read, names a negative byte, or has more than 65,536 ranges.
  public init?(_ text: String) {
    guard text.utf8.count <= 1 << 22 else { return nil }
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    guard parts.count <= 65_536 else { return nil }
    self.init()
    guard !text.isEmpty else { return }
    for part in parts {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false)
      guard ends.count == 2, let start = Int64(ends[0]), let end = Int64(ends[1]), start >= 0, start < end else {
        return nil
      }
      insert(start..<end)
    }
  }
}
