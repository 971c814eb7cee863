import CKernels
import Domain

/// Keys and values of all earlier positions, layer by layer: [position, kvHeads, length] each.
final class KeyValueCache {
  private let arena: Arena
  private let type: CacheType
  private let keyStart: [Int]
  private let valueStart: [Int]
  /// Bytes of a position.
  private let keyBytes: [Int]
  private let valueBytes: [Int]

  /// A cache for `context` positions.
  ///
  /// - Throws: `InferenceError` of kind `limit` when there is not so much memory.
  init(shape: ModelShape, context: Int, type: CacheType) throws {
    self.type = type
    let bytes = CoreMemory.cacheBytes(shape: shape, context: context, type: type)
    arena = try Arena(size: Int(clamping: bytes), purpose: "a KV cache of \(context) tokens")
    keyBytes = shape.kvHeads.map { $0 * type.bytes(shape.keyLength) }
    valueBytes = shape.kvHeads.map { $0 * type.bytes(shape.valueLength) }
    var keys: [Int] = []
    var values: [Int] = []
    var next = 0
    for layer in 0..<shape.layers {
      keys.append(next)
      next += keyBytes[layer] * context
      values.append(next)
      next += valueBytes[layer] * context
    }
    (keyStart, valueStart) = (keys, values)
  }

  /// Stores the keys and values of one position: [kvHeads, keyLength] and [kvHeads, valueLength].
  func store(
    layer: Int, position: Int, shape: ModelShape, key: UnsafePointer<Float>, value: UnsafePointer<Float>,
    _ kernels: Kernels
  ) {
    let heads = shape.kvHeads[layer]
    put(key, heads * shape.keyLength, at: keyStart[layer] + position * keyBytes[layer], kernels)
    put(value, heads * shape.valueLength, at: valueStart[layer] + position * valueBytes[layer], kernels)
  }

  private func put(_ source: UnsafePointer<Float>, _ count: Int, at offset: Int, _ kernels: Kernels) {
    switch type {
    case .f16:
      kernels.table.to_half(source, count, (arena.base + offset).assumingMemoryBound(to: UInt16.self))
    case .q8_0: hw_to_q8_0(source, count, arena.base + offset)
    }
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
      heads: group, start: start, window: window, type: type.tensorType.rawValue,
      keys: arena.base + keyStart[layer] + kvHead * type.bytes(shape.keyLength),
      values: arena.base + valueStart[layer] + kvHead * type.bytes(shape.valueLength), key_length: shape.keyLength,
      value_length: shape.valueLength, key_stride: keyBytes[layer], value_stride: valueBytes[layer],
      scale: scale, softcap: softcap, scratch: scratch,
      out: out + kvHead * group * shape.valueLength, out_stride: shape.heads * shape.valueLength)
    kernels.table.attend(&job)
  }
}
