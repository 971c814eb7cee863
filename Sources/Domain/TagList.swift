import Glibc

/// The tags of a repository, in one piece of text.
///
/// A hub of a million models has fifteen million tags; as strings of their own they would cost more time than
/// everything else that is done with a row of a listing.
public struct TagList: Sendable, Hashable {
  /// The tags, a line each, without a line end behind the last.
  public let lines: String

  /// Tags that are lines already. Empty lines count as none.
  public init(lines: String) { self.lines = lines }

  /// Some tags. A line end within a tag, which no tag of the hub has, becomes a blank.
  public init(_ tags: some Sequence<some StringProtocol>) {
    lines = tags.map { tag in
      tag.utf8.contains(Self.lineEnd) ? tag.split(separator: "\n").joined(separator: " ") : String(tag)
    }.joined(separator: "\n")
  }

  /// The tags as strings of their own.
  public var strings: [String] { map(String.init) }

  /// Whether there are none.
  public var isEmpty: Bool { first { _ in true } == nil }

  /// Whether a tag is among them.
  public func contains(_ tag: String) -> Bool { first(in: TagSet([tag])) != nil }

  /// The first one that is also in a set.
  public func first(in set: TagSet) -> String? {
    guard !set.isEmpty else { return nil }
    let found: Range<Int>?? = lines.utf8.withContiguousStorageIfAvailable { Self.find(set, in: $0) }
    guard let found else { return first { set.contains($0) }.map(String.init) }
    guard let found else { return nil }
    let start = lines.utf8.index(lines.startIndex, offsetBy: found.lowerBound)
    return String(lines[start..<lines.utf8.index(start, offsetBy: found.count)])
  }

  private static let lineEnd = UInt8(ascii: "\n")

  private static func find(_ set: TagSet, in text: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
    guard let base = text.baseAddress else { return nil }
    var start = 0
    while start < text.count {
      // Both pointers lie in `text`: memchr looks at no more than what is left of it.
      let lineEnd = memchr(base + start, Int32(Self.lineEnd), text.count - start)
      let end = lineEnd.map { UnsafeRawPointer($0) - UnsafeRawPointer(base) } ?? text.count
      if set.contains(base + start, count: end - start) { return start..<end }
      start = end + 1
    }
    return nil
  }
}

extension TagList: Sequence {
  /// Gives one tag after the other.
  public struct Iterator: IteratorProtocol {
    fileprivate var rest: Substring.UTF8View

    public mutating func next() -> Substring? {
      while !rest.isEmpty {
        let end = rest.firstIndex(of: TagList.lineEnd) ?? rest.endIndex
        let tag = rest[..<end]
        rest = end == rest.endIndex ? rest[end...] : rest[rest.index(after: end)...]
        if !tag.isEmpty { return Substring(tag) }
      }
      return nil
    }
  }

  public func makeIterator() -> Iterator { Iterator(rest: lines[...].utf8) }
}

extension TagList: ExpressibleByArrayLiteral {
  public init(arrayLiteral tags: String...) { self.init(tags) }
}

/// A few tags that are looked for.
public struct TagSet: Sendable, Hashable {
  private let words: [[UInt8]]
  /// Which lengths there are; the highest bit stands for all of 63 and more.
  private let lengths: UInt64

  /// Some tags; empty ones are never found.
  public init(_ tags: some Sequence<String>) {
    words = Set(tags.filter { !$0.isEmpty }).map { Array($0.utf8) }
    lengths = words.reduce(0) { $0 | Self.bit($1.count) }
  }

  /// Whether there are none.
  public var isEmpty: Bool { words.isEmpty }

  /// Whether a tag is among them.
  public func contains(_ tag: some StringProtocol) -> Bool {
    let found = tag.utf8.withContiguousStorageIfAvailable { text in
      text.baseAddress.map { contains($0, count: text.count) } ?? false
    }
    return found ?? words.contains { $0.elementsEqual(tag.utf8) }
  }

  private static func bit(_ length: Int) -> UInt64 { 1 << UInt64(Swift.min(length, 63)) }

  /// Whether the `count` bytes at `tag` are one of them; no more than that is read.
  fileprivate func contains(_ tag: UnsafePointer<UInt8>, count: Int) -> Bool {
    guard lengths & Self.bit(count) != 0 else { return false }
    return words.contains { $0.count == count && memcmp($0, tag, count) == 0 }
  }
}
