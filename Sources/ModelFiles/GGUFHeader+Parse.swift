import Domain

extension GGUFHeader {
  /// What came of parsing the bytes at hand.
  public enum Parsing: Sendable {
    /// The whole header was there.
    case complete(GGUFHeader)
    /// The header is longer: at least this many bytes from the start of the file are needed.
    case incomplete(needed: Int64)
  }

  /// Parses a header out of the first bytes of a file.
  ///
  /// - Parameters:
  ///   - bytes: the file from its start, as far as it is at hand.
  ///   - fileSize: bytes of the whole file; tensor data is checked against it.
  ///   - name: the file's name for messages.
  /// - Throws: `ModelFileError` when the file cannot be a usable GGUF, however many bytes follow.
  public static func parse(
    _ bytes: UnsafeRawBufferPointer, fileSize: Int64, name: String
  ) throws(ModelFileError) -> Parsing {
    let atHand = UnsafeRawBufferPointer(rebasing: bytes.prefix(Int(clamping: max(0, fileSize))))
    var parser = GGUFParser(cursor: GGUFCursor(atHand, fileSize: fileSize), name: name)
    do throws(GGUFStop) {
      return .complete(try parser.header())
    } catch {
      switch error {
      case .needs(let count): return .incomplete(needed: count)
      case .refused(let kind, let detail): throw ModelFileError(kind, file: name, detail)
      }
    }
  }

  /// Parses a header out of an array; see `parse(_:fileSize:name:)`.
  public static func parse(
    _ bytes: [UInt8], fileSize: Int64, name: String
  ) throws(ModelFileError) -> Parsing {
    // withUnsafeBytes rethrows untyped errors, hence the detour over a Result.
    let result: Result<Parsing, ModelFileError> = bytes.withUnsafeBytes { buffer in
      do throws(ModelFileError) {
        return .success(try parse(buffer, fileSize: fileSize, name: name))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }
}

/// One walk over a header, in the file's order: fixed part, key-value pairs, tensor infos.
private struct GGUFParser {
  var cursor: GGUFCursor
  let name: String
  private var arrayBytes = 0

  init(cursor: GGUFCursor, name: String) {
    self.cursor = cursor
    self.name = name
  }

  mutating func header() throws(GGUFStop) -> GGUFHeader {
    let version = try fixedPart()
    let tensorCount = try count("tensors", limit: GGUFLimits.tensors, smallest: 8 + 1 + 4 + 8 + 4 + 8)
    let entryCount = try count("key-value pairs", limit: GGUFLimits.keyValues, smallest: 8 + 1 + 4 + 1)

    var entries: [GGUFHeader.Entry] = []
    var entryIndex: [String: Int] = [:]
    for index in 0..<entryCount {
      let entry = try keyValue(index)
      guard entryIndex.updateValue(index, forKey: entry.key) == nil else {
        throw .refused(.malformed, "the key \(ModelFileError.quoted(entry.key)) appears twice")
      }
      entries.append(entry)
    }
    let alignment = try alignment(entryIndex["general.alignment"].map { entries[$0].value })

    var infos: [Info] = []
    var tensorIndex: [String: Int] = [:]
    for index in 0..<tensorCount {
      let info = try tensorInfo(index)
      guard tensorIndex.updateValue(index, forKey: info.name) == nil else {
        throw .refused(.malformed, "the tensor \(ModelFileError.quoted(info.name)) appears twice")
      }
      infos.append(info)
    }
    // At most 2^63 − 1 after alignment, since the position is that of a byte in memory.
    let dataStart = Int64((cursor.position + alignment - 1) / alignment * alignment)
    return GGUFHeader(
      name: name, version: version, alignment: alignment, metadata: entries,
      tensors: try place(infos, dataStart: dataStart, alignment: alignment), dataStart: dataStart,
      entryIndex: entryIndex, tensorIndex: tensorIndex)
  }

  /// Magic and version.
  private mutating func fixedPart() throws(GGUFStop) -> UInt32 {
    let magic = Array(cursor.bytes.prefix(4))
    if magic.count == 4, magic != Array("GGUF".utf8) {
      if ["tjgg", "fmgg", "lmgg", "algg"].contains(String(decoding: magic, as: UTF8.self)) {
        throw .refused(.notThisFormat, "is a ggml file from before GGUF (2023)")
      }
      throw .refused(.notThisFormat, "is no GGUF file")
    }
    _ = try cursor.skip(4, "the magic")
    let version = try cursor.integer(UInt32.self, "the version")
    switch version {
    case 2, 3: return version
    case 1: throw .refused(.malformed, "is GGUF version 1, which nobody writes since 2023")
    case let swapped where (1...3).contains(swapped.byteSwapped):
      throw .refused(.malformed, "is a big-endian GGUF file; only little-endian ones are read")
    default: throw .refused(.malformed, "has GGUF version \(version); 2 and 3 are known")
    }
  }

  /// A count, and the proof that so many items of `smallest` bytes could fit into the file.
  private mutating func count(_ what: String, limit: UInt64, smallest: Int64) throws(GGUFStop) -> Int {
    let count = try cursor.integer(UInt64.self, "the number of \(what)")
    guard count <= limit else {
      throw .refused(.malformed, "announces \(count) \(what), more than \(limit)")
    }
    guard Int64(count) <= (cursor.fileSize - Int64(cursor.position)) / smallest else {
      throw .refused(.truncated, "announces \(count) \(what), but has only \(cursor.fileSize) bytes")
    }
    return Int(count)
  }

  private mutating func keyValue(_ index: Int) throws(GGUFStop) -> GGUFHeader.Entry {
    let range = try cursor.string(limit: UInt64(GGUFLimits.keyBytes.upperBound), "key \(index)")
    guard GGUFLimits.keyBytes.contains(range.count),
      let key = String(validating: cursor.bytes[range], as: UTF8.self)
    else { throw .refused(.malformed, "key \(index) is empty or not UTF-8") }
    let type = try valueType("of the key \(ModelFileError.quoted(key))")
    return GGUFHeader.Entry(key: key, value: try value(type, key: key))
  }

  private mutating func valueType(_ owner: @autoclosure () -> String) throws(GGUFStop) -> GGUFValueType {
    let raw = try cursor.integer(UInt32.self, "the type \(owner())")
    guard let type = GGUFValueType(rawValue: raw) else {
      throw .refused(.malformed, "the type \(owner()) is \(raw), which does not exist")
    }
    return type
  }

  private mutating func value(_ type: GGUFValueType, key: String) throws(GGUFStop) -> GGUFValue {
    func what() -> String { "the value of \(ModelFileError.quoted(key))" }
    switch type {
    case .string:
      let range = try cursor.string(limit: GGUFLimits.stringBytes, what())
      return .string(String(decoding: cursor.bytes[range], as: UTF8.self))
    case .array:
      return .array(try array(key: key))
    default:
      let range = try cursor.skip(UInt64(type.byteCount ?? 0), what())
      guard let value = GGUFValue(scalar: type, at: range.lowerBound, in: cursor.bytes) else {
        throw .refused(.malformed, "\(what()) is no scalar")
      }
      return value
    }
  }

  private mutating func array(key: String) throws(GGUFStop) -> GGUFArray {
    func what() -> String { "the array \(ModelFileError.quoted(key))" }
    let type = try valueType("of \(what())")
    guard type != .array else { throw .refused(.malformed, "\(what()) holds arrays, which nobody writes") }
    let count = try cursor.integer(UInt64.self, what())
    // A string takes at least the 8 bytes of its length.
    let (least, overflow) = count.multipliedReportingOverflow(by: UInt64(type.byteCount ?? 8))
    guard !overflow, least <= UInt64(GGUFLimits.arrayBytes - arrayBytes) else {
      throw .refused(.malformed, "\(what()) announces \(count) elements, more than the limit for arrays")
    }
    guard Int64(least) <= cursor.fileSize - Int64(cursor.position) else {
      throw .refused(
        .truncated, "ends within \(what()) at byte \(cursor.position) (\(count) elements announced)")
    }
    let start = cursor.position
    if type == .string {
      for index in 0..<Int(count) {
        let before = cursor.position
        _ = try cursor.string(limit: GGUFLimits.stringBytes, "element \(index) of \(what())")
        arrayBytes += cursor.position - before
        guard arrayBytes <= GGUFLimits.arrayBytes else {
          throw .refused(.malformed, "its arrays take more than \(GGUFLimits.arrayBytes) bytes")
        }
      }
    } else {
      _ = try cursor.skip(least, what())
      arrayBytes += Int(least)
    }
    return GGUFArray(
      elementType: type, count: Int(count), bytes: Array(cursor.bytes[start..<cursor.position]))
  }

  private func alignment(_ value: GGUFValue?) throws(GGUFStop) -> Int {
    guard let value else { return 32 }
    guard let alignment = value.int, GGUFLimits.alignment.contains(alignment), alignment.nonzeroBitCount == 1
    else {
      throw .refused(
        .malformed, "general.alignment is no power of two up to \(GGUFLimits.alignment.upperBound)")
    }
    return alignment
  }

  /// A tensor info before it is known where data begins.
  private struct Info {
    let name: String
    let type: TensorType
    let dimensions: [Int64]
    let elements: Int64
    let byteCount: Int64
    let relativeOffset: UInt64
  }

  private mutating func tensorInfo(_ index: Int) throws(GGUFStop) -> Info {
    let range = try cursor.string(
      limit: UInt64(GGUFLimits.tensorNameBytes.upperBound), "the name of tensor \(index)")
    guard GGUFLimits.tensorNameBytes.contains(range.count),
      let name = String(validating: cursor.bytes[range], as: UTF8.self)
    else { throw .refused(.malformed, "the name of tensor \(index) is empty or not UTF-8") }
    func what() -> String { "the tensor \(ModelFileError.quoted(name))" }

    let rank = try cursor.integer(UInt32.self, what())
    guard GGUFLimits.dimensions.contains(rank) else {
      throw .refused(.malformed, "\(what()) has \(rank) dimensions; 1 to 4 are possible")
    }
    var dimensions: [Int64] = []
    var elements: Int64 = 1
    for _ in 0..<rank {
      let length = try cursor.integer(UInt64.self, what())
      guard let length = Int64(exactly: length), length > 0 else {
        throw .refused(.malformed, "\(what()) has a dimension of \(length)")
      }
      let (product, overflow) = elements.multipliedReportingOverflow(by: length)
      guard !overflow else { throw .refused(.malformed, "\(what()) has more than 2^63 elements") }
      elements = product
      dimensions.append(length)
    }
    let rawType = try cursor.integer(UInt32.self, what())
    guard let type = TensorType(rawValue: rawType), type.isStored else {
      throw .refused(.malformed, "\(what()) has type \(rawType), which is unknown or was removed")
    }
    guard let byteCount = type.bytes(elements: elements, rowLength: dimensions[0]) else {
      throw .refused(
        .malformed, "\(what()) has rows of \(dimensions[0]) elements, which \(type.name) cannot store")
    }
    return Info(
      name: name, type: type, dimensions: dimensions, elements: elements, byteCount: byteCount,
      relativeOffset: try cursor.integer(UInt64.self, what()))
  }

  /// Turns offsets into positions in the file: aligned, ascending, apart from each other, inside the file.
  private func place(_ infos: [Info], dataStart: Int64, alignment: Int) throws(GGUFStop) -> [GGUFTensorInfo] {
    var tensors: [GGUFTensorInfo] = []
    tensors.reserveCapacity(infos.count)
    var end = dataStart
    for info in infos {
      func what() -> String { "the tensor \(ModelFileError.quoted(info.name))" }
      guard let relative = Int64(exactly: info.relativeOffset), relative % Int64(alignment) == 0 else {
        throw .refused(
          .malformed, "\(what()) starts at \(info.relativeOffset), which is not aligned to \(alignment)")
      }
      let (offset, wrapped) = dataStart.addingReportingOverflow(relative)
      let (next, beyond) = offset.addingReportingOverflow(info.byteCount)
      guard !wrapped, !beyond, next <= cursor.fileSize else {
        throw .refused(
          .truncated,
          "\(what()) of \(info.byteCount) bytes at \(relative) ends beyond the file's \(cursor.fileSize)")
      }
      guard offset >= end else {
        throw .refused(.malformed, "\(what()) overlaps the one before it, or is out of order")
      }
      end = next
      tensors.append(
        GGUFTensorInfo(
          name: info.name, type: info.type, dimensions: info.dimensions, offset: offset,
          byteCount: info.byteCount, elements: info.elements))
    }
    return tensors
  }
}
