import Domain
import Glibc

/// Writes small GGUF files: for the practice hub, for tests, and headers whose data is a hole in the file.
public struct GGUFWriter: Sendable {
  private struct Tensor: Sendable {
    let name: String
    let type: TensorType
    let dimensions: [Int64]
    let byteCount: Int64
    let data: [UInt8]?
  }

  private let alignment: Int
  private var entries: [(key: String, value: GGUFValue)] = []
  private var tensors: [Tensor] = []

  /// A writer of GGUF version 3; `alignment` other than 32 is stored as `general.alignment`.
  public init(alignment: Int = 32) {
    self.alignment = alignment
    if alignment != 32 { set("general.alignment", .uint32(UInt32(alignment))) }
  }

  /// Sets a key; a key that was set before keeps its place.
  public mutating func set(_ key: String, _ value: GGUFValue) {
    if let index = entries.firstIndex(where: { $0.key == key }) {
      entries[index].value = value
    } else {
      entries.append((key, value))
    }
  }

  /// Adds a tensor with its data, or, with nil, one that is only declared.
  ///
  /// - Throws: `ModelFileError.malformed` when the dimensions do not suit the type, or the data not the dimensions.
  public mutating func add(
    _ name: String, type: TensorType, dimensions: [Int64], data: [UInt8]?
  ) throws(ModelFileError) {
    let elements = dimensions.reduce(Int64?(1)) { product, length in
      guard let product, length > 0 else { return nil }
      let (next, overflow) = product.multipliedReportingOverflow(by: length)
      return overflow ? nil : next
    }
    guard (1...4).contains(dimensions.count), let elements,
      let byteCount = type.bytes(elements: elements, rowLength: dimensions[0]),
      data.map({ Int64($0.count) == byteCount }) ?? true
    else {
      throw ModelFileError(
        .malformed, file: "a GGUF to be written",
        "the tensor \(ModelFileError.quoted(name)) does not fit its type or data")
    }
    tensors.append(Tensor(name: name, type: type, dimensions: dimensions, byteCount: byteCount, data: data))
  }

  /// Adds a tensor of 32-bit floats.
  ///
  /// - Throws: as `add(_:type:dimensions:data:)`.
  public mutating func add(_ name: String, dimensions: [Int64], floats: [Float]) throws(ModelFileError) {
    var data: [UInt8] = []
    data.reserveCapacity(floats.count * 4)
    for value in floats { data.appendLittleEndian(value.bitPattern) }
    try add(name, type: .f32, dimensions: dimensions, data: data)
  }

  /// The header up to the first byte of tensor data.
  public func header() -> [UInt8] {
    var bytes = Array("GGUF".utf8)
    bytes.appendLittleEndian(UInt32(3))
    bytes.appendLittleEndian(UInt64(tensors.count))
    bytes.appendLittleEndian(UInt64(entries.count))
    for (key, value) in entries {
      append(string: Array(key.utf8), to: &bytes)
      bytes.appendLittleEndian(value.type.rawValue)
      append(value, to: &bytes)
    }
    for (tensor, offset) in zip(tensors, offsets()) {
      append(string: Array(tensor.name.utf8), to: &bytes)
      bytes.appendLittleEndian(UInt32(tensor.dimensions.count))
      for length in tensor.dimensions { bytes.appendLittleEndian(length) }
      bytes.appendLittleEndian(tensor.type.rawValue)
      bytes.appendLittleEndian(offset)
    }
    pad(&bytes)
    return bytes
  }

  /// The whole file; data that is only declared becomes zeros.
  public func bytes() -> [UInt8] {
    var bytes = header()
    for tensor in tensors {
      bytes += tensor.data ?? [UInt8](repeating: 0, count: Int(tensor.byteCount))
      pad(&bytes)
    }
    return bytes
  }

  /// Writes the file; data that is only declared stays a hole, so that a declared terabyte takes a few kilobytes.
  ///
  /// - Throws: `ModelFileError.unreadable` when the file cannot be written.
  public func write(to path: String) throws(ModelFileError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw ModelFileError(.unreadable, file: path, "could not be created: \(systemReason())")
    }
    defer { close(descriptor) }
    let start = header()
    try put(start, at: 0, descriptor, path)
    var end = Int64(start.count)
    for (tensor, offset) in zip(tensors, offsets()) {
      if let data = tensor.data { try put(data, at: Int64(start.count) + offset, descriptor, path) }
      end = Int64(start.count) + offset + tensor.byteCount
    }
    guard ftruncate(descriptor, Int(aligned(end))) == 0 else {
      throw ModelFileError(.unreadable, file: path, "could not be written: \(systemReason())")
    }
  }

  private func put(
    _ bytes: [UInt8], at offset: Int64, _ descriptor: Int32, _ path: String
  ) throws(ModelFileError) {
    var done = 0
    while done < bytes.count {
      let written = bytes.withUnsafeBytes {
        pwrite(descriptor, $0.baseAddress.map { $0 + done }, $0.count - done, Int(offset) + done)
      }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else {
        throw ModelFileError(.unreadable, file: path, "could not be written: \(systemReason())")
      }
      done += written
    }
  }

  /// Where each tensor begins, from the start of the data.
  private func offsets() -> [Int64] {
    var next: Int64 = 0
    return tensors.map { tensor in
      defer { next = aligned(next + tensor.byteCount) }
      return next
    }
  }

  private func aligned(_ position: Int64) -> Int64 {
    (position + Int64(alignment) - 1) / Int64(alignment) * Int64(alignment)
  }

  private func pad(_ bytes: inout [UInt8]) {
    bytes += [UInt8](repeating: 0, count: Int(aligned(Int64(bytes.count))) - bytes.count)
  }

  private func append(string: [UInt8], to bytes: inout [UInt8]) {
    bytes.appendLittleEndian(UInt64(string.count))
    bytes += string
  }

  private func append(_ value: GGUFValue, to bytes: inout [UInt8]) {
    switch value {
    case .uint8(let value): bytes.appendLittleEndian(value)
    case .int8(let value): bytes.appendLittleEndian(value)
    case .uint16(let value): bytes.appendLittleEndian(value)
    case .int16(let value): bytes.appendLittleEndian(value)
    case .uint32(let value): bytes.appendLittleEndian(value)
    case .int32(let value): bytes.appendLittleEndian(value)
    case .uint64(let value): bytes.appendLittleEndian(value)
    case .int64(let value): bytes.appendLittleEndian(value)
    case .float32(let value): bytes.appendLittleEndian(value.bitPattern)
    case .float64(let value): bytes.appendLittleEndian(value.bitPattern)
    case .bool(let value): bytes.append(value ? 1 : 0)
    case .string(let value): append(string: Array(value.utf8), to: &bytes)
    case .array(let array):
      bytes.appendLittleEndian(array.elementType.rawValue)
      bytes.appendLittleEndian(UInt64(array.count))
      bytes += array.bytes
    }
  }
}
