import CKernels

/// A set of kernels, named after what the processor must have for it.
public enum KernelSet: String, Sendable, CaseIterable {
  /// Plain C.
  case portable
  /// AVX2, FMA and F16C.
  case avx2
  /// AVX-512 with VNNI.
  case avx512
  /// NEON with dotprod, of 64-bit ARM.
  case neon
}

/// The table of C kernels that a model runs on.
///
/// `@unchecked Sendable` is safe: the table is a constant of the C library, made of pointers to pure functions.
struct Kernels: @unchecked Sendable {
  let table: hw_kernels

  /// Plain C: the reference.
  static let portable = Kernels(table: hw_kernels_portable().pointee)

  /// AVX2, where the processor has it.
  static let avx2 = hw_kernels_avx2().map { Kernels(table: $0.pointee) }

  /// AVX-512, where the processor has it.
  static let avx512 = hw_kernels_avx512().map { Kernels(table: $0.pointee) }

  /// NEON, where the processor has it with products of bytes.
  static let neon = hw_kernels_neon().map { Kernels(table: $0.pointee) }

  /// The fastest that this processor runs.
  static let best = avx512 ?? avx2 ?? neon ?? portable

  /// A set by name; nil when the processor lacks it.
  static func named(_ set: KernelSet) -> Kernels? {
    switch set {
    case .portable: portable
    case .avx2: avx2
    case .avx512: avx512
    case .neon: neon
    }
  }

  /// `portable`, `avx2` …
  var name: String { String(cString: table.name) }
}
