import Glibc
import ModelFiles

/// The elements of a tensor in a mapped safetensors file, which are not aligned.
///
/// Only as valid as the folder that it came from. Indexes are not checked: whoever reads has compared the shape.
struct TensorView {
  let type: SafetensorsType
  let shape: [Int]
  private let data: UnsafeRawBufferPointer

  /// A tensor of a folder; nil when there is none, or its lengths are beyond what `Int` holds.
  init?(_ name: String, in folder: SafetensorsFolder) {
    guard let tensor = folder.tensor(name), let data = folder.data(of: name) else { return nil }
    let shape = tensor.shape.map { Int($0) }
    self.init(type: tensor.type, shape: shape, data: data)
  }

  init(type: SafetensorsType, shape: [Int], data: UnsafeRawBufferPointer) {
    self.type = type
    self.shape = shape
    self.data = data
  }

  /// Whether it has these lengths.
  func has(_ lengths: Int...) -> Bool { shape == lengths }

  /// A 32-bit element as bits.
  func word(_ index: Int) -> UInt32 { data.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self) }

  /// An element of `I8`, `I32` or `I64`.
  func integer(_ index: Int) -> Int {
    switch type {
    case .int8: Int(data.loadUnaligned(fromByteOffset: index, as: Int8.self))
    case .int64: Int(data.loadUnaligned(fromByteOffset: 8 * index, as: Int64.self))
    default: Int(data.loadUnaligned(fromByteOffset: 4 * index, as: Int32.self))
    }
  }

  /// Whether `float` reads it.
  var isFloat: Bool { type == .float32 || type == .float16 || type == .bfloat16 }

  /// An element of `F32`, `F16` or `BF16`.
  func float(_ index: Int) -> Float {
    switch type {
    case .float16: Float(data.loadUnaligned(fromByteOffset: 2 * index, as: Float16.self))
    case .bfloat16:
      Float(bitPattern: UInt32(data.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)) << 16)
    default: data.loadUnaligned(fromByteOffset: 4 * index, as: Float.self)
    }
  }

  /// Whether all its bytes are zero.
  var isZero: Bool { data.allSatisfy { $0 == 0 } }
}
