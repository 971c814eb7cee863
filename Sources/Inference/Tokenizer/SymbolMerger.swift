/// Joins neighbouring symbols of a text until no pair may be joined: the heart of BPE and of SentencePiece's BPE.
///
/// Always takes the pair of the lowest rank, the leftmost of equals. With a heap of candidates a text of n symbols
/// costs O(n log n), also when it is one word of a hundred thousand letters.
struct SymbolMerger {
  /// A run of bytes of the text, or nothing when it was joined to its left neighbour.
  struct Symbol {
    /// First byte.
    var start: Int
    /// Bytes.
    var length: Int
    /// What the encoder knows it by.
    var piece: Int32
    fileprivate var previous: Int
    fileprivate var next: Int
  }

  private struct Candidate {
    /// Rank in the upper half, index of the left symbol in the lower.
    let key: UInt64
    let length: Int
    let right: Int
    let piece: Int32
  }

  private(set) var symbols: [Symbol] = []
  private var heap: [Candidate] = []

  /// Adds the next symbol of the text.
  mutating func append(start: Int, length: Int, piece: Int32) {
    let index = symbols.count
    if index > 0 { symbols[index - 1].next = index }
    symbols.append(Symbol(start: start, length: length, piece: piece, previous: index - 1, next: -1))
  }

  /// Removes all symbols, keeping the memory.
  mutating func reset() {
    symbols.removeAll(keepingCapacity: true)
    heap.removeAll(keepingCapacity: true)
  }

  /// Joins symbols as long as `join` allows it.
  ///
  /// - Parameter join: rank (lower first) and piece of the two symbols side by side, or nil when they stay apart.
  mutating func merge(_ join: (Symbol, Symbol) -> (rank: UInt32, piece: Int32)?) {
    guard symbols.count > 1 else { return }
    for index in 1..<symbols.count { propose(index - 1, index, join) }
    while let best = pop() {
      let left = Int(best.key & 0xFFFF_FFFF)
      // Lengths only grow, so a candidate whose symbols have changed since has another sum.
      guard symbols[left].length > 0, symbols[best.right].length > 0,
        symbols[left].length + symbols[best.right].length == best.length
      else { continue }
      symbols[left].length = best.length
      symbols[left].piece = best.piece
      symbols[best.right].length = 0
      let next = symbols[best.right].next
      symbols[left].next = next
      if next >= 0 {
        symbols[next].previous = left
        propose(left, next, join)
      }
      if symbols[left].previous >= 0 { propose(symbols[left].previous, left, join) }
    }
  }

  private mutating func propose(
    _ left: Int, _ right: Int, _ join: (Symbol, Symbol) -> (rank: UInt32, piece: Int32)?
  ) {
    guard let found = join(symbols[left], symbols[right]) else { return }
    push(
      Candidate(
        key: UInt64(found.rank) << 32 | UInt64(left), length: symbols[left].length + symbols[right].length,
        right: right, piece: found.piece))
  }

  private mutating func push(_ candidate: Candidate) {
    heap.append(candidate)
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      if heap[parent].key <= heap[child].key { return }
      heap.swapAt(parent, child)
      child = parent
    }
  }

  private mutating func pop() -> Candidate? {
    guard let best = heap.first, let last = heap.popLast() else { return nil }
    guard !heap.isEmpty else { return best }
    heap[0] = last
    var parent = 0
    while true {
      var child = 2 * parent + 1
      if child >= heap.count { return best }
      if child + 1 < heap.count, heap[child + 1].key < heap[child].key { child += 1 }
      if heap[parent].key <= heap[child].key { return best }
      heap.swapAt(parent, child)
      parent = child
    }
  }
}
