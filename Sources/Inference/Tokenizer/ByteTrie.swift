/// Byte strings with a number each, found by the beginning of a text.
struct ByteTrie: Sendable {
  /// Node and byte → node; the root is 0.
  private var edges: [UInt64: UInt32] = [:]
  private var values: [Int32] = [-1]
  private var isFirst = [Bool](repeating: false, count: 256)

  /// Whether nothing can be found.
  var isEmpty: Bool { values.count == 1 }

  /// Adds a string; of two equal ones the first counts. An empty one is left out.
  mutating func insert(_ string: some Collection<UInt8>, _ value: Int32) {
    guard let first = string.first else { return }
    isFirst[Int(first)] = true
    var node: UInt32 = 0
    for byte in string {
      let key = UInt64(node) << 8 | UInt64(byte)
      if let next = edges[key] {
        node = next
      } else {
        node = UInt32(values.count)
        edges[key] = node
        values.append(-1)
      }
    }
    if values[Int(node)] < 0 { values[Int(node)] = value }
  }

  /// Every string that the text begins with at a place, the shortest first.
  func matches(_ text: [UInt8], at start: Int, _ take: (_ value: Int32, _ length: Int) -> Void) {
    guard start < text.count, isFirst[Int(text[start])] else { return }
    var node: UInt32 = 0
    var place = start
    while place < text.count, let next = edges[UInt64(node) << 8 | UInt64(text[place])] {
      node = next
      place += 1
      if values[Int(node)] >= 0 { take(values[Int(node)], place - start) }
    }
  }

  /// The longest string that the text begins with at a place.
  func longest(_ text: [UInt8], at start: Int) -> (value: Int32, length: Int)? {
    var best: (value: Int32, length: Int)?
    matches(text, at: start) { best = ($0, $1) }
    return best
  }
}
