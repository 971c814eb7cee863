import CKernels
import Domain
import Foundation
import ModelFiles

/// A GGUF file taken apart, to be changed and written again.
public struct EditableModel: Sendable {
  /// One tensor with its bytes.
  public struct Tensor: Sendable {
    public var name: String
    public var type: TensorType
    /// The first is the length of a row.
    public var dimensions: [Int64]
    public var data: [UInt8]

    /// Elements of a row.
    public var columns: Int { Int(dimensions[0]) }
    /// All other dimensions together.
    public var rows: Int { Int(dimensions.dropFirst().reduce(1, *)) }
    /// Bytes of a row.
    public var rowBytes: Int { data.count / max(1, rows) }

    /// All elements.
    public var floats: [Float] {
      get {
        [Float](unsafeUninitializedCapacity: rows * columns) { buffer, count in
          data.withUnsafeBytes {
            hw_kernels_portable().pointee.dequantize(type.rawValue, $0.baseAddress, rows * columns, buffer.baseAddress)
          }
          count = rows * columns
        }
      }
      set {
        // Written as floats: every reader takes them, and nothing is lost.
        type = .f32
        data = newValue.withUnsafeBytes { Array($0) }
      }
    }
  }

  /// Keys and values in their order.
  public var metadata: [(key: String, value: GGUFValue)]
  /// All tensors in their order.
  public var tensors: [Tensor]
  /// Where breakages of one layer happen; nil is the middle.
  public var brokenLayer: Int?

  /// Reads a file.
  ///
  /// - Throws: `ModelFileError`.
  public init(path: String) throws {
    let file = try GGUFFile(path: path)
    metadata = file.header.metadata.map { ($0.key, $0.value) }
    tensors = file.header.tensors.map {
      Tensor(name: $0.name, type: $0.type, dimensions: $0.dimensions, data: Array(file.data(of: $0)))
    }
  }

  /// The value of a key.
  public subscript(key: String) -> GGUFValue? {
    get { metadata.first { $0.key == key }?.value }
    set {
      metadata.removeAll { $0.key == key }
      if let newValue { metadata.append((key, newValue)) }
    }
  }

  /// A key of the architecture, without its prefix.
  public func key(_ name: String) -> String {
    guard case .string(let architecture)? = self["general.architecture"] else { return name }
    return "\(architecture).\(name)"
  }

  /// Layers.
  public var layers: Int {
    get { self[key("block_count")]?.int ?? 0 }
    set { self[key("block_count")] = .uint32(UInt32(newValue)) }
  }

  /// Changes a tensor; nothing when there is none of this name.
  public mutating func change(_ name: String, _ body: (inout Tensor) -> Void) {
    guard let index = tensors.firstIndex(where: { $0.name == name }) else { return }
    body(&tensors[index])
  }

  /// A tensor by name.
  public func tensor(_ name: String) -> Tensor? { tensors.first { $0.name == name } }

  /// Writes the model as a file.
  ///
  /// - Throws: `ModelFileError` when data and dimensions no longer agree, or the file cannot be written.
  public func write(to path: String) throws {
    var writer = GGUFWriter()
    for (key, value) in metadata where key != "general.alignment" { writer.set(key, value) }
    for tensor in tensors {
      try writer.add(tensor.name, type: tensor.type, dimensions: tensor.dimensions, data: tensor.data)
    }
    try writer.write(to: path)
  }
}
