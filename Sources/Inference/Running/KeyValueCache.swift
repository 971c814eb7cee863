import CKernels
import Domain

/// Keys and values of all earlier positions, layer by layer: [position, kvHeads, length] each.
///
/// Kept as halves, as other engines do by default: 2 bytes an element.
final class KeyValueCache {
  private let arena: Arena
  private let halves: UnsafeMutablePointer<UInt16>
  private let keyStart: [Int]
  private let valueStart: [Int]
  private let keyWidth: [Int]
  private let valueWidth: [Int]

  /// A cache for `context` positions.
  init(shape: ModelShape, context: Int) throws {
    let bytes = CoreMemory.cacheBytes(shape: shape, context: context)
    arena = try Arena(size: Int(clamping: bytes), purpose: "a KV cache of \(context) tokens")
    halves = arena.take(UInt16.self, Int(bytes / 2))
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
    kernels.table.to_half(source, count, halves + index)
  }

  /// Attention of the query heads that share one key head, for some tokens from position `start` on.
  ///
  /// - Parameters:
  ///   - query: [tokens, heads * keyLength].
  ///   - window: tokens that are looked back on; 0: all.
  ///   - scale: what scores are multiplied with.
  ///   - softcap: the largest size of scores; 0: unlimited.
  ///   - scratch: `ArenaBuffer.scratchLength` floats.
  ///   - out: [tokens, heads * valueLength].
  func attend(
    layer: Int, kvHead: Int, shape: ModelShape, query: UnsafePointer<Float>, tokens: Int, start: Int,
    window: Int, scale: Float, softcap: Float, scratch: UnsafeMutablePointer<Float>, out: UnsafeMutablePointer<Float>,
    _ kernels: Kernels
  ) {
    let group = shape.heads / shape.kvHeads[layer]
    var job = hw_attention(
      query: query + kvHead * group * shape.keyLength, query_stride: shape.heads * shape.keyLength, tokens: tokens,
      heads: group, start: start, window: window, type: TensorType.f16.rawValue,
      keys: halves + keyStart[layer] + kvHead * shape.keyLength,
      values: halves + valueStart[layer] + kvHead * shape.valueLength, key_length: shape.keyLength,
      value_length: shape.valueLength, key_stride: keyWidth[layer] * 2, value_stride: valueWidth[layer] * 2,
      scale: scale, softcap: softcap, scratch: scratch,
      out: out + kvHead * group * shape.valueLength, out_stride: shape.heads * shape.valueLength)
    kernels.table.attend(&job)
  }
}
