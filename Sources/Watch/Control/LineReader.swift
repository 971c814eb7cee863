import Foundation

/// Cuts a stream of bytes into lines, each of a bounded length. What comes after the line end is kept.
struct LineReader {
  /// The most bytes of a line.
  let limit: Int
  private var buffer = Data()
  /// How many bytes of the buffer have been searched for a line end.
  private var searched = 0

  /// The other side sends a line that is too long.
  struct TooLong: Error {}

  init(limit: Int) { self.limit = limit }

  /// Whether bytes of an unfinished line are there.
  var isInTheMiddle: Bool { !buffer.isEmpty }

  mutating func append(_ bytes: some DataProtocol) { buffer.append(contentsOf: bytes) }

  /// The next line without its end; nil when more bytes have to come.
  ///
  /// - Throws: `TooLong`.
  mutating func next() throws(TooLong) -> Data? {
    guard let end = buffer.dropFirst(searched).firstIndex(of: UInt8(ascii: "\n")) else {
      searched = buffer.count
      guard buffer.count <= limit else { throw TooLong() }
      return nil
    }
    let line = Data(buffer[buffer.startIndex..<end])
    guard line.count <= limit else { throw TooLong() }
    buffer = Data(buffer[(end + 1)...])
    searched = 0
    return line
  }
}
