/// What a `Range` header asks of a representation of known size (RFC 9110, section 14).
enum ByteRange: Equatable, Sendable {
  /// No range, or one that is to be ignored: the whole with status 200.
  case whole
  /// One satisfiable range with status 206.
  case part(Range<Int64>)
  /// Status 416.
  case unsatisfiable

  /// Reads a `Range` header.
  ///
  /// - Malformed headers and other units are ignored, as the RFC asks of a server that does not understand them.
  /// - Several ranges are answered with the whole: a client that expects `multipart/byteranges` must take a
  ///   200 at any time, but would mistake the first range alone for all it asked for.
  /// - An empty representation has no byte that a part could hold, so a suffix of it is the whole.
  static func requested(_ header: String?, size: Int64) -> ByteRange {
    guard let header, let equals = header.firstIndex(of: "="), header[..<equals].lowercased() == "bytes"
    else {
      return .whole
    }
    let specs = header[header.index(after: equals)...].split(separator: ",").map { trimmed($0) }.filter {
      !$0.isEmpty
    }
    guard specs.count == 1, let spec = specs.first, let dash = spec.firstIndex(of: "-") else { return .whole }
    let first = spec[..<dash]
    let last = spec[spec.index(after: dash)...]

    if first.isEmpty {
      guard let length = position(last) else { return .whole }
      guard length > 0 else { return .unsatisfiable }
      return size == 0 ? .whole : .part(size - min(length, size)..<size)
    }
    guard let start = position(first) else { return .whole }
    if last.isEmpty { return start < size ? .part(start..<size) : .unsatisfiable }
    guard let end = position(last), start <= end else { return .whole }
    return start < size ? .part(start..<min(end, size - 1) + 1) : .unsatisfiable
  }

  /// A number out of digits alone; one beyond 63 bits lies behind the end of every file.
  private static func position(_ digits: Substring) -> Int64? {
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else {
      return nil
    }
    return Int64(digits) ?? .max
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text
    while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
    while let last = text.last, last == " " || last == "\t" { text.removeLast() }
    return text
  }
}
