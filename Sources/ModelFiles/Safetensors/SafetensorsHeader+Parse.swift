import Domain
import JSONText

/// What a safetensors file may ask of us.
enum SafetensorsLimits {
  /// Bytes of the header. The reference implementation stops at 100,000,000; real headers have at most a few megabytes.
  static let headerBytes: UInt64 = 64 << 20
  /// Bytes of the first read, the same as the official client's: nearly every header is shorter.
  static let firstRead: Int64 = 100_000
}

extension SafetensorsHeader {
  /// Reads the header of a file wherever it lies: 100 kB first, then the rest of the header, never more.
  ///
  /// - Throws: `ModelFileError` for a bad file, or the reader's own error.
  public static func read(from reader: some RangeReader, name: String) async throws -> SafetensorsHeader {
    var bytes = try await reader.read(0..<min(SafetensorsLimits.firstRead, reader.size))
    let end = try headerEnd(bytes, fileSize: reader.size, name: name)
    if end > bytes.count { bytes += try await reader.read(Int64(bytes.count)..<Int64(end)) }
    guard bytes.count >= end else {
      throw ModelFileError(.unreadable, file: name, "the first \(end) bytes could not be read in full")
    }
    return try parse(Array(bytes[..<end]), fileSize: reader.size, name: name)
  }

  /// Parses the first bytes of a file, which hold at least the whole header.
  ///
  /// The rules are those of the reference implementation: the tensors cover the data from its first to its last byte,
  /// without holes and without overlap, and each has exactly the bytes that its type and shape need. Stricter than it,
  /// a name that appears twice is refused.
  ///
  /// - Throws: `truncated`, `notThisFormat`, `malformed` or `badTensors`.
  public static func parse(_ bytes: [UInt8], fileSize: Int64, name: String) throws(ModelFileError) -> SafetensorsHeader
  {
    let end = try headerEnd(bytes, fileSize: fileSize, name: name)
    guard end <= bytes.count else { throw ModelFileError(.truncated, file: name, "ends within its header") }
    let json: JSONValue
    do throws(JSONError) {
      json = try JSONValue.parse(
        Array(bytes[8..<end]), limits: JSONLimits(maximumBytes: Int(SafetensorsLimits.headerBytes)))
    } catch {
      throw ModelFileError(.malformed, file: name, "its header is no usable JSON: \(error.problem)")
    }
    guard let entries = json.object else {
      throw ModelFileError(.malformed, file: name, "its header is no JSON object")
    }
    let reader = EntryReader(file: name, dataStart: Int64(end), fileSize: fileSize)
    var metadata: [String: String] = [:]
    var tensors: [SafetensorsTensor] = []
    for member in entries.members {
      let (key, value) = (member.key, member.value)
      if key == "__metadata__" {
        metadata = try reader.metadata(value)
      } else {
        tensors.append(try reader.tensor(key, value))
      }
    }
    tensors.sort { ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound) }
    try reader.checkCoverage(tensors)
    return SafetensorsHeader(
      name: name, metadata: metadata, tensors: tensors, dataStart: Int64(end), fileSize: fileSize)
  }

  /// Parses the header of a whole file in memory; see `parse(_:fileSize:name:)`.
  static func parse(file: UnsafeRawBufferPointer, name: String) throws(ModelFileError) -> SafetensorsHeader {
    let end = try headerEnd(Array(file.prefix(8)), fileSize: Int64(file.count), name: name)
    return try parse(Array(file[..<end]), fileSize: Int64(file.count), name: name)
  }

  /// Where the header ends, from the length in the first eight bytes.
  private static func headerEnd(_ bytes: [UInt8], fileSize: Int64, name: String) throws(ModelFileError) -> Int {
    guard bytes.count >= 8, fileSize >= 8 else {
      throw ModelFileError(.truncated, file: name, "is shorter than the length of its header")
    }
    let length = bytes[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= SafetensorsLimits.headerBytes else {
      throw ModelFileError(
        .malformed, file: name,
        "announces a header of \(length) bytes, more than \(SafetensorsLimits.headerBytes); it may be no safetensors")
    }
    guard Int64(length) <= fileSize - 8 else {
      throw ModelFileError(.truncated, file: name, "ends within its header (\(length) bytes announced)")
    }
    return 8 + Int(length)
  }
}

/// Reads the entries of a header.
private struct EntryReader {
  let file: String
  let dataStart: Int64
  let fileSize: Int64

  func bad(_ name: String, _ reason: String) -> ModelFileError {
    ModelFileError(.badTensors, file: file, "the tensor \(ModelFileError.quoted(name)) \(reason)")
  }

  func metadata(_ value: JSONValue) throws(ModelFileError) -> [String: String] {
    if value == .null { return [:] }
    guard let object = value.object else {
      throw ModelFileError(.malformed, file: file, "'__metadata__' is no JSON object")
    }
    var result: [String: String] = [:]
    for member in object.members {
      guard let text = member.value.string else {
        throw ModelFileError(
          .malformed, file: file, "'__metadata__' holds \(ModelFileError.quoted(member.key)), which is no string")
      }
      result[member.key] = text
    }
    return result
  }

  func tensor(_ name: String, _ value: JSONValue) throws(ModelFileError) -> SafetensorsTensor {
    guard let entry = value.object else { throw bad(name, "is no JSON object") }
    guard let typeName = entry["dtype"]?.string else { throw bad(name, "has no dtype") }
    guard let type = SafetensorsType(rawValue: typeName) else {
      throw bad(name, "has the dtype \(ModelFileError.quoted(typeName)), which is unknown")
    }
    guard let shape = counts(entry["shape"]) else { throw bad(name, "has no shape of whole numbers") }
    guard let offsets = counts(entry["data_offsets"]), offsets.count == 2 else {
      throw bad(name, "has no two data_offsets")
    }
    let (begin, end) = (offsets[0], offsets[1])
    guard begin <= end else { throw bad(name, "begins at \(begin) and ends before, at \(end)") }
    guard end <= fileSize - dataStart else {
      throw bad(name, "ends at byte \(end) of the data, which has \(fileSize - dataStart)")
    }
    var elements: Int64 = 1
    for length in shape {
      let (product, overflow) = elements.multipliedReportingOverflow(by: length)
      guard !overflow else { throw bad(name, "has more than 2^63 elements") }
      elements = product
    }
    let (bits, overflow) = elements.multipliedReportingOverflow(by: type.bits)
    guard !overflow else { throw bad(name, "has more than 2^63 bits") }
    guard bits % 8 == 0 else { throw bad(name, "does not end at a byte") }
    guard bits / 8 == end - begin else {
      throw bad(name, "has \(end - begin) bytes; its shape and dtype need \(bits / 8)")
    }
    return SafetensorsTensor(
      name: name, type: type, shape: shape, range: dataStart + begin..<dataStart + end, elements: elements)
  }

  /// The numbers of an array of non-negative integers; nil for anything else, also for `2.0` and `2e0`.
  private func counts(_ value: JSONValue?) -> [Int64]? {
    guard let array = value?.array else { return nil }
    var result: [Int64] = []
    result.reserveCapacity(array.count)
    for item in array {
      guard case .int(let number) = item, number >= 0 else { return nil }
      result.append(number)
    }
    return result
  }

  /// Checks that sorted tensors lie side by side from the first to the last byte of the data.
  func checkCoverage(_ tensors: [SafetensorsTensor]) throws(ModelFileError) {
    var position = dataStart
    for tensor in tensors {
      guard tensor.range.lowerBound == position else {
        throw bad(
          tensor.name,
          "begins at byte \(tensor.range.lowerBound - dataStart) of the data; "
            + "the one before it ends at \(position - dataStart)")
      }
      position = tensor.range.upperBound
    }
    guard position == fileSize else {
      throw ModelFileError(
        .badTensors, file: file, "has \(fileSize - position) bytes after its last tensor, which nothing describes")
    }
  }
}
