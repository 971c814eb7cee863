import CKernels
import Domain

/// Keys and values of all earlier positions, layer by layer: [position, kvHeads, length] each.
///
/// Halves on the fast path, as other engines keep them; floats on the exact path.
final class KeyValueCache {
  private let arena: Arena
  private let isHalf: Bool
  private let keyStart: [Int]
  private let valueStart: [Int]
  private let keyWidth: [Int]
  private let valueWidth: [Int]

  /// A cache for `context` positions.
  init(shape: ModelShape, context: Int, exact: Bool) throws {
    isHalf = !exact
    let bytes = CoreMemory.cacheBytes(shape: shape, context: context, exact: exact)
    arena = try Arena(size: Int(clamping: bytes), purpose: "a KV cache of \(context) tokens")
    keyWidth = shape.kvHeads.map { $0 * shape.keyLength }
    valueWidth = shape.kvHeads.map { $0 * shape.valueLength }
    var keys: [Int] = []
    var values: [Int] = []
    var next = 0
    for layer in 0..<shape.layers {
      keys.append(next)
      next += keyWidth[layer] * context
      values.append(next)
      next += valueWidth[layer] * context
    }
    (keyStart, valueStart) = (keys, values)
  }

  /// Stores the keys and values of one position; each [kvHeads, length].
  func store(
    layer: Int, position: Int, key: UnsafePointer<Float>, value: UnsafePointer<Float>, _ kernels: Kernels
  ) {
    put(key, keyWidth[layer], at: keyStart[layer] + position * keyWidth[layer], kernels)
    put(value, valueWidth[layer], at: valueStart[layer] + position * valueWidth[layer], kernels)
  }

  private func put(_ source: UnsafePointer<Float>, _ count: Int, at index: Int, _ kernels: Kernels) {
    if isHalf {
      kernels.table.to_half(source, count, arena.base.assumingMemoryBound(to: UInt16.self) + index)
    } else {
      (arena.base.assumingMemoryBound(to: Float.self) + index).update(from: source, count: count)
    }
  }

  /// Attention of one query head over the first `positions` positions.
  func attend(
    layer: Int, kvHead: Int, shape: ModelShape, query: UnsafePointer<Float>, positions: Int,
    scores: UnsafeMutablePointer<Float>, out: UnsafeMutablePointer<Float>, _ kernels: Kernels
  ) {
    let size = isHalf ? 2 : 4
    kernels.table.attend(
      query, arena.base + (keyStart[layer] + kvHead * shape.keyLength) * size,
      arena.base + (valueStart[layer] + kvHead * shape.valueLength) * size, isHalf ? 1 : 0, shape.keyLength,
      shape.valueLength, keyWidth[layer], valueWidth[layer], positions,
      1 / Float(shape.keyLength).squareRoot(),
      scores, out)
  }
}
