import Domain
import Glibc

/// A weight matrix in memory of its own: what was unpacked or quantized while a model was loaded.
///
/// `@unchecked Sendable` is safe: the memory is written by whoever made it, before it is shared, and only read afterwards.
final class OwnedMatrix: @unchecked Sendable {
  /// The matrix, valid as long as this object lives.
  let matrix: Matrix
  /// Its bytes, to be filled by whoever made it.
  let bytes: UnsafeMutableRawPointer

  /// Room for a matrix.
  ///
  /// - Parameter columns: a multiple of the type's block.
  /// - Throws: `InferenceError` of kind `limit` when there is not so much memory.
  init(type: TensorType, rows: Int, columns: Int, order: ColumnOrder? = nil) throws {
    let (blocks, overflow) = rows.multipliedReportingOverflow(by: columns / type.blockElements)
    let (size, beyond) = blocks.multipliedReportingOverflow(by: type.blockBytes)
    // The kernel promises memory that it does not have; matrices are filled one after the other.
    guard !overflow, !beyond, size > 0, size < 1 << 48, MainMemory.holds(Int64(size)), let bytes = malloc(size) else {
      throw InferenceError(.limit, "there is no memory for a matrix of \(rows) × \(columns) in \(type.name)")
    }
    self.bytes = UnsafeMutableRawPointer(bytes)
    matrix = Matrix(
      data: UnsafeRawPointer(bytes), type: type, rows: rows, columns: columns, columnOrder: order)
  }

  deinit { free(bytes) }
}
