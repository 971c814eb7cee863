/// Why the walk over a header stopped.
enum GGUFStop: Error {
  /// Bytes up to this position of the file are needed, and the file has them.
  case needs(Int64)
  /// The file is refused.
  case refused(ModelFileError.Kind, String)
}

/// A position in the first bytes of a GGUF file. Every step is checked against what is at hand and the file's size.
struct GGUFCursor {
  /// The bytes at hand, from the start of the file.
  let bytes: UnsafeRawBufferPointer
  /// Bytes of the whole file.
  let fileSize: Int64
  /// The next byte.
  private(set) var position = 0

  init(_ bytes: UnsafeRawBufferPointer, fileSize: Int64) {
    self.bytes = bytes
    self.fileSize = fileSize
  }

  /// Steps over `count` bytes and returns where they lie; `what` names them in a refusal.
  mutating func skip(_ count: UInt64, _ what: @autoclosure () -> String) throws(GGUFStop) -> Range<Int> {
    guard let length = Int(exactly: count), Int64(length) <= fileSize - Int64(position) else {
      throw .refused(.truncated, "ends within \(what()) at byte \(position) (\(count) bytes announced)")
    }
    guard length <= bytes.count - position else { throw .needs(Int64(position) + Int64(length)) }
    defer { position += length }
    return position..<position + length
  }

  /// An integer, least significant byte first.
  mutating func integer<Integer: FixedWidthInteger & BitwiseCopyable>(
    _ type: Integer.Type, _ what: @autoclosure () -> String
  ) throws(GGUFStop) -> Integer {
    let range = try skip(UInt64(MemoryLayout<Integer>.size), what())
    return Integer(littleEndian: bytes.loadUnaligned(fromByteOffset: range.lowerBound, as: Integer.self))
  }

  /// Where a string's bytes lie: a 64-bit length, then the bytes.
  mutating func string(limit: UInt64, _ what: @autoclosure () -> String) throws(GGUFStop) -> Range<Int> {
    let length = try integer(UInt64.self, what())
    guard length <= limit else {
      throw .refused(.malformed, "\(what()) at byte \(position) has \(length) bytes, more than \(limit)")
    }
    return try skip(length, what())
  }
}
