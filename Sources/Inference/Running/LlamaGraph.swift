import Domain

/// The forward pass of a llama over batches of tokens.
///
/// Per layer: RMSNorm, query, key and value products, rotation, attention, output product, residual; RMSNorm, gate and
/// up products, SwiGLU, down product, residual. Source: Touvron et al., "LLaMA", section 2.2; names as in GGUF.
final class LlamaGraph {
  private let weights: LlamaWeights
  private let rotation: Rotation
  private let shape: ModelShape
  private let epsilon: Float
  private let kernels: Kernels
  private let pool: WorkerPool
  private let cache: KeyValueCache
  private let arena: Arena

  private let hidden: UnsafeMutablePointer<Float>
  private let normed: UnsafeMutablePointer<Float>
  private let query: UnsafeMutablePointer<Float>
  private let key: UnsafeMutablePointer<Float>
  private let value: UnsafeMutablePointer<Float>
  private let attended: UnsafeMutablePointer<Float>
  private let gate: UnsafeMutablePointer<Float>
  private let up: UnsafeMutablePointer<Float>
  private let turns: UnsafeMutablePointer<Float>
  private let scratch: UnsafeMutablePointer<Float>
  private let scratchLength: Int
  private let products: MatrixMultiplier
  private let logits: UnsafeMutablePointer<Float>

  /// Tokens that one call of `forward` takes at most.
  let batch: Int

  /// Allocates everything that a session will ever need.
  ///
  /// - Throws: `InferenceError` of kind `limit` when there is not so much memory.
  init(model: LanguageModel) throws {
    weights = model.weights
    rotation = model.rotation
    shape = model.shape
    epsilon = model.epsilon
    kernels = model.kernels
    let context = model.contextLength
    batch = model.options.batch
    pool = WorkerPool(count: model.options.threads)
    cache = try KeyValueCache(shape: shape, context: context)
    // The plan counts the wanted threads; the system may have given fewer.
    let threads = model.options.threads
    let plan = CoreMemory(threads: threads).computeBytes(shape: shape, context: context, batch: batch)
    arena = try Arena(size: Int(plan.bytes), purpose: "activations")
    let (arena, shape, batch) = (arena, shape, batch)
    func floats(_ buffer: ArenaBuffer) -> UnsafeMutablePointer<Float> {
      arena.take(
        Float.self,
        Int(buffer.elements(shape: shape, context: context, batch: batch, threads: threads).0))
    }
    hidden = floats(.hidden)
    normed = floats(.normed)
    query = floats(.query)
    key = floats(.key)
    value = floats(.value)
    attended = floats(.attended)
    gate = floats(.gate)
    up = floats(.up)
    turns = floats(.turns)
    scratch = floats(.scratch)
    scratchLength = ArenaBuffer.scratchLength(shape, context: context)
    logits = floats(.logits)
    products = MatrixMultiplier(
      kernels: kernels, exact: model.options.exact, pool: pool, shape: shape, batch: batch, threads: threads,
      arena: arena)
  }

  /// Computes the hidden states of `tokens` at positions from `start` on, and extends the cache by them.
  ///
  /// At most `batch` tokens, all inside the vocabulary and the context.
  func forward(_ tokens: ArraySlice<Int32>, start: Int) {
    let count = tokens.count
    for (index, token) in tokens.enumerated() {
      kernels.table.dequantize(
        weights.embedding.type.rawValue, weights.embedding.row(Int(token)), shape.embedding,
        hidden + index * shape.embedding)
      rotation.turns(position: start + index, into: turns + index * shape.keyLength)
    }
    for layer in 0..<shape.layers {
      attention(layer, count: count, start: start)
      feedForward(weights.layers[layer], count: count)
    }
  }

  private func attention(_ index: Int, count: Int, start: Int) {
    let layer = weights.layers[index]
    let kvHeads = shape.kvHeads[index]
    let (keyWidth, valueWidth) = (kvHeads * shape.keyLength, kvHeads * shape.valueLength)
    let queryWidth = shape.heads * shape.keyLength
    norm(hidden, layer.attentionNorm, count: count)
    products.multiply(
      [Product(layer.query, query), Product(layer.key, key), Product(layer.value, value)], normed,
      count: count)
    pool.forEach(count, piece: 4) { tokens, _ in
      for token in tokens {
        let turns = turns + token * shape.keyLength
        kernels.table.rotate(
          query + token * queryWidth, shape.heads, shape.keyLength, rotation.rotated, turns)
        kernels.table.rotate(key + token * keyWidth, kvHeads, shape.keyLength, rotation.rotated, turns)
        cache.store(
          layer: index, position: start + token, key: key + token * keyWidth,
          value: value + token * valueWidth,
          kernels)
      }
    }
    // Sixteen tokens at a time for each key head: their queries share the keys that are read.
    let blocks = (count + 15) / 16
    pool.forEach(blocks * kvHeads, piece: 1) { items, thread in
      for item in items {
        let (block, kvHead) = item.quotientAndRemainder(dividingBy: kvHeads)
        let tokens = block * 16..<min(block * 16 + 16, count)
        cache.attend(
          layer: index, kvHead: kvHead, shape: shape, query: query + tokens.lowerBound * queryWidth,
          tokens: tokens.count, start: start + tokens.lowerBound, scratch: scratch + thread * scratchLength,
          out: attended + tokens.lowerBound * shape.heads * shape.valueLength, kernels)
      }
    }
    products.multiply([Product(layer.attentionOutput, normed)], attended, count: count)
    add(count: count)
  }

  private func feedForward(_ layer: LlamaWeights.Layer, count: Int) {
    norm(hidden, layer.feedForwardNorm, count: count)
    products.multiplyTogether([Product(layer.gate, gate), Product(layer.up, up)], normed, count: count) { rows in
      for token in 0..<count {
        let start = token * shape.feedForward + rows.lowerBound
        kernels.table.swiglu(gate + start, up + start, rows.count)
      }
    }
    products.multiply([Product(layer.down, normed)], gate, count: count)
    add(count: count)
  }

  /// hidden += normed
  private func add(count: Int) {
    kernels.table.add(hidden, normed, count * shape.embedding)
  }

  private func norm(_ x: UnsafeMutablePointer<Float>, _ weight: [Float], count: Int) {
    let width = shape.embedding
    pool.forEach(count, piece: 8) { tokens, _ in
      for token in tokens {
        kernels.table.rms_norm(x + token * width, weight, width, epsilon, normed + token * width)
      }
    }
  }

  /// Computes logits of tokens of the last `forward`, as many at a time as fit, and hands them on.
  ///
  /// - Parameter body: gets the index of the first token and their logits, [tokens, vocabulary].
  func logits(
    _ tokens: Range<Int>, _ body: (Range<Int>, UnsafeMutablePointer<Float>) -> Void
  ) {
    var start = tokens.lowerBound
    while start < tokens.upperBound {
      let part = start..<min(start + ArenaBuffer.logitsAtOnce, tokens.upperBound)
      norm(hidden + start * shape.embedding, weights.outputNorm, count: part.count)
      products.multiply([Product(weights.output, logits)], normed, count: part.count)
      body(part, logits)
      start = part.upperBound
    }
  }

  /// Runs independent pieces of work of the caller on the session's threads.
  func concurrently(_ total: Int, _ body: (Int) -> Void) {
    pool.forEach(total, piece: 1) { items, _ in
      for item in items { body(item) }
    }
  }
}
