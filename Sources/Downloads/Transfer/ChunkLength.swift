/// How many bytes one request asks for.
///
/// Long enough for the round trip before it not to matter, short enough for the bytes to arrive nearly in order, so
/// that the hash can follow, and for all connections to end at about the same time.
enum ChunkLength {
  /// The first request of a file, when nothing is known of the speed; files up to this size are fetched in one.
  static let first: Int64 = 8 << 20
  private static let range: ClosedRange<Int64> = 2 << 20...64 << 20
  private static let seconds = 1.5

  /// - Parameters:
  ///   - remaining: bytes that nobody fetches yet.
  ///   - connections: that may be open.
  ///   - speed: bytes a second of one connection; nil while unknown.
  static func next(remaining: Int64, connections: Int, speed: Double?) -> Int64 {
    let wanted = speed.map { Int64(min(1e12, $0 * seconds)) } ?? first
    let share = remaining / Int64(max(1, 2 * connections))
    return min(max(range.lowerBound, min(wanted, share)), range.upperBound)
  }
}
