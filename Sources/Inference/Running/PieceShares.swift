import Synchronization

/// The pieces of a round, a share a thread, as far as nobody has claimed them.
///
/// The owner of a share takes from its front, others from its back.
///
/// `@unchecked Sendable` is safe: the memory holds atomics only, and lives as long as this object.
final class PieceShares: @unchecked Sendable {
  /// Shares.
  let count: Int
  /// Of each share, the next piece in the high half and the end in the low half, so that both change together. A cache
  /// line each, so that claims do not disturb each other.
  private let ranges: UnsafeMutablePointer<Atomic<UInt64>>
  private static let stride = 8

  /// Empty shares.
  init(count: Int) {
    self.count = count
    ranges = .allocate(capacity: count * Self.stride)
    for index in 0..<count * Self.stride { (ranges + index).initialize(to: Atomic(0)) }
  }

  deinit {
    ranges.deinitialize(count: count * Self.stride)
    ranges.deallocate()
  }

  /// Shares out pieces side by side; none may be left.
  func fill(pieces: Int) {
    for share in 0..<count {
      let (next, end) = (pieces * share / count, pieces * (share + 1) / count)
      ranges[share * Self.stride].store(UInt64(next) << 32 | UInt64(end), ordering: .sequentiallyConsistent)
    }
  }

  /// Claims a piece for the owner of a share: its next, or else the last of another's; nil when none is left.
  func claim(for share: Int) -> Int? {
    if let piece = claim(share, { next, end in (next, UInt64(next + 1) << 32 | UInt64(end)) }) { return piece }
    for other in 1..<max(1, count) {
      let piece = claim((share + other) % count) { next, end in (end - 1, UInt64(next) << 32 | UInt64(end - 1)) }
      if let piece { return piece }
    }
    return nil
  }

  /// Claims all pieces, and tells how many they were.
  func clear() -> Int {
    (0..<count).reduce(0) { sum, share in
      let (next, end) = Self.halves(ranges[share * Self.stride].exchange(0, ordering: .acquiringAndReleasing))
      return sum + max(0, end - next)
    }
  }

  private func claim(_ share: Int, _ take: (Int, Int) -> (piece: Int, rest: UInt64)) -> Int? {
    var seen = ranges[share * Self.stride].load(ordering: .acquiring)
    while true {
      let (next, end) = Self.halves(seen)
      guard next < end else { return nil }
      let (piece, rest) = take(next, end)
      let (exchanged, original) = ranges[share * Self.stride].weakCompareExchange(
        expected: seen, desired: rest, ordering: .acquiringAndReleasing)
      if exchanged { return piece }
      seen = original
    }
  }

  private static func halves(_ packed: UInt64) -> (Int, Int) { (Int(packed >> 32), Int(packed & 0xFFFF_FFFF)) }
}
