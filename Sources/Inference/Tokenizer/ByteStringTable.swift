/// A map from byte strings to numbers: the token list of a vocabulary, found by text.
///
/// All strings lie in one array, and the hash table holds 32-bit indexes, so that a vocabulary of 128,000 tokens
/// takes a few megabytes and no allocation of its own for each token.
struct ByteStringTable: Sendable {
  private var bytes: [UInt8] = []
  private var ends: [Int] = []
  private var values: [Int32] = []
  /// Index into `values` plus 1; 0 is an empty slot. The length is a power of two.
  private var slots: [UInt32]

  /// An empty table with room for `capacity` strings.
  init(capacity: Int) {
    var size = 64
    while size < capacity * 2 { size *= 2 }
    slots = [UInt32](repeating: 0, count: size)
  }

  /// Stores a value; a string that is there already gets the new one.
  mutating func insert(_ string: some Collection<UInt8>, _ value: Int32) {
    let text = Array(string)
    text.withUnsafeBufferPointer { text in
      var slot = Self.hash(text) & (slots.count - 1)
      while slots[slot] != 0 {
        let index = Int(slots[slot]) - 1
        if equals(index, text) {
          values[index] = value
          return
        }
        slot = (slot + 1) & (slots.count - 1)
      }
      bytes += text
      ends.append(bytes.count)
      values.append(value)
      slots[slot] = UInt32(values.count)
    }
    if values.count * 2 > slots.count { grow() }
  }

  /// The value of a string.
  func value(_ text: UnsafeBufferPointer<UInt8>) -> Int32? {
    var slot = Self.hash(text) & (slots.count - 1)
    while slots[slot] != 0 {
      let index = Int(slots[slot]) - 1
      if equals(index, text) { return values[index] }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  /// The value of a string.
  func value(_ text: some Sequence<UInt8>) -> Int32? { Array(text).withUnsafeBufferPointer { value($0) } }

  private func equals(_ index: Int, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
    let start = index == 0 ? 0 : ends[index - 1]
    guard ends[index] - start == text.count else { return false }
    for offset in 0..<text.count where bytes[start + offset] != text[offset] { return false }
    return true
  }

  private mutating func grow() {
    slots = [UInt32](repeating: 0, count: slots.count * 2)
    for index in values.indices {
      let range = (index == 0 ? 0 : ends[index - 1])..<ends[index]
      var slot = bytes[range].withUnsafeBufferPointer { Self.hash($0) } & (slots.count - 1)
      while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = UInt32(index + 1)
    }
  }

  /// FNV-1a with a final mix, since the table uses the low bits.
  private static func hash(_ text: UnsafeBufferPointer<UInt8>) -> Int {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in text { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    hash ^= hash >> 32
    return Int(truncatingIfNeeded: hash &* 0x9E37_79B9_7F4A_7C15 >> 20)
  }
}
