import CKernels

/// The table of C kernels that a model runs on.
///
/// `@unchecked Sendable` is safe: the table is a constant of the C library, made of pointers to pure functions.
struct Kernels: @unchecked Sendable {
  let table: hw_kernels

  /// Plain C: the reference.
  static let portable = Kernels(table: hw_kernels_portable().pointee)

  /// AVX2, where the processor has it.
  static let avx2 = hw_kernels_avx2().map { Kernels(table: $0.pointee) }

  /// The fastest that this processor runs.
  static let best = avx2 ?? portable

  /// `portable` or `avx2`.
  var name: String { String(cString: table.name) }
}
