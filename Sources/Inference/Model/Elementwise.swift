import CKernels

/// The table of C kernels for what some architectures do between the matrix products.
///
/// `@unchecked Sendable` is safe: the table is a constant of the C library, made of pointers to pure functions.
struct Elementwise: @unchecked Sendable {
  let table: hw_elementwise

  /// Plain C: the reference.
  static let portable = Elementwise(table: hw_elementwise_portable().pointee)

  /// AVX2, where the processor has it.
  static let avx2 = hw_elementwise_avx2().map { Elementwise(table: $0.pointee) }

  /// NEON, where the processor has it.
  static let neon = hw_elementwise_neon().map { Elementwise(table: $0.pointee) }

  /// The fastest that this processor runs.
  static let best = avx2 ?? neon ?? portable
}

extension Kernels {
  /// The elementwise kernels of the same kind.
  var elementwise: Elementwise { name == Kernels.portable.name ? .portable : .best }
}
