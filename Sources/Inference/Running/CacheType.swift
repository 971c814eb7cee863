import CKernels
import Domain

/// How keys and values are kept.
public enum CacheType: String, Sendable, CaseIterable {
  /// Halves, 2 bytes an element, as other engines do by default.
  case f16
  /// Blocks of 32 bytes and a scale, 1.0625 bytes an element. The length of a head must be a multiple of 32.
  case q8_0

  /// The type of the blocks.
  var tensorType: TensorType { self == .f16 ? .f16 : .q8_0 }

  /// Bytes of some elements that lie side by side.
  func bytes(_ elements: Int) -> Int { elements / tensorType.blockElements * tensorType.blockBytes }

  /// Whether heads of this length can be kept so.
  func takes(_ length: Int) -> Bool { length.isMultiple(of: tensorType.blockElements) }
}
