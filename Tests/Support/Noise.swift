/// Bytes that differ at every place, so that a shifted or missing piece is noticed; the same for the same
/// seed.
public enum Noise {
  /// `count` bytes.
  public static func bytes(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var generator = Generator(seed: seed)
    return (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next() >> 24) }
  }

  /// `count` bytes that begin like a GGUF file.
  public static func gguf(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    Array("GGUF".utf8) + bytes(count - 4, seed: seed)
  }

  /// Marsaglia's xorshift64, for tests that need the same numbers every time.
  public struct Generator: RandomNumberGenerator {
    private var state: UInt64

    /// Numbers that depend on the seed alone.
    public init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    public mutating func next() -> UInt64 {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return state
    }
  }
}
