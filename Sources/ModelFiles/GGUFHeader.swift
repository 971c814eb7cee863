import Domain

/// One tensor of a GGUF file.
public struct GGUFTensorInfo: Sendable, Equatable {
  /// Its name, such as `blk.0.attn_q.weight`. Foreign text: never part of a path.
  public let name: String
  /// How its elements are stored.
  public let type: TensorType
  /// 1 to 4 lengths; the first is the length of a row, whose elements lie side by side.
  public let dimensions: [Int64]
  /// First byte, from the start of the file.
  public let offset: Int64
  /// Bytes of its data.
  public let byteCount: Int64
  /// The product of the dimensions.
  public let elements: Int64

  /// A tensor that lies in another kind of file.
  ///
  /// - Parameter dimensions: at least one, none of them 0; their product fits into 63 bits.
  /// - Returns: nil for other dimensions, and for rows that are no whole number of blocks.
  public init?(name: String, type: TensorType, dimensions: [Int64]) {
    guard let rowLength = dimensions.first, dimensions.allSatisfy({ $0 > 0 }) else { return nil }
    var elements: Int64 = 1
    for length in dimensions {
      let (product, overflow) = elements.multipliedReportingOverflow(by: length)
      guard !overflow else { return nil }
      elements = product
    }
    guard let bytes = type.bytes(elements: elements, rowLength: rowLength) else { return nil }
    self.init(name: name, type: type, dimensions: dimensions, offset: 0, byteCount: bytes, elements: elements)
  }

  init(
    name: String, type: TensorType, dimensions: [Int64], offset: Int64, byteCount: Int64, elements: Int64
  ) {
    self.name = name
    self.type = type
    self.dimensions = dimensions
    self.offset = offset
    self.byteCount = byteCount
    self.elements = elements
  }

  /// Rows: the product of all dimensions but the first.
  public var rows: Int64 { elements / dimensions[0] }
}

/// The header of a GGUF file: metadata, and where each tensor lies.
///
/// Format: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>, versions 2 and 3, little-endian.
public struct GGUFHeader: Sendable {
  /// A key and its value.
  public struct Entry: Sendable, Equatable {
    /// The key, such as `llama.block_count`.
    public let key: String
    /// Its value.
    public let value: GGUFValue
  }

  /// The file as the caller named it, for messages.
  public let name: String
  /// 2 or 3.
  public let version: UInt32
  /// Bytes to which tensor data is aligned.
  public let alignment: Int
  /// The metadata in the file's order.
  public let metadata: [Entry]
  /// The tensors in the file's order, which is the order of their data.
  public let tensors: [GGUFTensorInfo]
  /// Where tensor data begins, in bytes from the start of the file.
  public let dataStart: Int64

  private let entryIndex: [String: Int]
  private let tensorIndex: [String: Int]

  /// The parser's initializer; keys and names are known to be unique.
  init(
    name: String, version: UInt32, alignment: Int, metadata: [Entry], tensors: [GGUFTensorInfo],
    dataStart: Int64, entryIndex: [String: Int], tensorIndex: [String: Int]
  ) {
    self.name = name
    self.version = version
    self.alignment = alignment
    self.metadata = metadata
    self.tensors = tensors
    self.dataStart = dataStart
    self.entryIndex = entryIndex
    self.tensorIndex = tensorIndex
  }

  /// A header of a model that lies in another kind of file, told in GGUF's words. Of equal keys or names the first counts.
  ///
  /// - Parameters:
  ///   - name: the file or folder, for messages.
  ///   - tensors: what the model consists of; offsets mean nothing.
  public init(name: String, metadata: [Entry], tensors: [GGUFTensorInfo]) {
    self.init(
      name: name, version: 3, alignment: 1, metadata: metadata, tensors: tensors, dataStart: 0,
      entryIndex: Dictionary(metadata.enumerated().map { ($1.key, $0) }) { first, _ in first },
      tensorIndex: Dictionary(tensors.enumerated().map { ($1.name, $0) }) { first, _ in first })
  }

  /// The value of a key, if the file has it.
  public subscript(key: String) -> GGUFValue? { entryIndex[key].map { metadata[$0].value } }

  /// The tensor of a name, if the file has it.
  public func tensor(_ name: String) -> GGUFTensorInfo? { tensorIndex[name].map { tensors[$0] } }

  /// A string.
  ///
  /// - Throws: `badMetadata` when the key is missing or of another type.
  public func string(_ key: String) throws(ModelFileError) -> String {
    try required(key, "a string") { if case .string(let value) = $0 { value } else { nil } }
  }

  /// An integer of any width.
  ///
  /// - Throws: `badMetadata` when the key is missing, of another type, or beyond 63 bits.
  public func int(_ key: String) throws(ModelFileError) -> Int { try required(key, "an integer", \.int) }

  /// A floating-point number.
  ///
  /// - Throws: `badMetadata` when the key is missing or of another type.
  public func float(_ key: String) throws(ModelFileError) -> Float { try required(key, "a float", \.float) }

  /// A boolean.
  ///
  /// - Throws: `badMetadata` when the key is missing or of another type.
  public func bool(_ key: String) throws(ModelFileError) -> Bool {
    try required(key, "a boolean") { if case .bool(let value) = $0 { value } else { nil } }
  }

  /// An array.
  ///
  /// - Throws: `badMetadata` when the key is missing or no array.
  public func array(_ key: String) throws(ModelFileError) -> GGUFArray {
    try required(key, "an array") { if case .array(let value) = $0 { value } else { nil } }
  }

  /// The result of `read` for a key that may be missing: `try header.ifPresent(key, header.int)`.
  ///
  /// - Throws: `badMetadata` when the key is there with the wrong type.
  public func ifPresent<Value>(
    _ key: String, _ read: (String) throws(ModelFileError) -> Value
  ) throws(ModelFileError) -> Value? {
    entryIndex[key] == nil ? nil : try read(key)
  }

  private func required<Value>(
    _ key: String, _ kind: String, _ convert: (GGUFValue) -> Value?
  ) throws(ModelFileError) -> Value {
    guard let value = self[key] else {
      throw ModelFileError(.badMetadata, file: name, "the key \(ModelFileError.quoted(key)) is missing")
    }
    guard let converted = convert(value) else {
      throw ModelFileError(
        .badMetadata, file: name,
        "the key \(ModelFileError.quoted(key)) must be \(kind), but is of type \(value.type)")
    }
    return converted
  }
}
