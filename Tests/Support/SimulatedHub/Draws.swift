/// Random numbers that are a function of a key alone (splitmix64), so that any model can be computed at any time
/// without the ones before it.
struct Draws {
  private var state: UInt64

  /// - Parameters:
  ///   - seed: of the hub.
  ///   - index: of the model.
  ///   - purpose: keeps unrelated draws of one model apart.
  init(seed: UInt64, index: Int, purpose: UInt64 = 0) {
    state =
      Self.mix(seed ^ purpose &* 0xD6E8_FEB8_6659_FD93) &+ UInt64(truncatingIfNeeded: index) &* 0xA24B_AED4_963E_E407
  }

  @inline(__always)
  static func mix(_ value: UInt64) -> UInt64 {
    var z = value &+ 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  @inline(__always)
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return Self.mix(state)
  }

  /// 0 ..< bound, which is at least 1.
  @inline(__always)
  mutating func below(_ bound: Int) -> Int {
    Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(truncatingIfNeeded: bound)).high)
  }

  /// Evenly from [0, 1).
  @inline(__always)
  mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

  @inline(__always)
  mutating func chance(_ probability: Double) -> Bool { unit() < probability }
}
