/// The types of metadata values, with the raw values of the file format.
public enum GGUFValueType: UInt32, Sendable {
  case uint8 = 0
  case int8 = 1
  case uint16 = 2
  case int16 = 3
  case uint32 = 4
  case int32 = 5
  case float32 = 6
  case bool = 7
  case string = 8
  case array = 9
  case uint64 = 10
  case int64 = 11
  case float64 = 12

  /// Bytes of a value; nil for strings and arrays, whose length is stored with them.
  public var byteCount: Int? {
    switch self {
    case .uint8, .int8, .bool: 1
    case .uint16, .int16: 2
    case .uint32, .int32, .float32: 4
    case .uint64, .int64, .float64: 8
    case .string, .array: nil
    }
  }
}

/// A metadata value.
public enum GGUFValue: Sendable, Equatable {
  case uint8(UInt8)
  case int8(Int8)
  case uint16(UInt16)
  case int16(Int16)
  case uint32(UInt32)
  case int32(Int32)
  case uint64(UInt64)
  case int64(Int64)
  case float32(Float)
  case float64(Double)
  case bool(Bool)
  case string(String)
  case array(GGUFArray)

  /// The type as the file stores it.
  public var type: GGUFValueType {
    switch self {
    case .uint8: .uint8
    case .int8: .int8
    case .uint16: .uint16
    case .int16: .int16
    case .uint32: .uint32
    case .int32: .int32
    case .uint64: .uint64
    case .int64: .int64
    case .float32: .float32
    case .float64: .float64
    case .bool: .bool
    case .string: .string
    case .array: .array
    }
  }

  /// The value of any integer type; nil for others and beyond 63 bits.
  public var int: Int? {
    switch self {
    case .uint8(let value): Int(value)
    case .int8(let value): Int(value)
    case .uint16(let value): Int(value)
    case .int16(let value): Int(value)
    case .uint32(let value): Int(value)
    case .int32(let value): Int(value)
    case .uint64(let value): Int(exactly: value)
    case .int64(let value): Int(value)
    default: nil
    }
  }

  /// The value of either float type; nil for others.
  public var float: Float? {
    switch self {
    case .float32(let value): value
    case .float64(let value): Float(value)
    default: nil
    }
  }
}

/// An array of metadata values, kept as the file's bytes until someone asks for them.
public struct GGUFArray: Sendable, Equatable {
  /// Type of every element; never `array`.
  public let elementType: GGUFValueType
  /// Number of elements.
  public let count: Int
  /// The elements as in the file: little-endian numbers, or strings as a 64-bit length and bytes.
  public let bytes: [UInt8]

  /// The parser's initializer: it has walked `bytes`, so that they hold exactly `count` elements.
  init(elementType: GGUFValueType, count: Int, bytes: [UInt8]) {
    self.elementType = elementType
    self.count = count
    self.bytes = bytes
  }

  /// An array of strings, for the writer.
  public init(strings: [String]) { self.init(byteStrings: strings.map { Array($0.utf8) }) }

  /// An array of strings that need not be UTF-8, for the writer.
  public init(byteStrings: [[UInt8]]) {
    var bytes: [UInt8] = []
    for string in byteStrings {
      bytes.appendLittleEndian(UInt64(string.count))
      bytes += string
    }
    self.init(elementType: .string, count: byteStrings.count, bytes: bytes)
  }

  /// An array of 32-bit integers, for the writer.
  public init(int32s: [Int32]) {
    var bytes: [UInt8] = []
    for value in int32s { bytes.appendLittleEndian(UInt32(bitPattern: value)) }
    self.init(elementType: .int32, count: int32s.count, bytes: bytes)
  }

  /// An array of truth values, for the writer.
  public init(bools: [Bool]) {
    self.init(elementType: .bool, count: bools.count, bytes: bools.map { $0 ? 1 : 0 })
  }

  /// An array of 32-bit floats, for the writer.
  public init(floats: [Float]) {
    var bytes: [UInt8] = []
    for value in floats { bytes.appendLittleEndian(value.bitPattern) }
    self.init(elementType: .float32, count: floats.count, bytes: bytes)
  }

  /// The elements as strings, ill-formed UTF-8 repaired; nil unless it is an array of strings.
  public func strings() -> [String]? {
    stringRanges()?.map { String(decoding: bytes[$0], as: UTF8.self) }
  }

  /// The first strings, at most `limit`; none unless it is an array of strings. For long arrays of which little is
  /// wanted.
  func strings(first limit: Int) -> [String] {
    (stringRanges()?.prefix(limit) ?? []).map { String(decoding: bytes[$0], as: UTF8.self) }
  }

  /// Where each string lies in `bytes`; nil unless it is an array of strings. For large vocabularies.
  public func stringRanges() -> [Range<Int>]? {
    guard elementType == .string else { return nil }
    return bytes.withUnsafeBytes { buffer in
      var ranges: [Range<Int>] = []
      ranges.reserveCapacity(count)
      var position = 0
      for _ in 0..<count {
        let length = Int(
          UInt64(littleEndian: buffer.loadUnaligned(fromByteOffset: position, as: UInt64.self)))
        ranges.append(position + 8..<position + 8 + length)
        position += 8 + length
      }
      return ranges
    }
  }

  /// The elements as integers; nil unless it is an array of an integer type whose values fit into 63 bits.
  public func ints() -> [Int]? {
    var values: [Int] = []
    values.reserveCapacity(count)
    for index in 0..<count {
      guard let value = self[index]?.int else { return nil }
      values.append(value)
    }
    return count > 0 || (elementType.byteCount != nil && elementType != .float32 && elementType != .float64)
      ? values : nil
  }

  /// The elements as truth values; nil unless it is an array of them.
  public func bools() -> [Bool]? {
    guard elementType == .bool else { return nil }
    return (0..<count).compactMap { self[$0] == .bool(true) }
  }

  /// The elements as floats; nil unless it is an array of float32.
  public func floats() -> [Float]? {
    guard elementType == .float32 else { return nil }
    return bytes.withUnsafeBytes { buffer in
      (0..<count).map {
        Float(bitPattern: UInt32(littleEndian: buffer.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self)))
      }
    }
  }

  /// A number or boolean of the array; nil for strings and for an index outside.
  public subscript(index: Int) -> GGUFValue? {
    guard let size = elementType.byteCount, (0..<count).contains(index) else { return nil }
    return bytes.withUnsafeBytes { GGUFValue(scalar: elementType, at: index * size, in: $0) }
  }
}

extension GGUFValue {
  /// A number or boolean out of bytes that are known to be there; nil for strings and arrays.
  init?(scalar type: GGUFValueType, at offset: Int, in buffer: UnsafeRawBufferPointer) {
    func load<Integer: FixedWidthInteger & BitwiseCopyable>(_: Integer.Type) -> Integer {
      Integer(littleEndian: buffer.loadUnaligned(fromByteOffset: offset, as: Integer.self))
    }
    switch type {
    case .uint8: self = .uint8(load(UInt8.self))
    case .int8: self = .int8(load(Int8.self))
    case .uint16: self = .uint16(load(UInt16.self))
    case .int16: self = .int16(load(Int16.self))
    case .uint32: self = .uint32(load(UInt32.self))
    case .int32: self = .int32(load(Int32.self))
    case .uint64: self = .uint64(load(UInt64.self))
    case .int64: self = .int64(load(Int64.self))
    case .float32: self = .float32(Float(bitPattern: load(UInt32.self)))
    case .float64: self = .float64(Double(bitPattern: load(UInt64.self)))
    case .bool: self = .bool(load(UInt8.self) != 0)
    case .string, .array: return nil
    }
  }
}

extension [UInt8] {
  /// Appends an integer, least significant byte first.
  mutating func appendLittleEndian<Integer: FixedWidthInteger>(_ value: Integer) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }
}
