/// The names of the members that a reader knows, found in a document's bytes without making strings.
public struct JSONNames: Sendable {
  /// What a key is to the reader.
  public enum Match: Sendable, Hashable {
    /// One of the names, by its place in the list.
    case known(Int)
    /// Another key.
    case unknown(JSONKey)
  }

  private struct Slot: Sendable {
    /// The first eight bytes; shorter names end in zeros.
    var head: UInt64 = 0
    /// Bytes of the name; -1 for a free slot.
    var count = -1
    var index = 0
  }

  private let names: [[UInt8]]
  private let slots: [Slot]

  /// The names in the order by which `known` counts them; of equal ones the first counts.
  public init(_ names: [String]) {
    self.names = names.map { Array($0.utf8) }
    // At least half of the slots stay free, so that every search ends.
    var size = 2
    while size < names.count * 2 { size *= 2 }
    var slots = [Slot](repeating: Slot(), count: size)
    for (index, name) in self.names.enumerated() {
      let head = name.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      var place = Self.place(head, name.count, size)
      while slots[place].count >= 0 { place = (place + 1) & (size - 1) }
      slots[place] = Slot(head: head, count: name.count, index: index)
    }
    self.slots = slots
  }

  private static func place(_ head: UInt64, _ count: Int, _ size: Int) -> Int {
    // Fibonacci hashing; the upper half of the product is the well mixed one.
    let mixed = (head ^ UInt64(truncatingIfNeeded: count) << 56) &* 0x9E37_79B9_7F4A_7C15
    return Int(truncatingIfNeeded: mixed >> 32) & (size - 1)
  }

  /// The place of the name that these bytes are; nil for another one.
  func index(of bytes: UnsafeRawBufferPointer) -> Int? {
    var head: UInt64 = 0
    if bytes.count >= 8 {
      head = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    } else {
      for (place, byte) in bytes.enumerated() { head |= UInt64(byte) << UInt64(place * 8) }
    }
    var place = Self.place(head, bytes.count, slots.count)
    while slots[place].count >= 0 {
      let slot = slots[place]
      if slot.head == head, slot.count == bytes.count,
        bytes.count <= 8 || names[slot.index].elementsEqual(bytes)
      {
        return slot.index
      }
      place = (place + 1) & (slots.count - 1)
    }
    return nil
  }
}

extension JSONCursor {
  /// The next key of the object, as one of the names that the reader knows; nil at the object's end.
  public mutating func nextKey(among names: JSONNames) throws(JSONError) -> JSONNames.Match? {
    guard let key = try nextKey() else { return nil }
    if key.isEscaped {
      let text = Array(text(of: key).utf8)
      return text.withUnsafeBytes { names.index(of: $0) }.map { .known($0) } ?? .unknown(key)
    }
    return names.index(of: UnsafeRawBufferPointer(rebasing: bytes[key.range])).map { .known($0) } ?? .unknown(key)
  }
}
