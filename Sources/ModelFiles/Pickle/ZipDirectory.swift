import Domain

/// One file in an archive.
struct ZipEntry: Equatable {
  var name: String
  var isCompressed: Bool
  var size: Int64
  /// Where its local header lies.
  var offset: Int64
}

/// Why an archive cannot be read.
struct ZipError: Error {
  let reason: String
}

/// The table of contents of a ZIP archive, bounded. Source of the layout: PKWARE's APPNOTE, 4.3.
enum ZipDirectory {
  private static let tailBytes: Int64 = 66_000
  private static let byteLimit: Int64 = 32 << 20
  private static let entryLimit = 200_000

  /// The entries of an archive.
  ///
  /// - Throws: `ZipError`, and what the reader throws.
  static func entries(of reader: some RangeReader) async throws -> [ZipEntry] {
    let start = max(0, reader.size - tailBytes)
    let tail = try await reader.read(start..<reader.size)
    guard let end = (0...max(0, tail.count - 22)).reversed().first(where: { number(tail, $0, 4) == 0x0605_4B50 }) else {
      throw ZipError(reason: "the archive has no table of contents")
    }
    var (size, offset) = (number(tail, end + 12, 4), number(tail, end + 16, 4))
    if size == 0xFFFF_FFFF || offset == 0xFFFF_FFFF {
      guard end >= 20, number(tail, end - 20, 4) == 0x0706_4B50, let place = Int64(exactly: number(tail, end - 12, 8)),
        place >= 0, place <= reader.size - 56
      else { throw ZipError(reason: "the archive's table of contents is damaged") }
      let record = try await reader.read(place..<place + 56)
      guard number(record, 0, 4) == 0x0606_4B50 else {
        throw ZipError(reason: "the archive's table of contents is damaged")
      }
      (size, offset) = (number(record, 40, 8), number(record, 48, 8))
    }
    guard let size = Int64(exactly: size), let offset = Int64(exactly: offset), size <= byteLimit,
      offset <= reader.size,
      size <= reader.size - offset
    else { throw ZipError(reason: "the archive's table of contents is damaged") }
    return try parse(try await reader.read(offset..<offset + size))
  }

  private static func parse(_ bytes: [UInt8]) throws(ZipError) -> [ZipEntry] {
    var entries: [ZipEntry] = []
    var position = 0
    while position + 46 <= bytes.count, number(bytes, position, 4) == 0x0201_4B50 {
      guard entries.count < entryLimit else { throw ZipError(reason: "the archive has too many files") }
      let lengths = [28, 30, 32].map { Int(number(bytes, position + $0, 2)) }
      let next = position + 46 + lengths.reduce(0, +)
      guard next <= bytes.count else { throw ZipError(reason: "the archive's table of contents is damaged") }
      let name = String(decoding: bytes[(position + 46)..<(position + 46 + lengths[0])], as: UTF8.self)
      var (size, offset) = (number(bytes, position + 24, 4), number(bytes, position + 42, 4))
      // Large numbers stand in an extra field, in this order, and only those that do not fit.
      var extra = position + 46 + lengths[0]
      let end = extra + lengths[1]
      while extra + 4 <= end {
        let count = Int(number(bytes, extra + 2, 2))
        guard extra + 4 + count <= end else { break }
        if number(bytes, extra, 2) == 1 {
          var place = extra + 4
          if size == 0xFFFF_FFFF, place + 8 <= end { (size, place) = (number(bytes, place, 8), place + 8) }
          if number(bytes, position + 20, 4) == 0xFFFF_FFFF { place += 8 }
          if offset == 0xFFFF_FFFF, place + 8 <= end { offset = number(bytes, place, 8) }
        }
        extra += 4 + count
      }
      guard let size = Int64(exactly: size), let offset = Int64(exactly: offset) else {
        throw ZipError(reason: "the archive's table of contents is damaged")
      }
      entries.append(
        ZipEntry(name: name, isCompressed: number(bytes, position + 10, 2) != 0, size: size, offset: offset))
      position = next
    }
    return entries
  }

  /// Where the bytes of an entry lie, behind its local header.
  static func content(of entry: ZipEntry, in reader: some RangeReader) async throws -> Range<Int64> {
    guard entry.offset <= reader.size - 30 else { throw ZipError(reason: "\(entry.name) lies outside of the archive") }
    let head = try await reader.read(entry.offset..<entry.offset + 30)
    guard number(head, 0, 4) == 0x0403_4B50 else { throw ZipError(reason: "\(entry.name) has no header") }
    let start = entry.offset + 30 + Int64(number(head, 26, 2) + number(head, 28, 2))
    guard start <= reader.size, entry.size <= reader.size - start else {
      throw ZipError(reason: "\(entry.name) lies outside of the archive")
    }
    return start..<start + entry.size
  }

  /// A little-endian number; 0 outside of the bytes.
  private static func number(_ bytes: [UInt8], _ offset: Int, _ width: Int) -> UInt64 {
    guard offset >= 0, offset + width <= bytes.count else { return 0 }
    return bytes[offset..<offset + width].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
