import CKernels
import Domain

/// A weight matrix in the mapped file, or made while loading: `rows` rows of `columns` elements in blocks of `type`.
///
/// `@unchecked Sendable` is safe: it points into memory that nobody writes and that the model which owns it keeps alive.
struct Matrix: @unchecked Sendable {
  let data: UnsafeRawPointer
  let type: TensorType
  let rows: Int
  let columns: Int
  /// In which order the columns stand, when that is not the order of the activations.
  var columnOrder: ColumnOrder?

  /// Bytes of one row.
  var rowBytes: Int { columns / type.blockElements * type.blockBytes }

  /// Whether the fast path multiplies it in integers.
  var isQuantized: Bool { hw_is_quantized(type.rawValue) != 0 }

  /// First byte of a row.
  func row(_ index: Int) -> UnsafeRawPointer { data + index * rowBytes }
}
