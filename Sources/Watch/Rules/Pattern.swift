/// A pattern for repository ids: `*` stands for any text, letters match without regard to case.
struct Pattern: Sendable, Equatable {
  private let pieces: [[UInt8]]

  init(_ text: String) {
    pieces = text.lowercased().utf8.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false).map(
      Array.init)
  }

  /// Whether the whole of `text` matches. Linear in its length for every piece: no pattern makes it slow.
  func matches(_ text: String) -> Bool {
    var rest = Array(text.lowercased().utf8)[...]
    guard let first = pieces.first, let last = pieces.last, rest.starts(with: first) else { return false }
    guard pieces.count > 1 else { return rest.count == first.count }
    rest = rest.dropFirst(first.count)
    for piece in pieces.dropFirst().dropLast() {
      guard let end = Self.end(of: piece, in: rest) else { return false }
      rest = rest[end...]
    }
    return rest.count >= last.count && rest.suffix(last.count).elementsEqual(last)
  }

  private static func end(of piece: [UInt8], in text: ArraySlice<UInt8>) -> Int? {
    guard !piece.isEmpty else { return text.startIndex }
    guard text.count >= piece.count else { return nil }
    for start in text.startIndex...(text.endIndex - piece.count) where text[start...].starts(with: piece) {
      return start + piece.count
    }
    return nil
  }
}
