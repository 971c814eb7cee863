import CKernels
import Domain

/// A weight matrix in the mapped file: `rows` rows of `columns` elements in blocks of `type`.
///
/// `@unchecked Sendable` is safe: it points into a read-only mapping that the model which owns it keeps alive.
struct Matrix: @unchecked Sendable {
  let data: UnsafeRawPointer
  let type: TensorType
  let rows: Int
  let columns: Int

  /// Bytes of one row.
  var rowBytes: Int { columns / type.blockElements * type.blockBytes }

  /// Whether the fast path multiplies it in integers.
  var isQuantized: Bool { hw_is_quantized(type.rawValue) != 0 }

  /// First byte of a row.
  func row(_ index: Int) -> UnsafeRawPointer { data + index * rowBytes }
}
